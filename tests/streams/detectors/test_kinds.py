"""What each kind says in the cases that people ask about."""

import doctest
from decimal import Decimal
from types import ModuleType

import pytest

from schemas.alerts import Evidence
from schemas.changes import EventCause, ExpiryCause
from schemas.contents import content_hash
from schemas.events import Profile
from schemas.postings import Copied, Forget, Posting
from schemas.topics import TOPICS
from streams.detectors import (
    DETECTORS,
    burst,
    duplicate_content,
    kind,
    recent,
    spike,
    velocity,
)
from tests.streams.detectors.playing import DAY, HOUR, START, player


@pytest.mark.parametrize("module", [burst, duplicate_content, kind, recent, spike, velocity])
def test_the_examples_in_docstrings_are_true(module: ModuleType) -> None:
    """They are the first thing that a reader believes."""
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


def test_every_kind_states_its_own_parameters() -> None:
    """One that builds on another would else be read, and shown to editors, as that one."""
    assert [name for name, kind in DETECTORS.items() if "takes" not in vars(kind)] == []


# -- spike


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


# -- structuring, dormant, burst


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


# -- duplicate_content


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


# -- overdue


def test_a_loan_is_overdue_at_exactly_term_and_grace_with_no_event() -> None:
    """The flag comes and goes by time alone; the alert shows the borrow."""
    played = player("kind: overdue, grace: 3d, flag: 1d")
    played.play("borrow", 5, amount=100_000, term_days=30, loan_id="l1")
    played.play("repay", 10, amount=60_000, loan_id="l1")
    played.wait(33 * DAY + 4)
    assert not played.alerts
    played.wait(60 * DAY)
    (alert,) = played.alerts
    assert (alert.time, alert.cause, alert.stale) == (START + 33 * DAY + 5, ExpiryCause(), False)
    assert [event.id for event in alert.evidence["events"]] == ["e0"]
    assert (alert.evidence["loan_id"], alert.evidence["outstanding"]) == ("l1", 400)
    assert [(c.tag, c.new, c.time - START) for c in played.out.changes] == [
        ("anomaly_odd", True, 33 * DAY + 5),
        ("anomaly", "warning", 33 * DAY + 5),
        ("anomaly_odd", None, 34 * DAY + 5),
        ("anomaly", None, 34 * DAY + 5),
    ]


def test_a_repay_at_the_last_instant_is_in_time() -> None:
    """At the same instant the event counts first."""
    played = player("kind: overdue, grace: 0s")
    played.play("borrow", 0, amount=100, term_days=1)
    played.play("repay", DAY, amount=100)
    played.wait(9 * DAY)
    assert not played.alerts


def test_another_event_at_the_instant_is_not_the_cause_of_a_timers_alert() -> None:
    """Nobody repaid: it was time."""
    played = player("kind: overdue, grace: 0s")
    played.play("borrow", 0, amount=100, term_days=1)
    played.play("payment", DAY, amount=100)
    assert played.times == [DAY]
    assert played.alerts[0].cause == ExpiryCause()
    assert {type(change.cause) for change in played.out.changes} == {EventCause}


def test_a_repay_that_came_before_its_borrow_counts() -> None:
    """Topics and platforms are not in step; nobody is called overdue for that."""
    played = player("kind: overdue, grace: 0s")
    played.play("repay", HOUR, amount=70, loan_id="l1")
    played.play("repay", HOUR, amount=30, loan_id="l1")
    played.play("borrow", 0, amount=100, term_days=1, loan_id="l1")
    played.wait(9 * DAY)
    assert not played.alerts


def test_what_is_too_much_for_one_loan_does_not_settle_another_of_a_name() -> None:
    """Interest is no repayment of the next loan; without a name it goes to the oldest."""
    played = player("kind: overdue, grace: 0s, cooldown: 0s")
    played.play("borrow", 0, amount=100, term_days=1, loan_id="l1")
    played.play("borrow", 1, amount=50, term_days=1, loan_id="l2")
    played.play("repay", 2, amount=150, loan_id="l1")
    played.play("borrow", 3, amount=80, term_days=1)
    played.play("repay", 4, amount=50)
    played.wait(9 * DAY)
    assert [alert.evidence["loan_id"] for alert in played.alerts] == [None]


def test_a_condition_on_amounts_leaves_repays_counting() -> None:
    """Instalments below the limit settle the loan all the same."""
    played = player("kind: overdue, where: amount >= 50, grace: 0s")
    played.play("borrow", 0, amount=10_000, term_days=1)
    for number in range(10):
        played.play("repay", number + 1, amount=1_000)
    played.wait(9 * DAY)
    assert not played.alerts


def test_a_borrow_that_arrives_after_it_was_due_is_found_at_once() -> None:
    """A backfill: the alert says that it is stale."""
    played = player("kind: overdue, grace: 0s")
    played.play("visit", 9 * DAY)
    played.play("borrow", 0, amount=100, term_days=1, arrived=9 * DAY)
    assert played.times == [9 * DAY]
    assert played.alerts[0].stale
    assert played.alerts[0].cause == ExpiryCause()


# -- all


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
