"""What holds of all aggregates."""

from itertools import chain
from typing import Any, get_args

from streams import numbers
from streams.aggregates import AGGREGATES
from streams.catalogue.model import Aggregate


def test_every_aggregate_of_the_catalogue_is_there() -> None:
    """None is accepted by `check` and refused later."""
    assert {*AGGREGATES} == {*get_args(Aggregate)}


def test_no_two_aggregates_call_different_functions_by_one_name() -> None:
    """All of a catalogue's lines live in one module."""
    called: dict[str, Any] = {n: f for n, f in vars(numbers).items() if callable(f)}
    for name, function in chain.from_iterable(
        kind.functions.items() for kind in AGGREGATES.values()
    ):
        assert called.setdefault(name, function) is function, name
