"""How much of everything a deployment needs: from events a second, users and tags to a list.

Every constant is a measurement on the project's own machine (`MEASURED`, with the benchmark that
gives it); a faster machine needs less. What is a decision and no measurement is in `CHOSEN`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

_TWELVE: Final = 12


@dataclass(frozen=True, slots=True)
class Constant:
    """A figure that the sizing rests on, and where it comes from."""

    value: float
    unit: str
    what: str
    source: str


MEASURED: Final[Mapping[str, Constant]] = {
    "event_us": Constant(
        21.0,
        "us",
        "CPU of a worker an event, one tag, until durable and visible",
        'make bench ARGS="--only ours,faust --runs 2"',
    ),
    "tag_us": Constant(
        0.6, "us", "more for each further tag of the catalogue", "python -m benchmarks.tags"
    ),
    "changes_an_event": Constant(
        1.76,
        "changes",
        "simulated community, packaged catalogue (the bench's events: 0.67)",
        "python -m benchmarks.volume --users 2000",
    ),
    "process_base_mb": Constant(
        144.0, "MB", "a worker with hardly any users", "python -m benchmarks.replay --runs 1"
    ),
    "process_user_bytes": Constant(
        716.0, "bytes", "of a worker's memory a user", "python -m benchmarks.footprint"
    ),
    "redis_user_bytes": Constant(
        3_222.0,
        "bytes",
        "of Redis' memory a user, tags and explanations",
        "python -m benchmarks.footprint --users 50000",
    ),
    "stream_entry_bytes": Constant(
        368.0,
        "bytes",
        "of Redis' memory a change kept",
        "python -m benchmarks.volume --users 2000",
    ),
    "redis_writes_s": Constant(
        62_600.0, "changes/s", "that one Redis takes, fenced", "by hand, before the worker"
    ),
    "event_bytes": Constant(
        179.0, "bytes", "of an event, key and value", "python -m benchmarks.volume --users 2000"
    ),
    "row_bytes": Constant(
        556.0, "bytes", "of a changelog record, mean", "python -m benchmarks.footprint"
    ),
    "rows_an_event": Constant(
        0.68, "records", "that checkpoints write an event", "python -m benchmarks.stages"
    ),
    "restore_records_s": Constant(
        214_317.0,
        "records/s",
        "that a restoring worker reads",
        'make bench ARGS="--recovery --users 1000000 --runs 1"',
    ),
    "restore_records_user": Constant(
        1.5,
        "records",
        "in the changelog a user, compaction being behind",
        'make bench ARGS="--recovery --users 1000000 --runs 1"',
    ),
    "restart_s": Constant(
        1.1,
        "s",
        "from the start of a process until it restores",
        'make bench ARGS="--recovery --users 1000000 --runs 1"',
    ),
}

CHOSEN: Final[Mapping[str, Constant]] = {
    "busy": Constant(
        0.5, "share", "of a core that the events may use: the rest catches up", "decision"
    ),
    "redis_busy": Constant(0.5, "share", "of what one Redis can write", "decision"),
    "memory_spare": Constant(
        1.5, "times", "what is measured: fragmentation, bursts, a copy while saving", "decision"
    ),
    "partitions_spare": Constant(
        4.0, "times", "the workers: partitions cannot be added later", "decision"
    ),
    "users_a_worker": Constant(
        2_000_000.0, "users", "at most: they are restored after a restart", "decision"
    ),
    "replicas": Constant(3.0, "copies", "of every topic", "agents/topics/topics.yaml"),
    "keep_events_s": Constant(604_800.0, "s", "that inputs are kept", "agents/topics/topics.yaml"),
    "compaction_lag_s": Constant(
        3_600.0, "s", "that the changelog keeps all", "agents/topics/topics.yaml"
    ),
}


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked for: at the peak, not on average. `stream_length`: TAGSTREAM_STREAM_LENGTH."""

    events_s: float
    users: int
    tags: int = 35  # as the packaged catalogue has
    stream_length: int = 100_000
    event_bytes: float = MEASURED["event_bytes"].value
    changes_an_event: float = MEASURED["changes_an_event"].value


@dataclass(frozen=True, slots=True)
class Size:
    """What it takes. Memory and disk in bytes; `redis_share` above 1: more than one Redis takes."""

    workers: int
    partitions: int
    cores_of_workers: float
    memory_a_worker: float
    redis_memory: float
    redis_share: float
    changelog_disk: float
    inputs_disk: float
    recovery_s: float
    recovery_of_one_s: float


def size(load: Load) -> Size:
    """What this load takes, by the constants.

    >>> small = size(Load(events_s=1_000, users=100_000))
    >>> small.workers, small.partitions
    (2, 12)
    >>> large = size(Load(events_s=50_000, users=20_000_000))
    >>> large.workers, large.partitions
    (10, 48)
    """
    cores = load.events_s * (_m("event_us") + _m("tag_us") * (load.tags - 1)) / 1e6
    workers = max(2, ceil(cores / _c("busy")), ceil(load.users / _c("users_a_worker")))
    partitions = _partitions(workers)
    users = ceil(load.users / workers)
    rows = load.users * _m("row_bytes") * _m("restore_records_user")
    fresh = load.events_s * _m("rows_an_event") * _c("compaction_lag_s")  # rows not compacted yet
    changes_s = load.events_s * load.changes_an_event
    return Size(
        workers=workers,
        partitions=partitions,
        cores_of_workers=cores,
        memory_a_worker=_spare(_m("process_base_mb") * 1e6 + users * _m("process_user_bytes")),
        redis_memory=_spare(
            load.users * _m("redis_user_bytes")
            + partitions * load.stream_length * _m("stream_entry_bytes")
        ),
        redis_share=changes_s / (_m("redis_writes_s") * _c("redis_busy")),
        changelog_disk=(rows + fresh * _m("row_bytes")) * _c("replicas"),
        inputs_disk=load.events_s * load.event_bytes * _c("keep_events_s") * _c("replicas"),
        recovery_s=_recovery_s(users, fresh / workers),
        recovery_of_one_s=_recovery_s(ceil(load.users / partitions), fresh / partitions),
    )


def _partitions(workers: int) -> int:
    """A multiple of 12, which many numbers of workers divide; enough to grow into."""
    return _TWELVE * ceil(workers * _c("partitions_spare") / _TWELVE)


def _recovery_s(users: int, fresh: float) -> float:
    """From the start of a process until these users and rows not compacted yet are read."""
    records = users * _m("restore_records_user") + fresh
    return _m("restart_s") + records / _m("restore_records_s")


def _spare(measured: float) -> float:
    return measured * _c("memory_spare")


def _m(name: str) -> float:
    return MEASURED[name].value


def _c(name: str) -> float:
    return CHOSEN[name].value
