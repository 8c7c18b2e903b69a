"""How long the Kafka client's fetches wait: less where they lack somebody (docs/decisions/0007)."""

from typing import Any

from aiokafka.consumer.fetcher import Fetcher

_PREFETCH_BACKOFF_S = 0.05  # too short, and fetches lack the busy topics
PARTIAL_WAIT_MS = 10  # of a fetch that does lack some, for they are next


def tune(fetcher: Fetcher) -> None:
    """Partitions whose records nobody has taken yet are not in the next fetch: it may not last."""
    # none of this is a setting of the client, and Faust makes it
    fetcher._prefetch_backoff = _PREFETCH_BACKOFF_S  # noqa: SLF001 - as said
    plan, whole_ms = fetcher._get_actions_per_node, fetcher._fetch_max_wait_ms  # noqa: SLF001 - as said

    def planned(assignment: Any) -> Any:
        wait_ms = PARTIAL_WAIT_MS if fetcher._records else whole_ms  # noqa: SLF001 - as said
        fetcher._fetch_max_wait_ms = wait_ms  # noqa: SLF001 - as said
        return plan(assignment)

    fetcher._get_actions_per_node = planned  # noqa: SLF001 - as said
