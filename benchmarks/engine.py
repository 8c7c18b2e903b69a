"""What one event costs in the engine: the tag job, without decoding and I/O.

    python -m benchmarks.engine [--events 300000] [--users 100000] [--checkpoint 25000]

Events are made in blocks of 1,000 outside the measured time, as decoding would make them just
before; memory is as cold as 100,000 users make it. Prints CPU microseconds an event for
applying (with all expiry) and for the rows of the checkpoints, and what came out.
"""

import argparse
import gc
import random
from collections.abc import Iterator
from pathlib import Path
from time import process_time

from schemas.events import Event, Interaction, Transaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.effects import Effects
from streams.engine import Engine, Partition

JOB = Path(__file__).parent.parent / "schemas/catalogue/tag_job.yaml"
BLOCK = 1_000
START_MS, SPAN_MS, JITTER_MS = 1_735_689_600_000, 2 * 86_400_000, 5_000


def blocks(events: int, users: int, seed: int = 1) -> Iterator[list[tuple[int, Event]]]:
    """Events of two days with their topic index; half of them from a tenth of the users."""
    rnd = random.Random(seed)  # noqa: S311 - traffic, not secrets
    types = ["like", "comment", "share", "visit", "payment", "borrow"]
    for first in range(0, events, BLOCK):
        block: list[tuple[int, Event]] = []
        for number in range(first, min(first + BLOCK, events)):
            user = rnd.randrange(users // 10 if rnd.random() < 0.5 else users)  # noqa: PLR2004 - half
            time = START_MS + number * SPAN_MS // events + rnd.randint(-JITTER_MS, JITTER_MS)
            kind = rnd.choices(types, [20, 10, 10, 30, 20, 10])[0]
            common = {"id": f"e{number:07}", "source": "app", "user_id": f"u{user:07}"}
            if kind in ("payment", "borrow"):
                cents = int(rnd.expovariate(1 / 30_000)) + 1
                block.append((1, Transaction(type=kind, time=time, amount=cents, **common)))  # type: ignore[arg-type] # chosen above
            else:
                block.append((0, Interaction(type=kind, time=time, **common)))  # type: ignore[arg-type] # chosen above
        yield block


def apply_block(
    partition: Partition, block: list[tuple[int, Event]], at: int, out: Effects
) -> None:
    """As a worker does it: settle in calls of at most 500 changes, then apply."""
    ahead, settle, apply = partition.ahead, partition.settle, partition.apply
    for offset, (topic, event) in enumerate(block, at):
        time = event.time
        while ahead(time) and settle(time, 500, out):
            pass
        apply(topic, offset, event, time, out)


def main() -> None:
    """Run and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=300_000)
    arguments.add_argument("--users", type=int, default=100_000)
    arguments.add_argument("--checkpoint", type=int, default=25_000)
    given = arguments.parse_args()
    engine = Engine(load(JOB.read_text(), JOB.name))
    partition, out = engine.partition(0, TOPICS), Effects()
    gc.freeze()
    gc.disable()  # as a worker tunes it: nothing here makes cycles
    applying = saving = 0.0
    changes = rows = size = done = 0
    for block in blocks(given.events, given.users):
        begin = process_time()
        apply_block(partition, block, done, out)
        applying += process_time() - begin
        done += len(block)
        changes += len(out.changes)
        out.changes.clear()
        if done % given.checkpoint == 0:
            begin = process_time()
            dirty = partition.take_dirty()
            saving += process_time() - begin
            rows, size = rows + len(dirty), size + sum(len(row or b"") for _, row in dirty)
    each = 1e6 / given.events
    print(f"apply {applying * each:.2f} us, rows {saving * each:.2f} us an event")  # noqa: T201 - its output
    print(f"{changes:,} changes, {partition.users:,} users, {rows:,} rows of {size // rows} bytes")  # noqa: T201 - its output


if __name__ == "__main__":
    main()
