"""One user, ten thousand hits in a minute: what comes of it, and what it costs."""

import pytest

from tests.streams.detectors.playing import HOUR, Player, player

COMMON = "flag: 1h, cooldown: 1h"
FLOODS = {
    "velocity": ("of: [borrow], count: 3, within: 24h", 2),
    "spike": ("of: [borrow], factor: 5, min_events: 20", 0),
    "structuring": ("of: [borrow], threshold: 1000.01, band: 1, count: 3, within: 24h", 2),
    "burst": ("of: [post], count: 20, within: 1h, distinct_content: 2", 20),
    "duplicate_content": ("of: [post], communities: 3, within: 24h", 2),
    "overdue": ("grace: 3d", 0),
}
"""Each kind with how many events it takes before the first hit."""


def flood(played: Player, kind: str, first: int, events: int) -> None:
    """So many events, six milliseconds apart."""
    for number in range(events):
        at = first + number * 6
        if kind in ("burst", "duplicate_content"):
            played.play("post", at, content="same", community_id=f"g{number % 400}")
        elif kind == "overdue":
            played.play("overdue", at, loan_id=f"l{number}")
        else:
            played.play("borrow", at, amount=100_000)


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_one_alert_an_hour_with_the_right_number_of_quiet_hits(kind: str) -> None:
    """And the row of who floods stays small, however many come."""
    parameters, before = FLOODS[kind]
    played = player(f"kind: {kind}, {parameters}, {COMMON}")
    if kind == "spike":
        for number in range(20):
            played.play("borrow", number - 100, amount=100)
    flood(played, kind, 0, 2_000)
    size = played.row()
    flood(played, kind, 12_000, 8_000)
    assert len(played.alerts) == 1
    assert played.row() <= size + 10
    flood(played, kind, HOUR + 200_000, 1_000)
    assert [alert.suppressed for alert in played.alerts] == [0, 10_000 - before - 1]
    assert played.alerts[1].time - played.alerts[0].time >= HOUR
    assert len(played.alerts[1].evidence["events"]) <= 10


def test_borrowing_without_end_keeps_sixteen_loans() -> None:
    """The oldest give way; only those that are open can become due."""
    played = player("kind: overdue, grace: 0s, flag: 1h, cooldown: 0s")
    for number in range(5_000):
        played.play("borrow", number, amount=100, term_days=1, loan_id=f"l{number}")
        played.play("repay", number, amount=100, loan_id=f"unknown{number}")
    assert played.row() < 2_500
    played.wait(100 * HOUR)
    assert [alert.evidence["loan_id"] for alert in played.alerts] == [
        f"l{number}" for number in range(4_984, 5_000)
    ]


def test_many_different_posts_keep_only_the_latest() -> None:
    """Who posts ten thousand different texts is remembered by 256."""
    played = player("kind: duplicate_content, of: [post], communities: 2, within: 24h")
    for number in range(3_000):
        played.play("post", number, content=f"text {number}", community_id="g1")
    assert played.row() < 256 * 60
    played.play("post", 3_000, content="text 2743", community_id="g2")  # the 257th last
    assert not played.alerts
    played.play("post", 3_001, content="text 2800", community_id="g2")
    assert played.times == [3_001]


def test_of_a_large_count_only_the_ten_that_are_shown_keep_their_names() -> None:
    """The others are counted by their times; late ones too."""
    played = player("kind: velocity, of: [borrow], count: 30, within: 1h, cooldown: 0s")
    for number in range(40):
        played.play("borrow", 1_000 * number, amount=100)
    assert len(played.alerts) == 11
    played.play("borrow", 20_500, amount=100)
    played.play("borrow", 38_500, amount=100)
    ids = [event.id for event in played.alerts[-1].evidence["events"]]
    assert ids == ["e31", "e32", "e33", "e34", "e35", "e36", "e37", "e38", "e41", "e39"]
    assert played.alerts[-1].evidence["count"] == 30
    assert played.row() < 10 * 35 + 20 * 16 + 32 * 8 + 100
