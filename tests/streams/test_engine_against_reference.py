"""The engine does exactly what a slow, obvious recomputation of everything does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.catalogue.model import Catalogue
from tests.streams.beside import compare
from tests.streams.catalogues import Arrival, catalogues, histories
from tests.streams.reference import Reference

FINE = settings(max_examples=120, deadline=None)


@FINE
@given(catalogues, histories(), st.lists(st.integers(1, 4), min_size=30, max_size=30))
def test_changes_and_alerts_are_those_of_a_recomputation(
    catalogue: Catalogue, history: list[Arrival], slices: list[int]
) -> None:
    """Late, repeated and simultaneous events, ticks and slices of any size."""
    compare(Reference(catalogue), history, slices)
