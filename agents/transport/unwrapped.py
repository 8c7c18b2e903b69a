"""Fetched records as the Kafka client's C parser made them, a batch at a time.

The client makes a Python record around each, of whose eleven fields we read five, and passes it
through two iterators: a twentieth of what an event costs (docs/performance.md). The parser's own
records have those five under the same names.
"""

import sys
from itertools import chain, islice
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
        self._batch = chain[Any]()  # parsed as it is taken: memory that stays warm
        self._after = self._left.next_fetch_offset  # the offset behind that batch

    def __call__(self, max_records: int | None = None) -> list[Any]:
        """At most so many of the records that are left; the client's position follows."""
        fetched, limit = self._fetched, sys.maxsize if max_records is None else max_records
        if not fetched.has_more() or not fetched.check_assignment(fetched._topic_partition):  # noqa: SLF001 - as there
            return []
        found: list[Any] = []
        while len(found) < limit:
            room = limit - len(found)
            taken = list(islice(self._batch, room))
            found += self._new(taken)
            if len(taken) < room and not self._next_batch():
                self._end()
                return found
        fetched._update_position()  # noqa: SLF001 - as there
        return found

    def _end(self) -> None:
        """Nothing is left; the response goes at once, and not when garbage is looked for."""
        fetched = self._fetched
        fetched._update_position()  # noqa: SLF001 - as in `getall`
        fetched._partition_records = None  # noqa: SLF001 - as in `getall`
        del fetched.getall

    def _new(self, records: list[Any]) -> list[Any]:
        """Those that were asked for: a fetch may begin in the middle of a batch."""
        at = self._left.next_fetch_offset
        if records and records[0].offset < at:
            records = [r for r in records if r.offset >= at]
        if records:
            self._left.next_fetch_offset = records[-1].offset + 1
        return records

    def _next_batch(self) -> bool:
        """Goes on to the next batch, if there is one."""
        self._left.next_fetch_offset = self._after
        batches = self._left._records  # noqa: SLF001 - as its own iterator reads them
        if not batches.has_next():
            return False
        batch = batches.next_batch()
        if not batch.validate_crc():
            raise CorruptRecordException(f"Invalid CRC in {self._left._tp}")  # noqa: SLF001 - to name it
        # not the batch itself, which refuses to be iterated a second time, as `islice` does
        self._batch = chain[Any]() if batch.is_control_batch else chain(batch)
        self._after = batch.next_offset
        return True
