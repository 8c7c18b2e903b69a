"""Many posts that say the same."""

from tests.streams.detectors.playing import player


def test_a_burst_is_more_than_count() -> None:
    """Twenty are not, twenty-one are; likes have no content and are none."""
    played = player(
        "kind: burst, of: [post, like], count: 20, within: 1h, distinct_content: 1, cooldown: 0s"
    )
    for number in range(19):
        played.play("like", number)
    played.play("post", 19, content="Buy!")
    assert not played.alerts
    played.play("post", 20, content=" BUY ")
    assert played.alerts[0].evidence["count"] == 21
    played.play("post", 21, content="something else")
    assert len(played.alerts) == 1
