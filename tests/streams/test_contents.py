"""Who said the same, against a slow recomputation, and across crashes."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.postings import Copied, Forget, Posting
from streams.contents import Contents, Found, Rule

RULES = {"many": Rule(users=2, within=10), "most": Rule(users=3, within=20)}
Record = tuple[Posting | Forget, tuple[str, int]]
"""What stands in the log, and where it came from."""


def posting(user: str, time: int, content: int = 1, **more: Any) -> Posting:
    fields: dict[str, Any] = {
        "user_id": user,
        "source": "app",
        "id": f"{user}-{time}",
        "time": time,
        "content": content,
        "community_id": f"c{time % 3}",
        "detectors": ("many", "most"),
        "stale": False,
    }
    return Posting(**(fields | more))


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """Postings of a few users, some late, some sent again by an owner that crashed."""
    log, sent, time = list[Record](), dict[str, list[Record]](), 0
    for number in range(draw(st.integers(0, 30))):
        time += draw(st.sampled_from([0, 1, 3, 9, 25, 70]))
        home = draw(st.sampled_from(["interactions:0", "interactions:1"]))
        before = sent.setdefault(home, [])
        if before and draw(st.integers(0, 5)) == 0:  # from any earlier record on, in order
            log += before[draw(st.integers(0, len(before) - 1)) :]
        user = f"{draw(st.sampled_from('ab'))}{home[-1]}"
        at = time - draw(st.sampled_from([0, 0, 1, 9, 30]))
        chosen = draw(st.sampled_from([("many",), ("most",), ("many", "most"), ("gone",)]))
        what: Posting | Forget = posting(
            user, at, draw(st.integers(1, 2)), id=f"e{number}", detectors=chosen
        )
        if draw(st.integers(0, 8)) == 0:
            what = Forget(user)
        before.append((what, (home, len(before))))
        log.append(before[-1])
    return log


@dataclass
class Receiver:
    """The partitions of users: what they accept of what they are sent, and in which order."""

    highest: dict[int, int] = field(default_factory=dict)
    accepted: list[tuple[int, int, Copied]] = field(default_factory=list)

    def take(self, found: list[Found]) -> None:
        for home, number, copied in found:
            if number > self.highest.get(home, -1):
                self.highest[home] = number
                self.accepted.append((home, number, copied))


def recompute(log: list[Record]) -> list[tuple[str, str, str]]:
    """Detector, user and event of each hit: everything is looked at again for each record."""
    hits, seen, clock = list[tuple[str, str, str]](), dict[str, int](), -1
    posts = list[tuple[str, Posting]]()
    for what, (place, number) in log:
        if number <= seen.get(place, -1):
            continue
        seen[place] = number
        if isinstance(what, Forget):
            posts = [(d, p) for d, p in posts if p.user_id != what.user_id]
            continue
        clock = max(clock, what.time)
        for name in what.detectors:
            if name not in RULES:
                continue
            posts.append((name, what))
            rule = RULES[name]
            same = [p for d, p in posts if d == name and p.content == what.content]
            start = max(max(p.time for p in same) - rule.within, clock - 2 * rule.within)
            latest = {p.user_id: p for p in sorted(same, key=order) if p.time > start}
            if what.time > start and len(latest) >= rule.users:
                others = sorted(latest.values(), key=order)
                found = [(name, p.user_id, p.id) for p in (what, *others)]
                hits += [hit for n, hit in enumerate(found) if hit not in hits + found[:n]]
    return hits


def order(post: Posting) -> tuple[int, str, str]:
    return post.time, post.source, post.id


@settings(max_examples=150, deadline=None)
@given(logs())
def test_hits_are_those_of_a_recomputation(log: list[Record]) -> None:
    """Each once, in the order of the log; the user's own post is named."""
    contents, receiver = Contents(RULES), Receiver()
    for offset, (what, origin) in enumerate(log):
        receiver.take(contents.apply(offset, what, origin))
    found = [(c.detector, c.user_id, c.id) for _, _, c in receiver.accepted]
    assert found == recompute(log)
    assert all(home == int(c.user_id[1:]) for home, _, c in receiver.accepted)


@dataclass
class Store:
    """The changelog: rows, and the last checkpoint record."""

    rows: dict[str, bytes | None] = field(default_factory=dict)
    position: int = 0
    clock: int = -1
    origins: dict[str, int] = field(default_factory=dict)

    def restore(self) -> Contents:
        contents = Contents(RULES)
        for key, row in self.rows.items():
            contents.load(key, row)
        contents.loaded()
        contents.clock = self.clock
        contents.origins.update(self.origins)
        return contents


@settings(max_examples=200, deadline=None)
@given(logs(), st.data())
def test_a_crash_anywhere_changes_nothing_that_users_hear(
    log: list[Record], data: st.DataObject
) -> None:
    """Also in the middle of a checkpoint, when some rows are newer than its record."""
    straight = Receiver()
    contents = Contents(RULES)
    for offset, (what, origin) in enumerate(log):
        straight.take(contents.apply(offset, what, origin))

    store, receiver, offset, crashes = Store(), Receiver(), 0, 0
    contents = store.restore()
    while offset < len(log):
        what, origin = log[offset]
        receiver.take(contents.apply(offset, what, origin))
        offset += 1
        match data.draw(st.sampled_from(["go on", "checkpoint", "torn", "crash"])):
            case "checkpoint":
                contents.forget_rows(store.position)
                store.rows |= dict(contents.take_dirty())
                store.position, store.clock = offset, contents.clock
                store.origins = dict(contents.origins)
            case "torn" if crashes < 4:
                contents.forget_rows(store.position)
                rows = contents.take_dirty()
                store.rows |= dict(rows[: data.draw(st.integers(0, len(rows)))])
                contents, offset, crashes = store.restore(), store.position, crashes + 1
            case "crash" if crashes < 4:
                contents, offset, crashes = store.restore(), store.position, crashes + 1
    by_home = [
        [[one for one in it.accepted if one[0] == home] for home in (0, 1)]
        for it in (straight, receiver)
    ]
    assert by_home[0] == by_home[1]


def test_rows_go_when_their_time_has_passed_and_nobody_reads_their_records_again() -> None:
    contents = Contents(RULES)
    contents.apply(0, posting("a0", 0), ("interactions:0", 0))
    contents.apply(1, posting("a1", 41, content=2), ("interactions:1", 0))
    contents.forget_rows(0)  # of both detectors the time has passed, but record 0 may come again
    assert len(contents) == 4
    contents.forget_rows(1)
    assert len(contents) == 2
    assert [row for _, row in contents.take_dirty()].count(None) == 2


def test_a_forgotten_user_is_in_no_row() -> None:
    contents = Contents(RULES)
    for number, user in enumerate(("ann", "bob")):
        contents.apply(number, posting(user, 5), ("interactions:0", number))
    contents.apply(2, Forget("ann"), ("profiles:0", 0))
    rows = [row or b"" for _, row in contents.take_dirty()]
    assert {(b"ann" in row, b"bob" in row) for row in rows} == {(False, True)}


def test_a_fact_shows_all_who_said_it() -> None:
    contents = Contents(RULES)
    contents.apply(0, posting("a0", 1, detectors=("many",)), ("interactions:0", 0))
    found = contents.apply(
        1, posting("a1", 2, detectors=("many",), stale=True), ("interactions:1", 0)
    )
    mine, other = (one.copied for one in found)
    assert (mine.user_id, other.user_id) == ("a1", "a0")
    assert (other.id, other.time) == ("a0-1", 1)
    for one in (mine, other):
        assert [event.id for event in one.events] == ["a0-1", "a1-2"]
        assert (one.users, one.communities, one.within, one.stale) == (2, 2, 10, True)
        assert one.content == "0000000000000001"


def test_a_row_newer_than_the_checkpoint_record_passes_over_what_it_knows() -> None:
    """Else a post whose user was forgotten since would count again, for a moment."""
    log: list[Record] = [
        (posting("a0", 1), ("interactions:0", 0)),
        (posting("b0", 2), ("interactions:0", 1)),
        (Forget("b0"), ("profiles:0", 0)),
        (posting("c0", 3), ("interactions:0", 2)),
    ]
    log = [(w if isinstance(w, Forget) else replace(w, detectors=("most",)), o) for w, o in log]
    contents, store = Contents(RULES), Store()
    for offset, (what, origin) in enumerate(log):
        assert contents.apply(offset, what, origin) == []
    store.rows |= dict(contents.take_dirty())  # and dies before the record
    again = store.restore()
    for offset, (what, origin) in enumerate(log):
        assert again.apply(offset, what, origin) == []
