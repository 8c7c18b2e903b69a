"""Right histories to plant faults in, and the same with a fault."""

from dataclasses import replace
from typing import Any

from tests.chaos.changelog import Changelog
from tests.chaos.partition import Partition
from tests.chaos.small.worker import SmallWorker


def history() -> Partition:
    """Two runs with checkpoints in each, a loss of Redis between them, repeats and rejects."""
    worker = SmallWorker()
    for number in range(12):
        worker.send(f"u{number % 3}", "like" if number % 3 else "payment", amount=12)
        worker.block()
        if number % 4 == 3:
            worker.checkpoint()
    worker.send("u1")
    worker.block()  # the lost tail
    worker.lose_redis()
    worker.block()
    worker.again(0)
    for number in range(12):
        worker.send(f"u{number % 4}", "join", community_id=f"c{number % 2}")
        worker.block()
        if number % 5 == 4:
            worker.checkpoint()
    worker.checkpoint()
    return worker.partition()


def one_run() -> SmallWorker:
    """A checkpoint after every event of two users."""
    worker = SmallWorker()
    for number in range(6):
        worker.send(f"u{number % 2}")
        worker.block()
        worker.checkpoint()
    return worker


def changed_catalogue() -> SmallWorker:
    """Two users under one catalogue, a half and a whole adoption of the other, and more events."""
    worker = SmallWorker()
    for number in range(8):
        worker.send(
            f"u{number % 2}", "payment" if number % 3 == 0 else "join", amount=12, community_id="c1"
        )
        worker.block()
        if number == 3:
            worker.checkpoint()
    worker.change_catalogue(killed_after=1)
    worker.change_catalogue()
    for number in range(4):
        worker.send(f"u{number % 2}")
        worker.block()
    worker.checkpoint()
    return worker


def at_end(partition: Partition, **changed: Any) -> Partition:
    """The same with something else in Redis at the end."""
    return replace(partition, seen=[*partition.seen[:-1], replace(partition.end, **changed)])


def rows_changed(worker: SmallWorker, pick: int) -> Partition:
    """One bit of the n-th row in the changelog is another."""
    records = list(worker.records)
    at = [n for n, record in enumerate(records) if record.key.startswith(b"u")][pick]
    row = records[at].value
    assert row is not None
    records[at] = replace(records[at], value=row[:-1] + bytes([row[-1] ^ 1]))
    return replace(worker.partition(), changelog=Changelog().add(records))
