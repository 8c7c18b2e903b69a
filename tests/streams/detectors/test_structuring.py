"""Amounts kept just below a threshold."""

from decimal import Decimal

from tests.streams.detectors.playing import player


def test_structuring_counts_from_threshold_less_band_to_below_the_threshold() -> None:
    """Both edges exact to the cent."""
    played = player(
        "kind: structuring, of: [transfer], threshold: 50000, band: 5000, count: 2, within: 1d"
    )
    for number, amount in enumerate((4_499_999, 5_000_000, 4_500_000)):
        played.play("transfer", number, amount=amount)
    assert not played.alerts
    played.play("transfer", 3, amount=4_999_999)
    evidence = played.alerts[0].evidence
    assert [event.id for event in evidence["events"]] == ["e2", "e3"]
    assert (evidence["threshold"], evidence["total"]) == (50_000, Decimal("94999.99"))
