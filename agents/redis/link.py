"""The workers' connection to Redis: one at a time, and it knows which server it reached.

A call on a connection to another server than the one a partition was restored from must not
go out: every new connection checks which server it is. So connecting is done here in the
open and not inside a pool that reconnects by itself.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.exceptions import (
    AuthenticationError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from agents.redis.info import info_in

Argument = str | bytes | int

_TIMEOUT_S = 5.0  # of one call, which takes milliseconds; then Redis counts as away
_CONNECT_S = 3.0
# redis-py cuts the first word off these answers and says it by their class
_AWAY_ERRORS = {
    OutOfMemoryError: "OOM",
    ReadOnlyError: "READONLY",
    NoPermissionError: "NOPERM",
    MasterDownError: "MASTERDOWN",
    ClusterDownError: "CLUSTERDOWN",
}
_CLOSED = "the handler is closed"
_MAY_NOT = (
    "executing the script can't",
    "ACL failure",
)  # as Redis 7 says NOPERM of a script's call
_AWAY_ANSWERS = ("OOM", "MISCONF", "READONLY", "LOADING", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN")


class Away(Exception):  # noqa: N818 - a state of the world, not our error
    """Redis cannot take writes now; the same call may be repeated."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.cause, self.kind = cause, _kind(cause)


class OtherServer(Exception):  # noqa: N818 - a state of the world, not our error
    """The address now leads to another server than before: a failover or a restart."""


class Script:
    """A Lua script of `scripts/`, by its file's name."""

    def __init__(self, name: str, *, fenced: bool = True) -> None:
        folder = files("agents.redis") / "scripts"
        fence = (folder / "fence.lua").read_text(encoding="utf-8") if fenced else ""
        self.text = fence + (folder / f"{name}.lua").read_text(encoding="utf-8")
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()


class Link:
    """One connection to the Redis that tags are published to; calls go out one by one."""

    def __init__(self, url: str, **options: Any) -> None:
        # no limits of redis-py: with one, every write is a task of its own, and a cancellation
        # that meets a reply gets lost
        self._pool = ConnectionPool.from_url(
            url, protocol=2, socket_timeout=None, socket_connect_timeout=None, **options
        )
        self._connection: AbstractConnection | None = None
        self._lock = asyncio.Lock()
        self._failed: BaseException | None = None  # the last call, if it did; each a new object
        self.server = ""  # run id of the server that the connection reached last

    async def run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Argument], server: str | None
    ) -> Any:
        """Runs a script; raises Away, or OtherServer if `server` is not the one reached."""
        before = self._failed
        async with self._lock:
            self._fail_like_those_before_us(before)
            try:
                connection = await self._connected()
                if server is not None and server != self.server:
                    raise OtherServer(f"reached {self.server or 'an unknown one'}, not {server}")
                answer = await self._evaluate(connection, script, (len(keys), *keys, *arguments))
            except (OSError, RedisError, TimeoutError) as error:
                if isinstance(error, ResponseError) and not _is_away(error):
                    raise
                self._failed = error
                await self._drop()
                raise Away(error) from error
            self._failed = None
            return answer

    async def command(self, *arguments: Argument) -> Any:
        """Any single command, e.g. HGETALL; raises Away."""
        before = self._failed
        async with self._lock:
            self._fail_like_those_before_us(before)
            try:
                return await _ask(await self._connected(), *arguments)
            except (OSError, RedisError, TimeoutError) as error:
                self._failed = error
                await self._drop()
                raise Away(error) from error

    async def interrupt(self) -> None:
        """Breaks off the call under way, and those behind it, as if the connection had failed."""
        await self._drop()

    async def close(self) -> None:
        """Closes the connection."""
        await self._drop()

    def _fail_like_those_before_us(self, before: BaseException | None) -> None:
        """Else many partitions would wait out the time limit one after the other."""
        if self._failed is not None and self._failed is not before:
            raise Away(self._failed)

    async def _connected(self) -> AbstractConnection:
        if self._connection is not None and self._connection.is_connected:
            return self._connection
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call] # redis-py's
        self._connection = connection
        try:
            async with asyncio.timeout(_CONNECT_S):
                await connection.connect()  # type: ignore[no-untyped-call] # redis-py's
        except RuntimeError as error:
            _raise_if_closed(error)
            raise
        self.server = info_in(await _ask(connection, "INFO", "server"))["run_id"]
        return connection

    async def _evaluate(
        self, connection: AbstractConnection, script: Script, arguments: tuple[Argument, ...]
    ) -> Any:
        try:
            return await _ask(connection, "EVALSHA", script.sha, *arguments)
        except NoScriptError:
            return await _ask(connection, "EVAL", script.text, *arguments)

    async def _drop(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.disconnect(nowait=True)


async def _ask(connection: AbstractConnection, *arguments: Argument) -> Any:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await connection.send_packed_command([pack_command(arguments)])  # type: ignore[arg-type] # any length
            return await connection.read_response()
    except RuntimeError as error:
        _raise_if_closed(error)
        raise


def _raise_if_closed(error: RuntimeError) -> None:
    """What uvloop says of a connection that the server closed a moment ago is an OSError."""
    if _CLOSED in str(error):
        raise ConnectionResetError(str(error)) from error


def _is_away(error: ResponseError) -> bool:
    return _away_answer(error) is not None and not isinstance(error, AuthenticationError)


def _away_answer(error: ResponseError) -> str | None:
    """The word by which Redis says that it takes no writes now; None if it does not say so."""
    for kind, word in _AWAY_ERRORS.items():
        if isinstance(error, kind):
            return word
    if any(words in str(error) for words in _MAY_NOT):
        return "NOPERM"
    return next((word for word in _AWAY_ANSWERS if word in str(error)), None)


def _kind(cause: BaseException) -> str:
    """A short class of the error, for the metric: bounded, so that it can be a label."""
    if isinstance(cause, ResponseError):
        return (_away_answer(cause) or "response").lower()
    return (
        "timeout"
        if isinstance(cause, TimeoutError) or "Timeout" in type(cause).__name__
        else "connection"
    )
