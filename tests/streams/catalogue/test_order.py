from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.catalogue.load import load
from streams.catalogue.order import cycles, evaluation_order
from tests.streams.catalogue.texts import EVERYTHING, HEAD


def order_of(tags: str, detectors: str = "") -> tuple[str, ...]:
    """The order in which these tags are evaluated."""
    return evaluation_order(load(f"{HEAD}tags:\n{tags}detectors:\n{detectors}", "test.yaml"))


def test_a_tag_comes_after_those_that_it_needs() -> None:
    """Otherwise the order of the file."""
    assert order_of("  a: {when: d}\n  b: {when: 1 > 2}\n  c: {when: b}\n  d: {when: 1 > 2}\n") == (
        *("b", "c", "d", "a"),
    )


def test_tags_of_detectors_stand_at_the_end_of_the_file() -> None:
    """Unless a tag of the file needs them."""
    velocity = "{kind: velocity, of: [borrow], count: 3, within: 1h}\n"
    detectors = f"  x: {velocity}  y: {velocity}"
    assert order_of("  a: {when: anomaly_x}\n  b: {when: 1 > 2}\n", detectors) == (
        *("b", "anomaly_x", "a", "anomaly_y", "anomaly"),
    )


def test_a_catalogue_in_order_stays_in_order() -> None:
    """The contract's example puts composites last, as one does."""
    catalogue = load(EVERYTHING, "everything.yaml")
    assert evaluation_order(catalogue) == (
        *catalogue.tags,
        *("anomaly_small_frequent_borrowing", "anomaly"),
    )


@given(st.lists(st.sets(st.integers(0, 7)), min_size=1, max_size=8))
def test_tags_are_refused_exactly_if_there_is_no_order(needed: list[set[int]]) -> None:
    """Against the obvious reference: take any whose needs are met until none is left."""
    needs = {
        f"t{n}": frozenset(f"t{m}" for m in others if m < len(needed))
        for n, others in enumerate(needed)
    }
    met: list[str] = []
    while more := [name for name in needs if name not in met and needs[name] <= {*met}]:
        met.append(more[0])
    if len(met) < len(needs):
        assert cycles(needs)
    else:
        assert not cycles(needs)
        tags = "".join(
            f"  {name}: {{when: {' or '.join(sorted(others)) or '1 > 2'}}}\n"
            for name, others in needs.items()
        )
        assert order_of(tags) == tuple(met)


@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=6))
def test_a_cycle_is_named_as_a_way_that_exists(needed: list[set[int]]) -> None:
    """From a tag over its needs back to itself."""
    needs = {f"t{n}": frozenset(f"t{m}" for m in others) for n, others in enumerate(needed)}
    for cycle in cycles(needs):
        assert cycle[0] == cycle[-1]
        assert all(b in needs[a] for a, b in pairwise(cycle))
