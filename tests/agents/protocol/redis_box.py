"""A real Redis behind a simulated network: requests and answers late, lost, or late twice.

The real `Link` runs against `SimPool`; the scripts run in the real server. A failover to a
replica that lacks the last calls is played by deleting all keys and running the older calls
again. What took effect is written down, so that a test knows it without asking the worker.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import hiredis
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from agents.redis import lua
from agents.redis.keys import Keys
from agents.redis.link import Script
from schemas.journal import Entry, decode_entry

TIMEOUT_S = 1.0


class Bad(AssertionError):  # noqa: N818 - the verdict, in one word
    """The protocol is violated."""


class Gate(Protocol):
    """A worker as its clients see it: slow, frozen or dead."""

    async def pause(self) -> None:
        """Some time passes; a dead worker never comes back."""
        ...


@dataclass(slots=True)
class Published:
    """A call that took effect."""

    run: bytes
    entry: Entry
    positions: dict[bytes, int]


@dataclass(slots=True)
class Ended:
    """A new run was finished; `base` is what its owner had in memory then."""

    run: bytes
    base: Any


@dataclass(slots=True)
class Box:
    """The server. `base`: asked for the state of an owner that has just finished a new run."""

    redis: Redis
    keys: Keys
    chance: Random
    base: Callable[[bytes], Any] = lambda _: None
    server: int = 1
    away: bool = False
    lossy: bool = False  # data was lost at least once
    generation: int = 0  # of connections
    late: float = 0.02  # share of requests and answers that are too late or lost
    calls: list[tuple[bytes, Published | Ended | None]] = field(default_factory=list)
    seen: list[tuple[bytes, int, int]] = field(default_factory=list)  # run, first, last seq
    meta: dict[bytes, bytes] = field(default_factory=dict)  # as the last call left it

    def __post_init__(self) -> None:
        """Loads the scripts: else the first history of a server would take other turns."""
        for script in vars(lua).values():
            if isinstance(script, Script):
                self.redis.script_load(script.text)

    # -- what happened

    def truth(self) -> tuple[Ended | None, list[Published]]:
        """The run that Redis shows: how it began, and all calls since."""
        begun, since = None, list[Published]()
        for _, what in self.calls:
            if isinstance(what, Ended):
                begun, since = what, []
            elif what is not None:
                since.append(what)
        return begun, since

    # -- faults

    def flush(self) -> None:
        """All data is gone; the server stays."""
        self.lossy = True
        self.calls.clear()
        self.clear()

    def fail_over(self, lost: int) -> None:
        """Another server answers from now on, without the last calls."""
        self.lossy = True
        self.server += 1
        self.generation += 1
        del self.calls[len(self.calls) - min(lost, len(self.calls)) :]
        self.clear()
        for packed, _ in self.calls:
            self._send(packed)

    def clear(self) -> None:
        """Delete all keys."""
        if found := list(self.redis.scan_iter(f"{self.keys.prefix}*", count=1000)):
            self.redis.delete(*found)
        self.meta = {}

    # -- calls

    def execute(self, packed: bytes) -> Any:
        """Runs a request, and notes what it did."""
        reader = hiredis.Reader()
        reader.feed(packed)
        words = reader.gets()
        if words[0] == b"INFO":
            return b"run_id:%d\r\n" % self.server
        before = self.meta
        answer = self._send(packed)
        if words[0].startswith(b"EVAL") and (answer == b"ok" or isinstance(answer, list)):
            self.calls.append((packed, self._note(words, before)))
        return answer

    def _note(self, words: list[bytes], before: dict[bytes, bytes]) -> Published | Ended | None:
        script, arguments = words[1], words[3 + int(words[2]) :]
        after, run = self.meta, arguments[1] if len(arguments) > 1 else b""
        if _is(script, lua.PUBLISH):
            if after.get(b"calls") == before.get(b"calls"):
                return None  # a repeat
            self._refuse_steps_back(run, before)
            self._show(run, before)
            positions = {k: int(v) for k, v in after.items() if k.startswith(b"pos:")}
            return Published(run, decode_entry(arguments[7]), positions)
        if _is(script, lua.END_RUN) and b"building" in before:
            return Ended(run, self.base(run))
        return None

    def _refuse_steps_back(self, run: bytes, before: dict[bytes, bytes]) -> None:
        for name, now in self.meta.items():
            if name.startswith(b"pos:") and int(now) < int(before.get(name, 0)):
                raise Bad(f"run {run!r}: {name!r} went back")

    def _show(self, run: bytes, before: dict[bytes, bytes]) -> None:
        """What a subscriber gets; it would miss a number at or below one that it has."""
        first, last = int(before.get(b"seq", 0)) + 1, int(self.meta[b"seq"])
        if first <= last:
            highest = self.seen[-1][2] if self.seen else 0
            if first <= highest:
                raise Bad(f"seq {first} after {highest}: a waiting reader would not see it")
            self.seen.append((run, first, last))

    def _send(self, packed: bytes) -> Any:
        """The answer; and the partition's meta as it is right after."""
        connection = self.redis.connection_pool.get_connection()
        try:
            look = hiredis.pack_command(("HGETALL", self.keys.partition_meta(0)))  # type: ignore[arg-type] # any length
            connection.send_packed_command([packed, look])  # type: ignore[no-untyped-call] # redis-py's
            try:
                answer: Any = connection.read_response()
            except ResponseError as error:
                answer = error
            flat = connection.read_response()
        finally:
            self.redis.connection_pool.release(connection)
        self.meta = dict(zip(flat[::2], flat[1::2], strict=True))
        if isinstance(answer, Exception):
            raise answer
        return answer


def _is(word: bytes, script: Script) -> bool:
    """Called by its hash, or by its text for the first time."""
    return word in {script.sha.encode(), script.text.encode()}


class SimConnection:
    """One connection of a worker; a request on it may arrive after the worker has given it up."""

    def __init__(self, box: Box, gate: Gate) -> None:
        self._box, self._gate, self._generation = box, gate, box.generation
        self._answer: asyncio.Future[Any] | None = None
        self.is_connected = False

    async def connect(self) -> None:
        await self._gate.pause()
        if self._box.away:
            raise RedisConnectionError("refused")
        self.is_connected, self._generation = True, self._box.generation

    async def send_packed_command(self, packed: Any, **_: Any) -> None:
        chance = self._box.chance
        self._answer = asyncio.get_running_loop().create_future()
        delay = chance.uniform(0.0, 0.01)
        if chance.random() < self._box.late:
            if chance.random() < 0.3:
                return  # lost on the way
            delay = chance.uniform(TIMEOUT_S, 4 * TIMEOUT_S)
        loop = asyncio.get_running_loop()
        loop.call_later(delay, self._arrive, b"".join(packed), self._answer)

    def _arrive(self, packed: bytes, answer: "asyncio.Future[Any]") -> None:
        box = self._box
        if box.away or box.generation != self._generation:
            self._resolve(answer, RedisConnectionError("reset"))
            return
        try:
            value: Any = box.execute(packed)
        except (RedisError, Bad) as error:
            value = error
        if box.chance.random() >= box.late:  # else the answer is lost
            delay = box.chance.uniform(0.0, 0.01)
            asyncio.get_running_loop().call_later(delay, self._resolve, answer, value)

    @staticmethod
    def _resolve(answer: "asyncio.Future[Any]", value: Any) -> None:
        if not answer.done():
            answer.set_result(value)

    async def read_response(self, **_: Any) -> Any:
        assert self._answer is not None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                value = await self._answer
        except TimeoutError:
            raise RedisTimeoutError("no answer") from None
        finally:
            await self._gate.pause()
        if isinstance(value, Exception):
            raise value
        return value

    async def disconnect(self, *_: Any, **__: Any) -> None:
        self.is_connected = False


@dataclass(slots=True)
class SimPool:
    """Stands where `Link` has its pool."""

    box: Box
    gate: Gate

    def make_connection(self) -> SimConnection:
        return SimConnection(self.box, self.gate)
