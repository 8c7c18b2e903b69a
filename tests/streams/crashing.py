"""A partition that dies and is restored: what a checkpoint keeps, and the journal behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from schemas.topics import TOPICS
from streams.effects import Effects, Settled
from streams.engine import Engine, Partition
from tests.streams.beside import play
from tests.streams.catalogues import Arrival

Step = tuple[int, Arrival] | int | Settled
"""What a journal says: an event with its number, a tick, or how far a slice came."""


@dataclass
class Store:
    """What a checkpoint keeps."""

    rows: dict[str, bytes | None] = field(default_factory=dict)
    clock: int = -1
    ticked: int = -1
    done: int = 0  # steps of the journal

    def save(self, partition: Partition, done: int) -> None:
        """A checkpoint at this step."""
        self.rows |= dict(partition.take_dirty())
        self.clock, self.ticked, self.done = partition.clock, partition.ticked, done

    def restore(self, engine: Engine) -> Partition:
        """A partition as it was at the checkpoint."""
        partition = engine.partition(0, TOPICS)
        for user, row in self.rows.items():
            partition.load(user, row)
        partition.clock, partition.ticked = self.clock, self.ticked
        partition.loaded()
        return partition

    def resume(self, engine: Engine, journal: Sequence[Step]) -> tuple[Partition, Effects]:
        """That of the checkpoint, with all that the journal has behind it; and what came of it."""
        partition, out = self.restore(engine), Effects()
        for step in journal[self.done :]:
            take(partition, step, out)
        return partition, out


def take(partition: Partition, step: Step, out: Effects) -> None:
    """One step of the journal."""
    if isinstance(step, int):
        partition.tick(step)
    elif isinstance(step, Settled):
        partition.slice_to(step.instant, step.user, out)
    else:
        play(partition, *step, out)


def live(
    partition: Partition, history: list[Arrival], saves: list[bool], store: Store
) -> tuple[list[Step], list[int], Effects]:
    """Play a history with ticks and slices; the journal, changes after each step, effects."""
    journal, counts, out = list[Step](), [0], Effects()

    def note(step: Step) -> None:
        journal.append(step)
        counts.append(len(out.changes))

    for number, arrival in enumerate(history):
        if arrival.tick is not None:
            partition.tick(arrival.tick)
            note(arrival.tick)
            if settled := partition.slice(1 + number % 3, 4, out):
                note(settled)
        if not partition.due:  # else the event waits for nobody, as in `applying`
            while settled := partition.settle(arrival.event.time, len(out.changes) + 1, out):
                note(settled)
        play(partition, number, arrival, out)
        note((number, arrival))
        if saves[number]:
            store.save(partition, len(journal))
    return journal, counts, out
