"""Fetched records as the Kafka client's C parser made them, without its Python record around each.

That record has eleven fields of which we read five, and made a twentieth of what an event costs
(docs/performance.md). The parser's own records have those five under the same names.
"""

from typing import Any

from aiokafka.consumer.fetcher import Fetcher, FetchResult


def unwrap(fetcher: Fetcher) -> None:
    """Give out what was fetched and not taken yet as it was parsed."""
    # no setting and no place to hang in a class of ours; what is missed here is wrapped, and
    # reads the same
    for fetched in fetcher._records.values():  # noqa: SLF001 - as said
        if type(fetched) is FetchResult and fetched.has_more():
            fetched._partition_records._consumer_record = _as_parsed  # noqa: SLF001 - as said


def _as_parsed(_: object, record: Any) -> Any:
    return record
