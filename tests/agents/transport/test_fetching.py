"""How long fetches wait, seen on the client's own classes."""

import asyncio
from typing import Any

from aiokafka.consumer.fetcher import Fetcher
from aiokafka.structs import TopicPartition

from agents.transport.fetching import PARTIAL_WAIT_MS, tune
from tests.agents.transport.assigned import assigned

BUSY, IDLE = TopicPartition("busy", 0), TopicPartition("idle", 0)
WHOLE_MS = 250


class Cluster:
    """One broker that leads everything."""

    def leader_for_partition(self, _: TopicPartition) -> int:
        return 0


class Client:
    """What a fetcher asks of its client."""

    cluster = Cluster()
    _metadata_max_age_ms = 300_000

    def __init__(self, loop: Any) -> None:
        self._loop = loop


class Untaken:
    """Records that wait in the client for longer than a fetch is held back for them."""

    def calculate_backoff(self) -> float:
        return 0


async def test_a_fetch_that_lacks_a_partition_does_not_wait_for_the_others() -> None:
    """It would hold up the busy one: only one fetch a broker is under way."""
    state, assignment = assigned({BUSY: 0, IDLE: 0})
    fetcher = Fetcher(Client(asyncio.get_running_loop()), state, fetch_max_wait_ms=WHOLE_MS)
    try:
        tune(fetcher, lambda: 2)
        assert asked(fetcher, assignment) == (WHOLE_MS, {BUSY.topic, IDLE.topic})
        fetcher._records[BUSY] = Untaken()
        assert asked(fetcher, assignment) == (PARTIAL_WAIT_MS, {IDLE.topic})
        del fetcher._records[BUSY]
        assert asked(fetcher, assignment) == (WHOLE_MS, {BUSY.topic, IDLE.topic})
    finally:
        await fetcher.close()


async def test_a_fetch_does_not_wait_while_a_partition_is_not_handed_out_yet() -> None:
    """Its first positions are asked for behind the fetch: 250 ms for each partition of a start."""
    state, assignment = assigned({BUSY: 0, IDLE: 0})
    fetcher = Fetcher(Client(asyncio.get_running_loop()), state, fetch_max_wait_ms=WHOLE_MS)
    handed_out = 1
    try:
        tune(fetcher, lambda: handed_out)
        assert asked(fetcher, assignment)[0] == PARTIAL_WAIT_MS
        handed_out = 2
        assert asked(fetcher, assignment)[0] == WHOLE_MS
    finally:
        await fetcher.close()


def asked(fetcher: Any, assignment: Any) -> tuple[int, set[str]]:
    """How long the next fetch waits, and which topics it asks for."""
    ((_, request),) = fetcher._get_actions_per_node(assignment)[0]
    return request._max_wait_ms, {topic for topic, _ in request.topics}
