"""The first event after a long silence."""

from tests.streams.detectors.playing import DAY, START, player


def test_the_first_event_ever_ends_no_silence() -> None:
    """And one exactly `idle` after another does."""
    played = player("kind: dormant, of: [visit], idle: 10d")
    played.play("visit", 0)
    played.play("visit", 10 * DAY - 1)
    assert not played.alerts
    played.play("visit", 20 * DAY - 1)
    (alert,) = played.alerts
    assert alert.evidence["last"] == START + 10 * DAY - 1
    assert alert.evidence["silence"] == 10 * DAY
