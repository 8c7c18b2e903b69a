"""Records as they were parsed are those that the client would have given."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from agents.transport.unwrapped import unwrap
from tests.agents.transport.assigned import assigned

TP = TopicPartition("topic", 0)


class Batch:
    """Some records from `first` on."""

    def __init__(self, first: int, records: int, compression: int = 0) -> None:
        builder = DefaultRecordBatchBuilder(2, compression, False, -1, -1, 0, 1 << 20)  # noqa: FBT003 - as it is called
        for n in range(records):
            headers = [("name", b"%d" % n)] if n % 2 else []
            builder.append(n, 1_000 + n, b"key", b"value %d" % (first + n), headers)
        self.bytes = bytearray(builder.build())
        self.bytes[:8] = first.to_bytes(8)
        self.next = first + records


def response(batches: Sequence[bytes], at: int) -> FetchResult:
    """What the client makes of a response to a fetch from offset `at`."""
    _, assignment = assigned({TP: at})
    records = MemoryRecords(b"".join(batches))
    left = PartitionRecords(TP, records, (), at, None, None, True, READ_COMMITTED)  # noqa: FBT003 - as it is called
    return FetchResult(TP, assignment=assignment, partition_records=left, backoff=0)


def taken(fetched: FetchResult, limit: int | None = None) -> tuple[Any, ...]:
    """What is given out, and where the client then stands."""
    given_out = [
        (r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in fetched.getall(limit)
    ]
    return given_out, position_of(fetched), fetched.has_more()


def position_of(fetched: FetchResult) -> Any:
    """Where the client stands."""
    return fetched._assignment.state_value(TP).position


def taken_by(fetched: FetchResult, limit: int | None) -> list[Any]:
    """All of it, so many at once; with where the client stands after each part."""
    parts = []
    while fetched.has_more():
        records, position, _ = taken(fetched, limit)
        parts.append((records, position))
    return [part for part in parts if part[0]]


def unwrapped(fetched: FetchResult) -> FetchResult:
    unwrap(SimpleNamespace(_records={TP: fetched}))
    return fetched


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2), st.integers(0, 3)), max_size=4),
    st.integers(0, 8),
    st.none() | st.integers(1, 6),
)
def test_the_same_records_as_from_the_client(
    batches: list[tuple[int, int, int]], at: int, limit: int | None
) -> None:
    """Batches of any length, compressed or not, with holes between them, from any offset on."""

    async def main() -> None:
        first, made = 0, []
        for records, hole, compression in batches:
            one = Batch(first + hole, records, compression)
            first = one.next
            made.append(bytes(one.bytes))
        ours, client = unwrapped(response(made, at)), response(made, at)
        assert taken_by(ours, limit) == taken_by(client, limit)
        assert position_of(ours) == position_of(client)

    asyncio.run(main())


async def test_a_broken_batch_is_an_error() -> None:
    broken = Batch(0, 3)
    broken.bytes[-1] ^= 1
    with pytest.raises(CorruptRecordException):
        unwrapped(response([bytes(broken.bytes)], 0)).getall()


async def test_records_of_a_partition_that_was_sought_elsewhere_are_not_given_out() -> None:
    fetched = unwrapped(response([bytes(Batch(0, 3).bytes)], 0))
    fetched._assignment.state_value(TP).seek(7)
    assert taken(fetched) == ([], 7, False)
