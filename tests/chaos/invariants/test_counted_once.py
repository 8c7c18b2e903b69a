"""A count that is not the number of events."""

from collections.abc import Mapping

import pytest

from tests.chaos.invariants import Violations
from tests.chaos.invariants.counted_once import counting, miscounted
from tests.chaos.judging import COUNTED, CURRENCY
from tests.chaos.partition import Partition
from tests.chaos.small.worker import START, Record, event


def wrong(partition: Partition, shown: Mapping[str, int]) -> Violations:
    counted = counting(partition.seen, "counted")
    return miscounted([partition.logs], shown, COUNTED, CURRENCY, counted)


@pytest.mark.parametrize(("by", "word"), [(-1, "I1 lost"), (1, "I2 applied twice")])
def test_i1_i2_a_count_that_is_not_the_number_of_events_is_found(
    right: Partition, by: int, word: str
) -> None:
    shown = {u: int(tags["counted"]["value"]) for u, tags in right.end.hashes.items()}
    assert list(wrong(right, shown)) == []
    shown["u1"] += by
    (found,) = wrong(right, shown)
    assert found.startswith(f"{word}: u1 ")


@pytest.mark.parametrize(("between", "word"), [(31, "I2 applied twice: u "), (32, "")])
def test_i2_an_event_that_counts_again_is_excused_only_when_it_may_be_forgotten(
    between: int, word: str
) -> None:
    """The last 32 of a user and topic are remembered."""
    log = [Record(n, START, b"u", event(n, "u", community_id="c")) for n in range(between + 1)]
    ids = [f"e{n}" for n in range(between + 1)]
    shown, counted = {"u": len(ids) + 1}, {"u": [*ids, "e0"]}
    found = list(miscounted([[log, [], []]], shown, COUNTED, CURRENCY, counted))
    assert [line[: len(word)] for line in found] == ([word] if word else [])
