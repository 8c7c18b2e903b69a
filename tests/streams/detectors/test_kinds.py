"""What holds of every kind of detector."""

from streams.detectors import DETECTORS
from tests.streams.detectors.playing import DAY, HOUR, START, player


def test_every_kind_states_its_own_parameters() -> None:
    """One that builds on another would else be read, and shown to editors, as that one."""
    assert [name for name, kind in DETECTORS.items() if "takes" not in vars(kind)] == []


def test_the_summary_is_the_highest_severity_that_is_on() -> None:
    """It falls back when the higher flag goes."""
    second = "lesser: {kind: dormant, of: [payment], idle: 1h, severity: info, flag: 9d}"
    played = player(
        f"kind: overdue, grace: 0s, severity: critical, flag: 1d}}\n  {second.removesuffix('}')}"
    )
    played.play("payment", 0, amount=1)
    played.play("payment", HOUR, amount=1)
    played.play("default", HOUR + 1)
    played.wait(20 * DAY)
    summary = [(c.new, c.time - START) for c in played.out.changes if c.tag == "anomaly"]
    assert summary == [
        ("info", HOUR),
        ("critical", HOUR + 1),
        ("info", HOUR + 1 + DAY),
        (None, HOUR + 9 * DAY),
    ]
