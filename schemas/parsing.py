"""Bytes to a JSON object, completely and with the reason if it is none: the careful way.

Numbers come out exact (int or Decimal). The quick way of `decode.py` accepts nothing that is
refused here; msgspec's parser is the judge of syntax for both.
"""

import json
from typing import Any, Final

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from schemas.nesting import depth_of
from schemas.numbers import read_float, read_int
from schemas.rejects import Rejected

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 32
_OPEN_ARRAY: Final = ord("[")
_OPEN_OBJECT: Final = ord("{")

_syntax = Decoder(Raw)
_NOT_AN_OBJECT: Final = "the value is to be one JSON object, not {}"


def parse_object(value: bytes | None) -> dict[str, Any]:
    """Return the object; raises Rejected (`too_large`, `not_json`, `too_deep`).

    A key that comes twice has its last value. Costs about 5 us, more only above 32 brackets.
    """
    if value is None:
        raise Rejected("not_json", "the value is empty (null)")
    if len(value) > MAX_BYTES:
        raise Rejected("too_large", f"{len(value):,} bytes, at most {MAX_BYTES:,} are allowed")
    text = _text_of(value)
    if brackets(value) > MAX_DEPTH:
        _check_depth(text)
    _check_syntax(value)
    found = json.loads(text, parse_int=read_int, parse_float=read_float)
    if not isinstance(found, dict):
        raise Rejected("not_json", _NOT_AN_OBJECT.format(_kind(text)))
    return found


def is_plain(value: bytes) -> bool:
    """Whether size and nesting are right; UnicodeDecodeError if the encoding is not."""
    if len(value) > MAX_BYTES:
        return False
    nests = _OPEN_ARRAY in value or value.find(_OPEN_OBJECT, 1) > 0
    if nests and brackets(value) > MAX_DEPTH:
        return False
    if not value.isascii():
        value.decode()  # may raise: the typed parser does not look into texts that it skips
    return True


def brackets(value: bytes) -> int:
    """Return how many brackets are opened, in texts too: at least as many as are nested."""
    return value.count(b"{") + value.count(b"[")


def _text_of(value: bytes) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise Rejected("not_json", f"not UTF-8: {error.reason} at byte {error.start}") from None
    if not text.strip(" \t\n\r"):
        raise Rejected("not_json", "the value is empty")
    return text


def _check_depth(text: str) -> None:
    try:
        depth = depth_of(text)
    except ValueError as error:
        raise Rejected("not_json", f"not JSON: {error}") from None
    if (kind := _kind(text)) != "an object":
        raise Rejected("not_json", _NOT_AN_OBJECT.format(kind))
    if depth > MAX_DEPTH:
        raise Rejected("too_deep", f"nested {depth:,} deep, at most {MAX_DEPTH} are allowed")


def _check_syntax(value: bytes) -> None:
    try:
        _syntax.decode(value)
    except DecodeError as error:
        raise Rejected("not_json", f"not JSON: {error}") from None


def _kind(text: str) -> str:
    """Return what a valid JSON text holds, in words."""
    first = text.lstrip(" \t\n\r")[0]
    return {"{": "an object", "[": "an array", '"': "a text"}.get(first, "a number or word")
