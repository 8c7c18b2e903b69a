"""The same words in several communities, and by several users."""

from schemas.alerts import Evidence
from schemas.changes import EventCause
from schemas.contents import content_hash
from schemas.events import Profile
from schemas.postings import Copied, Forget, Posting
from schemas.topics import TOPICS
from tests.streams.detectors.playing import DAY, HOUR, START, player


def test_the_same_advert_in_three_groups_whatever_its_dress() -> None:
    """Width, case, spaces, signs and links differ; the words do not."""
    played = player("kind: duplicate_content, of: [post], communities: 3, within: 24h")
    dresses = ("Loan today: https://a.cn/1", "LOAN  today!! www.b.cn", "Ｌｏａｎ／today")  # noqa: RUF001 - wide on purpose
    for number, content in enumerate(dresses):
        played.play("post", number, content=content, community_id="g1")
    assert not played.alerts
    for number, content in enumerate(dresses):
        played.play("post", number + 3, content=content, community_id=f"g{number}")
    (alert,) = played.alerts
    assert alert.evidence["communities"] == 3
    assert [event.id for event in alert.evidence["events"]] == ["e3", "e4", "e5"]


ACROSS = "kind: duplicate_content, of: [post], where: product == 'loan', users: 3, within: 24h"


def test_what_several_users_may_say_alike_is_asked_with_each_post_that_fits() -> None:
    """Not of posts without content, of other types, that `where` leaves out, or that come again."""
    played = player(ACROSS)
    played.play("post", 0, content="Buy!", product="loan", community_id="g1", arrived=2 * HOUR)
    played.play("post", 1, product="loan")
    played.play("post", 2, content="Buy!")
    played.play("comment", 3, content="Buy!", product="loan")
    (asked,) = played.out.asked
    assert (asked.topic, asked.offset) == (0, 0)
    assert asked.what == Posting(
        "u1", "app", "e0", START, content_hash("buy") or 0, "g1", ("odd",), stale=True
    )
    assert not played.alerts


def test_of_texts_that_say_less_than_asked_nobody_is_asked() -> None:
    """Everybody says good morning, however loud; nobody is told of it in one's own posts either."""
    played = player(
        "kind: duplicate_content, of: [post], users: 3, communities: 2, within: 24h, min_letters: 8"
    )
    for number, content in enumerate(("早上好！！！ 🌞🌞", "G o o d   d a y !!", "Fast cash!")):  # noqa: RUF001 - wide on purpose
        for again in range(2):
            played.play("post", 2 * number + again, content=content, community_id=f"g{again}")
    asked = [one.what for one in played.out.asked if isinstance(one.what, Posting)]
    assert [one.content for one in asked] == [content_hash("fastcash")] * 2
    (alert,) = played.alerts
    assert [event.id for event in alert.evidence["events"]] == ["e4", "e5"]


def heard(number: int, post: str) -> Copied:
    """What the other agent found, about a post of the user."""
    events = [Evidence("app", "x", START), Evidence("app", post, START)]
    return Copied(
        id=post,
        source="app",
        user_id="u1",
        time=START,
        detector="odd",
        content="f" * 16,
        users=3,
        communities=2,
        within=DAY,
        events=events,
        stale=number > 1,
    )


def test_what_was_found_across_users_is_a_hit_once_and_in_order() -> None:
    """Flag, alert with the evidence, cooldown: as any other hit; the same fact again is none."""
    played = player(f"{ACROSS}, flag: 1h, cooldown: 1h")
    played.play("post", 0, content="Buy!", product="loan")
    derived = TOPICS.index("derived")

    def hear(offset: int, number: int, post: str = "e0") -> str:
        copied, origin = heard(number, post), ("contents:2", number)
        return played.partition.apply(derived, offset, copied, START, played.out, origin)

    assert [hear(0, 1), hear(1, 1), hear(2, 2)] == ["applied", "duplicate", "applied"]
    (alert,) = played.alerts
    assert (alert.time, alert.stale, alert.suppressed) == (START, False, 0)
    assert alert.cause == EventCause("derived", 0, 0, "app", "e0")
    assert {name: alert.evidence[name] for name in ("users", "communities", "within")} == {
        "users": 3,
        "communities": 2,
        "within": DAY,
    }
    played.wait(HOUR)
    assert [(c.tag, c.new) for c in played.out.changes] == [
        ("anomaly_odd", True),
        ("anomaly", "warning"),
        ("anomaly_odd", None),
        ("anomaly", None),
    ]
    assert hear(3, 3) == "applied"
    assert (played.alerts[-1].suppressed, played.alerts[-1].stale) == (1, True)


def test_nothing_is_heard_of_users_who_are_gone() -> None:
    """Neither does it make one, nor bring one back."""
    played, derived = player(ACROSS), TOPICS.index("derived")
    assert played.partition.apply(derived, 0, heard(1, "e0"), START, played.out, ("c:0", 1))
    played.play("post", 0, content="Buy!", product="loan")
    erase = Profile(id="x", source="app", user_id="u1", time=START + 1, type="erase")
    played.partition.apply(2, 0, erase, START, played.out)
    assert played.out.asked[-1].what == Forget("u1")
    assert played.partition.apply(derived, 1, heard(2, "e0"), START, played.out, ("c:0", 2))
    assert not played.alerts
    assert "u1" not in played.partition
