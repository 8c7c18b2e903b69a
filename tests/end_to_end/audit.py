"""Compares all that a deployment published with what the offline engine computes of its journal.

With the invariants of the fault harness, each of which has a test that plants a fault in it.
"""

from dataclasses import dataclass

from redis import Redis

from agents.catalogue_file import require_engine
from agents.redis.keys import Keys
from agents.settings import Settings
from schemas.journal import Events
from streams.engine import Engine
from tests.chaos.judging import judge_partition
from tests.chaos.partition import Partition, partitions_of
from tests.chaos.reference import by_layout
from tests.chaos.seen import see


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was compared, and every difference found."""

    events: int
    changes: int
    alerts: int
    users: int
    communities: int
    differences: list[str]


def audit(settings: Settings, *engines: Engine) -> Verdict:
    """Audits all partitions; the workers must be idle, the journal and streams kept whole.

    `engines`: of all catalogues that the deployment had, where there were several.
    """
    engines = engines or (require_engine(settings.catalogue),)
    keys = Keys(settings.prefix)
    with Redis.from_url(settings.redis) as redis:
        seen = [see(redis, keys, partition) for partition in range(settings.partitions)]
    partitions, known = partitions_of(settings, [seen]), by_layout(*engines)
    return Verdict(
        events=sum(map(_events, partitions)),
        changes=sum(len(one.changes) for one in seen),
        alerts=sum(len(one.alerts) for one in seen),
        users=sum(len(one.hashes) for one in seen),
        communities=sum(len(one.communities) for one in seen),
        differences=[found for one in partitions for found in judge_partition(one, known)],
    )


def _events(partition: Partition) -> int:
    """How many records were applied: all that calls cover and do not skip."""
    applied = [one for entry in partition.end.journal for one in entry.e]
    return sum(
        sum(until - first for first, until in one.ranges) - len(one.skipped)
        for one in applied
        if isinstance(one, Events)
    )
