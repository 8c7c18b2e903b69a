"""The engine does exactly what a slow, obvious recomputation of everything does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.catalogue.model import Catalogue
from tests.streams.beside import compare
from tests.streams.catalogues import AGGREGATES, Arrival, catalogues, histories, single_cases
from tests.streams.reference import Reference

SLICES = st.lists(st.integers(1, 4), min_size=30, max_size=30)


@settings(max_examples=120, deadline=None)
@given(catalogues, histories(), SLICES)
def test_changes_and_alerts_are_those_of_a_recomputation(
    catalogue: Catalogue, history: list[Arrival], slices: list[int]
) -> None:
    """Late, repeated and simultaneous events, ticks and slices of any size."""
    compare(Reference(catalogue), history, slices)


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_each_aggregate_alone_is_that_of_a_recomputation(aggregate: str) -> None:
    """More often and closer than among others."""

    @settings(max_examples=30, deadline=None)
    @given(single_cases(aggregate), SLICES)
    def checked(case: tuple[Catalogue, list[Arrival]], slices: list[int]) -> None:
        catalogue, history = case
        compare(Reference(catalogue), history, slices)

    checked()


@pytest.mark.long
@settings(max_examples=3_000, deadline=None)
@given(catalogues, histories(), SLICES)
def test_many_more_are_those_of_a_recomputation(
    catalogue: Catalogue, history: list[Arrival], slices: list[int]
) -> None:
    """The same for minutes."""
    compare(Reference(catalogue), history, slices)
