"""Fetched records as the Kafka client's C parser made them, a batch at a time.

The client makes a Python record around each, of whose eleven fields we read five, and passes it
through two iterators: a twentieth of what an event costs (docs/performance.md). The parser's own
records have those five under the same names.
"""

from functools import partial
from typing import Any

from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException


def unwrap(fetcher: Fetcher) -> None:
    """Give out what was fetched and not taken yet as it was parsed."""
    # no setting and no place to hang in a class of ours; what is missed here is wrapped, and
    # reads the same
    for fetched in fetcher._records.values():  # noqa: SLF001 - as said
        if type(fetched) is FetchResult and fetched.has_more() and _is_plain(fetched):
            fetched.getall = partial(_getall, fetched)


def _is_plain(fetched: FetchResult) -> bool:
    """Whether nothing of it is of a broken-off transaction: those the client knows how to skip."""
    return not fetched._partition_records._aborted_transactions  # noqa: SLF001 - as in `unwrap`


def _getall(fetched: FetchResult, max_records: int | None = None) -> list[Any]:
    """`FetchResult.getall`, quicker; a limit is left to the client, and we set none."""
    if max_records is not None:
        return FetchResult.getall(fetched, max_records)  # type: ignore[no-any-return] # aiokafka has no types
    if not fetched.check_assignment(fetched._topic_partition):  # noqa: SLF001 - as there
        return []
    records = _drained(fetched._partition_records)  # noqa: SLF001 - as there
    fetched._update_position()  # noqa: SLF001 - as there
    fetched._partition_records = None  # noqa: SLF001 - as there
    return records


def _drained(left: PartitionRecords) -> list[Any]:
    """All records of a response from the next offset on; markers of transactions are none."""
    found: list[Any] = []
    batches = left._records  # noqa: SLF001 - as its own iterator reads them
    while batches.has_next():
        batch = batches.next_batch()
        if not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC in {left._tp}")  # noqa: SLF001 - to name it
        if not batch.is_control_batch:
            records = list(batch)
            if records and records[0].offset < left.next_fetch_offset:  # in the middle of a batch
                records = [r for r in records if r.offset >= left.next_fetch_offset]
            found += records
        left.next_fetch_offset = batch.next_offset
    return found
