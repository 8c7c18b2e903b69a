"""What the engine promises beside the numbers: repeats, crashes, erasing, explaining."""

from decimal import Decimal

import pytest

from schemas.changes import EventCause, ExpiryCause, Why
from schemas.events import Interaction, Transaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.engine import Effects, Engine, LayoutChanged, Partition, Settled
from tests.streams.catalogue.texts import EVERYTHING

HEAD = "catalogue: small\nversion: 2\ncurrency: CNY\ntimezone: UTC\n"
CATALOGUE = (
    HEAD
    + """
measures:
  likes: {count: [like], window: 4s, step: 1s}
  spent: {sum: amount, of: [payment]}
tags:
  mood: {title: {zh: 心, en: Mood}, dimension: behaviour, values: {warm: likes >= 2, cold: else}}
  rich: {title: {zh: 富, en: Rich}, dimension: risk, when: spent > 10.5}
detectors:
  rush: {title: {zh: 快, en: Rush}, kind: velocity, of: [payment], count: 2, within: 1s, flag: 5s,
    cooldown: 2s, severity: critical}
"""
)
FULL = [f"eu.{topic}" for topic in TOPICS]


def engine(text: str = CATALOGUE) -> Engine:
    """The small catalogue, compiled."""
    return Engine(load(text, "small.yaml"))


def partition() -> Partition:
    """An empty partition 3 under the small catalogue."""
    return engine().partition(3, FULL)


def like(name: str, time: int, user: str = "u1") -> Interaction:
    """A like."""
    return Interaction(id=name, source="app", type="like", user_id=user, time=time)


def pay(name: str, time: int, cents: int = 100) -> Transaction:
    """A payment."""
    return Transaction(
        id=name, source="bank", type="payment", user_id="u1", time=time, amount=cents
    )


def test_a_change_carries_the_event_that_caused_it_and_why() -> None:
    """Cause, rule, measures, catalogue; money is a plain number in `why`."""
    p, out = partition(), Effects()
    assert p.apply(1, 7, pay("e1", 1_000, 1_051), 1_000, out) == "applied"
    mood, rich = out.changes
    assert (mood.tag, mood.old, mood.new, mood.time) == ("mood", None, "cold", 1_000)
    assert mood.cause == EventCause("eu.transactions", 3, 7, "bank", "e1")
    assert mood.why == Why("else", {"likes": 0})
    assert (rich.new, rich.catalogue) == (True, "small@2")
    assert rich.why == Why("spent > 10.5", {"spent": Decimal("10.51")})


def test_a_tag_goes_with_no_event_when_its_bucket_leaves() -> None:
    """At exactly that instant, with the rule that it had and what no longer meets it."""
    p, out = partition(), Effects()
    p.apply(0, 0, like("e1", 1_500), 0, out)
    p.apply(0, 1, like("e2", 2_500), 0, out)
    out.changes.clear()
    p.tick(4_999)
    assert p.slice(10, 10, out) is None
    p.tick(5_000)
    assert p.slice(10, 10, out) == Settled(5_000, "u1")
    (change,) = out.changes
    assert (change.old, change.new, change.time) == ("warm", "cold", 5_000)
    assert change.cause == ExpiryCause()


def test_an_event_at_the_instant_of_a_deadline_counts_first() -> None:
    """One evaluation: the tag that would have gone stays."""
    p, out = partition(), Effects()
    for number, time in enumerate((1_500, 2_500, 5_000)):
        p.apply(0, number, like(f"e{number}", time), 0, out)
    assert [change.new for change in out.changes] == ["cold", "warm"]


@pytest.mark.parametrize("ticked", [True, False])
def test_a_deadline_that_the_clock_had_reached_comes_before_the_event(ticked: bool) -> None:  # noqa: FBT001 - a parameter
    """By a tick, or by another event that this one is behind: how far slices came is nothing."""
    p, out = partition(), Effects()
    p.apply(0, 0, like("e1", 1_500), 0, out)
    p.apply(0, 1, like("e2", 2_500), 0, out)
    out.changes.clear()
    if ticked:
        p.tick(5_000)
    else:
        p.apply(0, 2, like("e3", 5_000, "u2"), 0, out)
        out.changes.clear()
    p.apply(0, 3, like("e4", 5_000 if ticked else 4_999), 0, out)
    assert [(c.new, c.time, type(c.cause)) for c in out.changes] == [
        ("cold", 5_000, ExpiryCause),
        ("warm", 5_000, EventCause),
    ]


def test_a_repeat_moves_only_the_clock() -> None:
    """The same source and id within the last 32 of that topic."""
    p, out = partition(), Effects()
    p.apply(0, 0, like("e1", 1_000), 0, out)
    assert p.apply(0, 1, like("e1", 9_000), 0, out) == "duplicate"
    assert p.clock == 9_000
    assert len(out.changes) == 1


def test_what_was_applied_before_is_known() -> None:
    """Offsets at or below the row's last change nothing but the clock."""
    p, out = partition(), Effects()
    p.apply(0, 5, like("e1", 1_000), 0, out)
    assert p.apply(0, 5, like("e2", 1_500), 0, out) == "known"
    assert p.apply(0, 4, like("e3", 2_000), 0, out) == "known"
    assert p.clock == 2_000


def test_the_33rd_event_forgets_the_first() -> None:
    """Only so many are remembered."""
    p, out = partition(), Effects()
    for number in range(33):
        p.apply(0, number, like(f"e{number}", 1_000), 0, out)
    assert p.apply(0, 33, like("e1", 1_000), 0, out) == "duplicate"
    assert p.apply(0, 34, like("e0", 1_000), 0, out) == "applied"


def test_a_forwarded_record_counts_once() -> None:
    """By the offset that it had where it came from."""
    p, out = partition(), Effects()
    assert p.apply(3, 0, like("e1", 1_000), 0, out, ("eu.interactions:0", 4)) == "applied"
    assert p.apply(3, 1, like("e2", 1_000), 0, out, ("eu.interactions:0", 4)) == "duplicate"
    assert p.apply(3, 2, like("e3", 1_000), 0, out, ("eu.interactions:1", 4)) == "applied"
    assert p.origins == {"eu.interactions:0": 4, "eu.interactions:1": 4}


def test_a_late_event_still_counts_in_what_has_no_window() -> None:
    """And is called late only if a window that it feeds has passed it."""
    p, out = partition(), Effects()
    p.apply(0, 0, like("e1", 50_000), 0, out)
    assert p.apply(0, 1, like("e2", 46_999), 0, out) == "late"
    assert p.apply(0, 2, like("e3", 47_000), 0, out) == "applied"
    assert p.apply(1, 0, pay("e4", 1_000, 2_000), 0, out) == "applied"
    assert p.snapshot("u1")["rich"].since == 50_000


def test_hits_within_the_cooldown_are_counted_in_the_next_alert() -> None:
    """The flag lasts from the last hit, the cooldown from the last alert."""
    p, out = partition(), Effects()
    for number, time in enumerate((1_000, 1_500, 2_000, 2_500, 3_500, 4_499)):
        p.apply(1, number, pay(f"e{number}", time), time, out)
    assert [(a.time, a.suppressed) for a in out.alerts] == [(1_500, 0), (4_499, 2)]
    assert out.alerts[0].detector == "rush"
    assert [event.id for event in out.alerts[0].evidence["events"]] == ["e0", "e1"]
    assert p.snapshot("u1")["anomaly"].value == "critical"
    p.tick(9_498)
    p.slice(9, 9, out)
    assert "anomaly_rush" in p.snapshot("u1")
    p.tick(9_499)
    p.slice(9, 9, out)
    assert "anomaly" not in p.snapshot("u1")


def test_an_alert_about_a_backfill_is_stale() -> None:
    """The event is more than an hour behind its record."""
    p, out = partition(), Effects()
    p.apply(1, 0, pay("e1", 1_000), 1_000, out)
    p.apply(1, 1, pay("e2", 1_000), 3_601_001, out)
    assert [alert.stale for alert in out.alerts] == [True]


def test_a_settled_limit_says_how_far_it_came() -> None:
    """The caller publishes and goes on; the order is (instant, user)."""
    p, out = partition(), Effects()
    for number, (user, time) in enumerate((u, t) for u in ("u2", "u1") for t in (1_500, 1_600)):
        p.apply(0, number, like(f"e{number}", time, user), 0, out)
    out.changes.clear()
    assert p.settle(5_001, 1, out) == Settled(5_000, "u1")
    assert p.ahead(5_001)
    assert p.settle(5_001, 2, out) == Settled(5_000, "u2")
    assert p.settle(5_001, 3, out) is None
    assert [c.user_id for c in out.changes] == ["u1", "u2"]


def test_a_snapshot_explains_anew_and_changes_nothing() -> None:
    """Since stays; the measures are those of the present clock."""
    p, out = partition(), Effects()
    for number, time in enumerate((1_500, 2_500, 3_500)):
        p.apply(0, number, like(f"e{number}", time), 0, out)
    before = dict(p.take_dirty())
    p.tick(5_000)
    tags = p.snapshot("u1")
    assert (tags["mood"].value, tags["mood"].since) == ("warm", 2_500)
    assert tags["mood"].why == Why("likes >= 2", {"likes": 2})
    p.mark_dirty("u1")
    assert dict(p.take_dirty()) == before
    assert p.snapshot("nobody") == {}


def test_a_row_that_nothing_describes_is_refused() -> None:
    """Never misread: whoever restores decides what to do."""
    p, out = partition(), Effects()
    p.apply(0, 0, like("e1", 1_000), 0, out)
    ((user, row),) = p.take_dirty()
    assert row is not None
    other = engine(CATALOGUE.replace("likes >= 2", "likes >= 3")).partition(3, FULL)
    other.load(user, row)
    with pytest.raises(LayoutChanged, match="layout"):
        other.loaded()
    with pytest.raises(LayoutChanged, match="format 4"):
        other.load(user, b"\x04" + row[1:])


def test_titles_and_lines_do_not_change_the_layout() -> None:
    """A catalogue may be polished without losing the state."""
    polished = CATALOGUE.replace("en: Mood", "en: Warmth").replace("tags:", "\n\ntags:")
    assert engine(polished).layout == engine().layout


def test_a_later_row_of_a_user_replaces_the_earlier() -> None:
    """As the changelog has them; nobody is counted twice."""
    p, out = partition(), Effects()
    p.apply(0, 0, like("e1", 1_000), 0, out)
    ((_, first),) = p.take_dirty()
    p.apply(0, 1, like("e2", 1_001), 0, out)
    ((_, second),) = p.take_dirty()
    assert first is not None
    assert second is not None
    again = engine().partition(3, FULL)
    again.load("u1", first)
    again.load("u1", second)
    again.loaded()
    assert again.users == 1
    assert again.snapshot("u1")["mood"].value == "warm"


def test_the_compiled_source_reads_like_the_catalogue() -> None:
    """Names of the catalogue, lines of the YAML."""
    source = engine().source
    assert "s.m_likes >= 2" in source
    assert "def decide_mood(s, at, moves):" in source
    assert "# likes (line 7)" in source


def test_the_catalogue_of_the_contract_compiles() -> None:
    """Every kind of measure and tag that it shows."""
    assert "def decide_communities(s, at, moves):" in engine(EVERYTHING).source


def test_the_length_of_a_missing_text_is_missing() -> None:
    """That of an empty set is 0."""
    text = (
        HEAD
        + """
measures:
  job: {attribute: job}
  clubs: {set: community_id, add: [join], remove: [leave]}
tags:
  terse: {title: {zh: 短, en: Terse}, when: len(job) < 4}
  lonely: {title: {zh: 独, en: Lonely}, when: len(clubs) < 1}
"""
    )
    p, out = engine(text).partition(3, FULL), Effects()
    p.apply(0, 0, like("e1", 1_000), 0, out)
    assert [change.tag for change in out.changes] == ["lonely"]
