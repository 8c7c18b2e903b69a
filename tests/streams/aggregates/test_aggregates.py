"""What holds of all aggregates."""

from itertools import chain
from typing import Any

from streams import numbers
from streams.aggregates import AGGREGATES
from tests.streams import catalogues
from tests.streams.reference_measures import FIGURES


def test_every_aggregate_has_a_reference() -> None:
    """Whoever adds one is asked for it here, and for what to try it with."""
    assert {*AGGREGATES} == {*FIGURES} == {*catalogues.AGGREGATES}


def test_every_aggregate_states_its_own_form() -> None:
    """One that builds on another would else be read, and shown to editors, as that one."""
    assert [name for name, figure in AGGREGATES.items() if "form" not in vars(figure)] == []


def test_no_two_aggregates_call_different_functions_by_one_name() -> None:
    """All of a catalogue's lines live in one module."""
    called: dict[str, Any] = {n: f for n, f in vars(numbers).items() if callable(f)}
    for name, function in chain.from_iterable(
        kind.functions.items() for kind in AGGREGATES.values()
    ):
        assert called.setdefault(name, function) is function, name
