"""Questions to Kafka are asked where its client lives, and nobody waits for them for long."""

import asyncio
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.types import TP

from agents.transport import client_thread
from agents.transport.client_thread import ConsumerThread

A, B = TP("interactions", 0), TP("profiles", 1)


@dataclass
class FakeKafka:
    """A client of a broker whose logs all end at 7; of B nothing was committed."""

    frozen: bool = False
    asked_in: set[int] = field(default_factory=set)  # threads

    @property
    def _coordinator(self) -> "FakeKafka":
        return self

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[Any, int]:
        """See AIOKafkaConsumer."""
        self.asked_in.add(threading.get_ident())
        if self.frozen:
            await asyncio.Event().wait()
        return dict.fromkeys(partitions, 7)

    async def fetch_committed_offsets(
        self, partitions: Collection[TopicPartition]
    ) -> dict[TopicPartition, OffsetAndMetadata]:
        """See GroupCoordinator."""
        self.asked_in.add(threading.get_ident())
        return {tp: OffsetAndMetadata(5, "") for tp in partitions if tp == A}


@pytest.fixture
def kafka() -> FakeKafka:
    """There, and quick."""
    return FakeKafka()


@pytest.fixture
def thread(kafka: FakeKafka) -> Iterator[Any]:
    """The thread of a client, of which only its loop runs."""
    made: Any = object.__new__(ConsumerThread)
    made.thread_loop, made._consumer = asyncio.new_event_loop(), kafka
    running = threading.Thread(target=made.thread_loop.run_forever)
    running.start()
    yield made
    made.thread_loop.call_soon_threadsafe(made.thread_loop.stop)
    running.join()
    made.thread_loop.close()


async def test_ends_and_what_was_committed_are_asked_in_the_clients_own_thread(
    thread: Any, kafka: FakeKafka
) -> None:
    assert await thread.ask_ends([A, B]) == {A: 7, B: 7}
    assert await thread.ask_committed([A, B]) == {A: 5}
    assert len(kafka.asked_in) == 1
    assert threading.get_ident() not in kafka.asked_in


async def test_about_nothing_nobody_is_asked(thread: Any, kafka: FakeKafka) -> None:
    assert await thread.ask_ends([]) == await thread.ask_committed([]) == {}
    assert kafka.asked_in == set()


async def test_a_broker_that_does_not_answer_is_not_waited_for(
    thread: Any, kafka: FakeKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of the question is left behind."""
    monkeypatch.setattr(client_thread, "_ANSWER_S", 0.05)
    kafka.frozen = True
    with pytest.raises(TimeoutError):
        await thread.ask_ends([A])
    assert not asyncio.all_tasks(thread.thread_loop)


async def test_before_the_group_has_formed_nothing_is_known(thread: Any) -> None:
    """Nor before the client is there."""
    thread._consumer = None
    assert (thread.ends([A]), thread.assigned()) == ({}, set())
    for subscription in (None, SimpleNamespace(assignment=None)):
        thread._consumer = SimpleNamespace(_subscription=SimpleNamespace(subscription=subscription))
        assert thread.ends([A]) == {}


def test_a_thread_that_ended_by_itself_is_stopped_without_a_word() -> None:
    """After a crash it may be the first to go: Faust would log a traceback of its closed loop."""
    ended: Any = object.__new__(ConsumerThread)
    ended.thread_loop, ended._stopped = asyncio.new_event_loop(), asyncio.Event()
    ended.thread_loop.close()
    ended._stopped_set()
