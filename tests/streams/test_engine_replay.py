"""After a crash, older rows and the same journal give the same bytes and the same effects."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.topics import TOPICS
from streams.catalogue.model import Catalogue
from streams.engine import Engine
from tests.streams.catalogues import Arrival, catalogues, histories
from tests.streams.crashing import Store, live

FINE = settings(max_examples=100, deadline=None)


@FINE
@given(catalogues, histories(), st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_crash_loses_nothing_and_repeats_nothing(
    catalogue: Catalogue, history: list[Arrival], saves: list[bool]
) -> None:
    """The journal since the last checkpoint, applied to its rows: same effects, same bytes."""
    engine, store = Engine(catalogue), Store()
    partition = engine.partition(0, TOPICS)
    journal, counts, out = live(partition, history, saves, store)

    again, effects = store.resume(engine, journal)

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
    again, effects = store.resume(engine, journal)

    assert not effects.changes
    assert again.clock == partition.clock
    assert store.rows | dict(again.take_dirty()) == store.rows
