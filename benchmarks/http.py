"""What a lookup over HTTP costs, at a steady rate, on a real Redis and a real `tagstream serve`.

    python -m benchmarks.http [--rate 1000] [--seconds 20] [--users 20000] [--connections 32]

Users with 20 tags each. Requests are sent when they are due, however late the answers before them
are, and times count from when a request was due: a server that stalls cannot hide it. The first
two seconds are left out. Server, Redis and this load share the machine.
"""

import argparse
import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop
from redis.asyncio import Redis

from agents.redis.client import TagClient
from benchmarks.lookup import TAGS, fill
from benchmarks.meter import read
from tests.servers import RedisServer
from tests.servers.web import WebServer

_WARM_UP_S = 2.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: times of answers in ms, ascending; the server's CPU time a request."""

    asked: int
    wrong: int
    seconds: float
    ms: Sequence[float]
    cpu_ms: float
    behind_ms: float

    def share(self, part: float) -> float:
        """The time that this part of all answers stays below."""
        return self.ms[min(len(self.ms) - 1, int(len(self.ms) * part))]


class Connection(asyncio.Protocol):
    """One connection, with one request under way at a time."""

    def __init__(self, load: "Load") -> None:
        self._load, self._received, self.due = load, b"", 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are, but do not say so

    def ask(self, request: bytes, due: float) -> None:
        """Send a request that was due at this time."""
        assert self.transport is not None
        self.due = due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """See asyncio: the answer is through when its body has the length that its head told."""
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if not end:
            return
        length = int(head.split(_LENGTH, 1)[1].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._received = b""
            self._load.answered(self, right=head.startswith(b"HTTP/1.1 200"))


class Load:
    """Asks at a rate, over connections that are kept."""

    def __init__(self, requests: Sequence[bytes], rate: float) -> None:
        self._requests, self._rate = requests, rate
        self._idle = deque[Connection]()
        self._waiting = deque[tuple[bytes, float]]()
        self._count_from = 0.0
        self.ms, self.wrong, self.behind = list[float](), 0, 0.0
        self.under_way = 0

    async def run(self, host: str, port: int, connections: int, seconds: float) -> None:
        """Ask for so long, and wait for the last answer."""
        loop = asyncio.get_running_loop()
        for _ in range(connections):
            _, connection = await loop.create_connection(lambda: Connection(self), host, port)
            self._idle.append(connection)
        began = perf_counter()
        self._count_from = began + _WARM_UP_S
        for number in range(int((seconds + _WARM_UP_S) * self._rate)):
            due = began + number / self._rate
            while (early := due - perf_counter()) > 0:  # noqa: ASYNC110 - it is a time
                await asyncio.sleep(early)
            self.behind = max(self.behind, -early)
            self._ask(self._requests[number % len(self._requests)], due)
        while self.under_way:  # noqa: ASYNC110 - the last answers, not measured
            await asyncio.sleep(0.01)
        for connection in self._idle:
            assert connection.transport is not None
            connection.transport.close()

    def _ask(self, request: bytes, due: float) -> None:
        self.under_way += 1
        if self._idle:
            self._idle.popleft().ask(request, due)
        else:
            self._waiting.append((request, due))

    def answered(self, connection: Connection, *, right: bool) -> None:
        """Take an answer down, and send what waits for a connection."""
        self.under_way -= 1
        self.wrong += not right
        if connection.due >= self._count_from:
            self.ms.append((perf_counter() - connection.due) * 1000)
        if self._waiting:
            connection.ask(*self._waiting.popleft())
        else:
            self._idle.append(connection)


async def filled(url: str, users: int) -> list[str]:
    """Write users; return their names in any order."""
    redis = Redis.from_url(url)
    async with redis, TagClient(redis) as client:
        names = list(await fill(redis, client, users))
        for partition in range(await client.partitions()):
            await redis.hset(client.keys.partition_meta(partition), "run", "r")
    random.Random(1).shuffle(names)  # noqa: S311 - an order, no secret
    return names


def measure(rate: float, seconds: float, users: int, connections: int) -> Figures:
    """Start all, ask, end all."""
    with RedisServer() as redis:
        names = asyncio.run(filled(redis.url, users))
        server = WebServer({"TAGSTREAM_REDIS": redis.url})
        server.start()
        try:
            place = urlsplit(server.url)
            lines = "GET /v1/users/{} HTTP/1.1\r\nHost: localhost\r\n\r\n"
            requests = [lines.format(f"{name}/tags").encode() for name in names]
            load, before = Load(requests, rate), read(server.child.pid)
            uvloop.run(load.run(str(place.hostname), int(place.port or 0), connections, seconds))
            after = read(server.child.pid)
        finally:
            server.stop()
    asked = int((seconds + _WARM_UP_S) * rate)
    cpu_ms = (after.cpu_s - before.cpu_s) / asked * 1000
    took = after.wall - before.wall
    return Figures(asked, load.wrong, took, sorted(load.ms), cpu_ms, load.behind * 1000)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=1_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=32)
    given = parser.parse_args(arguments)
    found = measure(given.rate, given.seconds, given.users, given.connections)
    times = ", ".join(
        f"{name} {found.share(part):.2f} ms"
        for name, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0))
    )
    lines = (
        f"{given.rate:,.0f} lookups/s over {given.connections} connections, {TAGS} tags each",
        f"answers                {len(found.ms):,} ({found.wrong} wrong)",
        f"time                   {times}   (to reach: p99 5)",
        f"server's CPU           {found.cpu_ms:.2f} ms a request",
        f"the load was late by   {found.behind_ms:.1f} ms at worst",
    )
    print("\n".join(lines))  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main()
