"""An amount far above what the user usually pays."""

from tests.streams.detectors.playing import player


def test_an_amount_of_exactly_the_factor_is_no_spike_and_one_above_it_is() -> None:
    """After as many events as asked for; the evidence says what was usual."""
    played = player("kind: spike, of: [payment], factor: 3, min_events: 5, cooldown: 0s")
    played.play("payment", 0, amount=10_000)
    for number in range(1, 5):
        played.play("payment", number, amount=10_000)
    played.play("payment", 5, amount=30_000)
    assert not played.alerts
    again = player("kind: spike, of: [payment], factor: 3, min_events: 5, cooldown: 0s")
    for number in range(5):
        again.play("payment", number, amount=10_000)
    again.play("payment", 5, amount=30_001)
    (alert,) = again.alerts
    assert [event.id for event in alert.evidence["events"]] == ["e5"]
    assert (alert.evidence["baseline"], alert.evidence["times"]) == (100, 3.0)
    assert alert.evidence["learnt"] == 5


def test_a_spike_is_not_learnt() -> None:
    """However often it comes, it stays a spike."""
    played = player("kind: spike, of: [payment], factor: 3, min_events: 5, cooldown: 0s")
    for number in range(5):
        played.play("payment", number, amount=10_000)
    for number in range(5, 50):
        played.play("payment", number, amount=100_000)
    assert len(played.alerts) == 45
    assert played.alerts[-1].evidence["baseline"] == 100


def test_a_cent_does_not_blind_the_detector() -> None:
    """What is far below counts only as far as a hit is above."""
    played = player("kind: spike, of: [payment], factor: 3, min_events: 5, cooldown: 0s")
    for number in range(20):
        played.play("payment", number, amount=10_000)
    played.play("payment", 20, amount=1)
    played.play("payment", 21, amount=50_000)
    assert played.times == [21]


def test_who_pays_now_little_now_much_needs_more_to_be_unusual() -> None:
    """Five deviations, not only the factor."""
    played = player("kind: spike, of: [payment], factor: 3, min_events: 5, cooldown: 0s")
    for number in range(40):
        played.play("payment", number, amount=(1_000, 10_000, 100_000)[number % 3])
    played.play("payment", 40, amount=2_000_000)
    assert not played.alerts
    played.play("payment", 41, amount=2_000_000_000)
    assert played.times == [41]
