"""Tests of agents/simulate/anomalies/dress.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.simulate.anomalies.dress import WAYS, Way, dressed
from agents.simulate.chance import dice
from schemas.contents import content_hash, letters

ADVERT = "Equipment leasing: 年化利率3.6%起, 当天放款, call 13800000"
texts = st.text("aBc019 设备分期, .:%!", min_size=5, max_size=40).filter(lambda t: letters(t) >= 5)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_changes_the_text(way: Way) -> None:
    """Or a detector would have nothing to see through."""
    assert way(dice(1, "test"), ADVERT) != ADVERT


@given(texts, st.integers())
def test_the_same_words_in_any_dress_are_the_same_content(text: str, seed: int) -> None:
    """For texts of five letters and more: with fewer, a link beside them is what they say."""
    assert content_hash(dressed(dice(seed, "test"), text)) == content_hash(text)


def test_a_text_comes_in_many_dresses() -> None:
    """And now and then as it is."""
    rng = dice(1, "test")
    seen = {dressed(rng, ADVERT) for _ in range(100)}
    assert ADVERT in seen
    assert len(seen) > 30
