"""How long the Kafka client's fetches wait: less where they lack somebody (docs/decisions/0007)."""

from collections.abc import Callable
from typing import Any

from aiokafka.consumer.fetcher import Fetcher

_PREFETCH_BACKOFF_S = 0.05  # too short, and fetches lack the busy topics
PARTIAL_WAIT_MS = 10  # of a fetch that does lack some, for they are next


def tune(fetcher: Fetcher, handed_out: Callable[[], int]) -> None:
    """Lets no fetch last that others wait for.

    These are partitions whose records nobody has taken yet, for they are not in the next fetch;
    and those that are assigned and not `handed_out` yet (so many are), for their first positions
    are asked for behind the fetch.
    """
    # none of this is a setting of the client, and Faust makes it
    fetcher._prefetch_backoff = _PREFETCH_BACKOFF_S  # noqa: SLF001 - as said
    plan, whole_ms = fetcher._get_actions_per_node, fetcher._fetch_max_wait_ms  # noqa: SLF001 - as said

    def planned(assignment: Any) -> Any:
        whole = not fetcher._records and handed_out() == len(assignment.tps)  # noqa: SLF001 - as said
        fetcher._fetch_max_wait_ms = whole_ms if whole else PARTIAL_WAIT_MS  # noqa: SLF001 - as said
        return plan(assignment)

    fetcher._get_actions_per_node = planned  # noqa: SLF001 - as said
