"""Fetched records as the Kafka client's C parser made them, a batch at a time.

The client makes a Python record around each, of whose eleven fields we read five, and passes it
through two iterators: a twentieth of what an event costs (docs/performance.md). The parser's own
records have those five under the same names.
"""

from typing import Any

from aiokafka.consumer.fetcher import Fetcher, FetchResult
from aiokafka.errors import CorruptRecordException


def unwrap(fetcher: Fetcher) -> None:
    """Give out what was fetched and not taken yet as it was parsed."""
    # no setting and no place to hang in a class of ours; what is missed here is wrapped, and
    # reads the same
    for fetched in fetcher._records.values():  # noqa: SLF001 - as said
        if type(fetched) is FetchResult and "getall" not in vars(fetched) and _is_plain(fetched):
            fetched.getall = ByBatch(fetched)


def _is_plain(fetched: FetchResult) -> bool:
    """Whether nothing of it is of a broken-off transaction: those the client knows how to skip."""
    left = fetched._partition_records  # noqa: SLF001 - as in `unwrap`
    return left is not None and not left._aborted_transactions  # noqa: SLF001 - as in `unwrap`


class ByBatch:
    """`FetchResult.getall` of one response, quicker; markers of transactions are no records."""

    def __init__(self, fetched: FetchResult) -> None:
        self._fetched = fetched
        self._left = fetched._partition_records  # noqa: SLF001 - as `getall` reads it
        self._rest: list[Any] = []  # of the batch under way
        self._after = 0  # the offset behind that batch

    def __call__(self, max_records: int | None = None) -> list[Any]:
        """At most so many of the records that are left; the client's position follows."""
        fetched = self._fetched
        if not fetched.has_more() or not fetched.check_assignment(fetched._topic_partition):  # noqa: SLF001 - as there
            return []
        found: list[Any] = []
        while self._has_more() and (max_records is None or len(found) < max_records):
            room = None if max_records is None else max_records - len(found)
            found += self._rest[:room]
            self._rest = [] if room is None else self._rest[room:]
            self._left.next_fetch_offset = self._rest[0].offset if self._rest else self._after
        fetched._update_position()  # noqa: SLF001 - as there
        if not self._has_more():
            fetched._partition_records = None  # noqa: SLF001 - as there
        return found

    def _has_more(self) -> bool:
        """Goes on to the next batch that has records, if none are left of this one."""
        batches = self._left._records  # noqa: SLF001 - as its own iterator reads them
        while not self._rest and batches.has_next():
            self._read(batches.next_batch())
        return bool(self._rest)

    def _read(self, batch: Any) -> None:
        if not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC in {self._left._tp}")  # noqa: SLF001 - to name it
        records = [] if batch.is_control_batch else list(batch)
        at, self._after = self._left.next_fetch_offset, batch.next_offset
        if records and records[0].offset < at:  # the fetch began in the middle of a batch
            records = [r for r in records if r.offset >= at]
        self._rest = records
        if not records:
            self._left.next_fetch_offset = self._after
