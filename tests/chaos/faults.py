"""Every fault that can be dealt, in one list.

A fault takes the stage and its own chance, does harm, and has healed it when it returns; what
comes back by itself (workers, partitions) is waited for by the stage's look at the progress.
"""

from collections.abc import Callable, Mapping
from random import Random

from tests.chaos.harm import (
    deaths,
    kafka,
    redis_hindered,
    redis_lost,
    surroundings,
    workers,
    zombies,
)
from tests.chaos.stage import Stage

Fault = Callable[[Stage, Random], None]

FAULTS: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        workers.kill_one,
        workers.kill_all,
        workers.burst_of_kills,
        workers.kill_while_restoring,
        workers.join_and_leave,
        workers.rolling_restart,
        workers.catalogue_changed,
        deaths.die_at_failpoint,
        deaths.die_while_taking,
        deaths.die_while_rebuilding,
        zombies.zombie,
        zombies.zombie_at_failpoint,
        kafka.broker_stopped,
        kafka.broker_killed,
        kafka.broker_frozen,
        kafka.changelog_refuses,
        redis_lost.redis_lost,
        redis_lost.redis_killed,
        redis_lost.redis_tail_lost,
        redis_lost.old_snapshot,
        redis_lost.flushall,
        redis_lost.failover,
        redis_lost.split_brain,
        redis_hindered.redis_frozen,
        redis_hindered.redis_slow,
        redis_hindered.answers_lost,
        redis_hindered.out_of_memory,
        redis_hindered.read_only,
        surroundings.storm_of_repeats,
        surroundings.wrong_clock,
        surroundings.no_room_for_logs,
    )
}
"""By the name that plans, tables and `--only` use."""
