"""The kinds of values that settings have: each checks itself and says what is allowed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Literal, get_args, get_origin
from urllib.parse import urlsplit, urlunsplit

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator, Field, FilePath
from pydantic.fields import FieldInfo

_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
_REDIS_DATABASE = re.compile(r"(/[0-9]{0,5})?")
_USER_INFORMATION = re.compile(r"^(?P<start>([A-Za-z+.-]*://)?[^:@]*)(?P<password>:.*)?@")
_PASSWORD_PARAMETER = re.compile(r"([?&]password=)[^&]*")
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a value may be, in words; stands in the annotation of the value's type."""

    words: str


def split_address(address: str) -> tuple[str, int]:
    """`host:port` in two; an IPv6 host stands in brackets and comes out without them."""
    host, _, port = address.rpartition(":")
    return host.removeprefix("[").removesuffix("]"), int(port)


def is_loopback(address: str) -> bool:
    """Whether nobody but this machine can reach the address."""
    host, _ = split_address(address)
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def mask_url(url: str) -> str:
    """Hides the password in a URL as `***`, wherever it stands, in a broken URL too."""
    url = _USER_INFORMATION.sub(lambda found: f"{found['start']}:***@", url)
    return _PASSWORD_PARAMETER.sub(r"\1***", url)


def lower_case(value: object) -> object:
    """So that `INFO` is as good as `info`."""
    return value.lower() if isinstance(value, str) else value


def upper_case(value: object) -> object:
    """So that `sasl_ssl` is as good as `SASL_SSL`."""
    return value.upper() if isinstance(value, str) else value


def allowed_for(field: FieldInfo) -> str:
    """Return what a field may be, in words, from its annotation."""
    bounds = list[str]()
    for part in (*field.metadata, *_parts(field.annotation)):
        match part:
            case Allowed(words):
                return words
            case str():
                return ", ".join(_choices(field.annotation))
            case Ge(ge):
                bounds.append(f"at least {ge}")
            case Gt(gt):
                bounds.append(f"above {gt}")
            case Le(le):
                bounds.append(f"at most {le}")
            case _:
                pass
    kind = "whole number" if field.annotation is int else "number"
    return f"a {kind} {', '.join(bounds)}" if bounds else "a text"


def _parts(annotation: object) -> Iterator[object]:
    """Return the metadata and literal choices inside an annotation, from the outside in."""
    if get_origin(annotation) is Annotated:
        yield from annotation.__metadata__  # type: ignore[attr-defined] # Annotated has it
    for part in get_args(annotation):
        yield from _parts(part) if get_origin(annotation) is not Literal else (part,)


def _choices(annotation: object) -> list[str]:
    return [part for part in _parts(annotation) if isinstance(part, str)]


def _check_address(value: str) -> str:
    match = _ADDRESS.fullmatch(value)
    if match is None or int(match["port"]) > _HIGHEST_PORT:
        raise ValueError(value)
    return value


def _check_servers(value: str) -> str:
    servers = [server.strip() for server in value.split(",")]
    for server in servers:
        _check_address(server)
    return ",".join(servers)


def _check_redis(value: str) -> str:
    url = urlsplit(value)
    if url.scheme == "unix":
        fits = bool(url.path.strip("/"))
    else:
        fits = url.scheme in ("redis", "rediss") and bool(url.hostname) and url.port != 0
        fits = fits and _REDIS_DATABASE.fullmatch(url.path) is not None
    if not fits:
        raise ValueError(value)
    return urlunsplit(url) if url.scheme != "unix" else value


_NAME = "1 to 100 of the characters A-Z a-z 0-9 . _ -"
Address = Annotated[
    str,
    AfterValidator(_check_address),
    Allowed("host:port, the port 0 to 65535 (0: a free one), an IPv6 host in brackets"),
]
Servers = Annotated[
    str, AfterValidator(_check_servers), Allowed("host:port, several with commas between")
]
RedisUrl = Annotated[
    str,
    AfterValidator(_check_redis),
    Allowed("redis://host:port/0, rediss://host:port/0 or unix:///path/to/socket"),
]
TopicPart = Annotated[str, Field(pattern="^[A-Za-z0-9._-]{1,100}$"), Allowed(_NAME)]
TopicPrefix = Annotated[
    str, Field(pattern="^[A-Za-z0-9._-]{0,100}$"), Allowed(f"nothing, or {_NAME}")
]
KeyPrefix = Annotated[
    str,
    Field(pattern="^[A-Za-z0-9._:-]{1,100}$"),
    Allowed(f"{_NAME} : (no braces: they carry the partition)"),
]
ExistingFile = Annotated[FilePath, Allowed("the path of a file")]
