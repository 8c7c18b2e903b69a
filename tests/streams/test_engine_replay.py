"""After a crash, older rows and the same journal give the same bytes and the same effects."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue
from streams.effects import Effects, Settled
from streams.engine import Engine, Partition
from tests.streams.beside import play
from tests.streams.catalogues import Arrival, catalogues, histories

FINE = settings(max_examples=100, deadline=None)
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


@FINE
@given(catalogues, histories(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_crash_loses_nothing_and_repeats_nothing(
    catalogue: Catalogue, history: list[Arrival], saves: list[bool]
) -> None:
    """The journal since the last checkpoint, applied to its rows: same effects, same bytes."""
    engine, store = Engine(catalogue), Store()
    partition = engine.partition(0, TOPICS)
    journal, counts, out = live(partition, history, saves, store)

    again, effects = store.restore(engine), Effects()
    for step in journal[store.done :]:
        take(again, step, effects)

    assert effects.changes == out.changes[counts[store.done] :]
    assert effects.alerts == out.alerts[len(out.alerts) - len(effects.alerts) :]
    assert again.clock == partition.clock
    assert again.users == partition.users == len(list(again.user_ids()))
    assert store.rows | dict(again.take_dirty()) == store.rows | dict(partition.take_dirty())


@FINE
@given(catalogues, histories(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_checkpoints_change_nothing(
    catalogue: Catalogue, history: list[Arrival], saves: list[bool]
) -> None:
    """Encoding and decoding in the middle leaves effects and rows as they are."""
    engine, store = Engine(catalogue), Store()
    interrupted, straight = engine.partition(0, TOPICS), engine.partition(0, TOPICS)
    _, _, out = live(interrupted, history, saves, store)
    _, _, same = live(straight, history, [False] * 30, Store())
    assert out == same
    store.save(interrupted, 0)
    assert store.rows == dict(straight.take_dirty())


@FINE
@given(catalogues, histories(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_rows_newer_than_the_journal_are_left_alone(
    catalogue: Catalogue, history: list[Arrival], saves: list[bool]
) -> None:
    """A crash between the rows and the checkpoint record: what is known is not counted again."""
    engine, store, newest = Engine(catalogue), Store(), Store()
    partition = engine.partition(0, TOPICS)
    journal, _, _ = live(partition, history, saves, store)
    newest.save(partition, len(journal))

    store.rows |= newest.rows
    again, effects = store.restore(engine), Effects()
    for step in journal[store.done :]:
        take(again, step, effects)

    assert not effects.changes
    assert again.clock == partition.clock
    assert store.rows | dict(again.take_dirty()) == store.rows
