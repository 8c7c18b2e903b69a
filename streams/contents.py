"""Who said the same: the state of one partition of contents, and what it finds.

For each detector and content the latest post of each user is kept, at most 256, if it lies in the
span `(newest - within, newest]`. When as many users as the detector asks for are there, all that
are kept are hits of their users, and every later one at once: each post once.

The clock is the largest time of a posting; posts `2 * within` or more behind it are as if they
had never been, whether their row is still there or not. All is a function of the records of
the partition, in order: applied again, the same records give the same facts under the same
numbers, and those who were told know them by that (docs/decisions/0013).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any, NamedTuple

import msgspec

from schemas.alerts import MOST_EVENTS, Evidence, evidence_of
from schemas.postings import STRIDE, Copied, Forget, Posting
from streams.catalogue.model import Catalogue
from streams.detectors.kind import ASKS, Hit

MOST_USERS = 256
_SEPARATOR = ":"


class Rule(NamedTuple):
    """How many users within how long (ms)."""

    users: int
    within: int


class Post(msgspec.Struct, array_like=True, gc=False):
    """The latest post of a user. `home`: the partition of the user; `told`: it was a hit."""

    time: int
    source: str
    id: str
    user_id: str
    home: int
    community_id: str | None
    told: bool = False

    @property
    def order(self) -> tuple[int, str, str]:
        """By time, ties as everywhere."""
        return self.time, self.source, self.id


class Row(msgspec.Struct, array_like=True):
    """The posts of one content, in order; `offset`: the last record that changed them."""

    offset: int = -1
    posts: list[Post] = []


class Found(NamedTuple):
    """A fact for a user's partition, with the number that it is known by."""

    home: int
    number: int
    copied: Copied


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Row).decode


def rules_of(catalogue: Catalogue) -> dict[str, Rule]:
    """The detectors that look across users; none, and there is nothing to keep."""
    return {
        name: Rule(int(detector.parameters["users"]), int(detector.parameters["within"]))
        for name, detector in catalogue.detectors.items()
        if "users" in detector.parameters
    }


@dataclass(slots=True)
class Contents:
    """One partition. Rows, `clock` and `origins` are all the state: keep them together.

    `origins`: the highest applied offset of each partition that sends postings. A row whose posts
    are all gone stays, empty, until `forget_rows` says that nobody will apply its records again.
    """

    rules: Mapping[str, Rule]
    clock: int
    origins: dict[str, int]
    _rows: dict[str, bytes]
    _dirty: set[str]
    _ends: list[tuple[int, str]]  # when a row may be looked at: then its posts may all be gone

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self.rules, self.clock, self.origins = rules, -1, {}
        self._rows, self._dirty, self._ends = {}, set(), []

    def __len__(self) -> int:
        return len(self._rows)

    # -- what comes

    def apply(self, offset: int, what: Posting | Forget, origin: tuple[str, int]) -> list[Found]:
        """Take in the record at this offset; `origin`: where it came from, ("topic:p", offset)."""
        place, number = origin
        if number <= self.origins.get(place, -1):
            return []
        self.origins[place] = number
        if isinstance(what, Forget):
            self._forget(offset, what.user_id)
            return []
        self.clock = max(self.clock, what.time)
        home, found = int(place.rpartition(":")[2]), list[Found]()
        for detector in what.detectors:
            rule = self.rules.get(detector)
            if rule is not None:  # else the catalogue has changed
                first = offset * STRIDE + len(found)
                found += self._post(offset, detector, rule, what, home, first)
        return found

    def _post(
        self, offset: int, detector: str, rule: Rule, posting: Posting, home: int, first: int
    ) -> list[Found]:
        key = f"{detector}{_SEPARATOR}{posting.key.decode()}"
        row = self._row(key)
        if offset <= row.offset:
            return []
        row.offset = offset
        name = (posting.time, posting.source, posting.id, posting.user_id)
        post = Post(*name, home, posting.community_id)
        told = take(row.posts, post, rule, self.clock - 2 * rule.within)
        self._keep(key, row, rule)
        what = [told_of(row.posts, one, detector, rule, posting) for one in told]
        pairs = enumerate(zip(told, what, strict=True), first)
        return [Found(one.home, number, copied) for number, (one, copied) in pairs]

    def _forget(self, offset: int, user: str) -> None:
        """All rows are looked at: it is rare, and an index would cost every posting."""
        for key, packed in list(self._rows.items()):
            if user.encode() not in packed:
                continue
            row = _decode(packed)
            posts = [post for post in row.posts if post.user_id != user]
            if offset > row.offset and len(posts) < len(row.posts):
                self._rows[key] = _encode(Row(offset, posts))
                self._dirty.add(key)

    # -- rows

    def _row(self, key: str) -> Row:
        packed = self._rows.get(key)
        return Row(-1, []) if packed is None else _decode(packed)

    def _keep(self, key: str, row: Row, rule: Rule) -> None:
        if key not in self._rows and row.posts:
            heappush(self._ends, (row.posts[-1].time + 2 * rule.within, key))
        elif key not in self._rows:
            heappush(self._ends, (self.clock, key))
        self._rows[key] = _encode(row)
        self._dirty.add(key)

    def forget_rows(self, before: int) -> None:
        """Drop rows without posts whose last record is before this offset of a checkpoint."""
        later = list[tuple[int, str]]()
        while self._ends and self._ends[0][0] <= self.clock:
            _, key = heappop(self._ends)
            row, rule = self._row(key), self.rules.get(key.partition(_SEPARATOR)[0])
            end = row.posts[-1].time + 2 * rule.within if rule and row.posts else -1
            if end > self.clock:
                later.append((end, key))
            elif row.offset < before:
                del self._rows[key]
                self._dirty.add(key)
            else:
                later.append((self.clock, key))
        for one in later:
            heappush(self._ends, one)

    def take_dirty(self) -> list[tuple[str, bytes | None]]:
        """Rows changed since the last call; None where one is gone."""
        rows = [(key, self._rows.get(key)) for key in sorted(self._dirty)]
        self._dirty.clear()
        return rows

    def load(self, key: str, row: bytes | None) -> None:
        """Restore one row; a later one of the same key replaces it. `loaded` ends restoring."""
        if row is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = row

    def loaded(self) -> None:
        """All rows are restored."""
        self._ends = [(-1, key) for key in self._rows]  # equal: a heap already

    def mark_dirty(self, key: str) -> None:
        """The row must be written again."""
        self._dirty.add(key)


def take(posts: list[Post], post: Post, rule: Rule, long_past: int) -> list[Post]:
    """Take a post in; which posts are hits now.

    >>> rule, kept = Rule(users=2, within=10), []
    >>> came = ((0, "a"), (5, "a"), (6, "b"), (7, "b"), (30, "a"))
    >>> [[one.time for one in take(kept, Post(t, "app", "", user, 0, None), rule, -99)]
    ...  for t, user in came]
    [[], [], [6, 5], [7], []]
    """
    before = max((one.time for one in (*posts, post)), default=0) - rule.within
    posts[:] = [one for one in posts if one.time > max(before, long_past)]
    if post.time <= max(before, long_past):
        return []
    _keep_latest(posts, post)
    if len({one.user_id for one in posts}) < rule.users:
        return []
    hits = [post, *(one for one in posts if not one.told and one is not post)]
    for one in hits:
        one.told = True
    return hits


def _keep_latest(posts: list[Post], post: Post) -> None:
    """Put a post in its place, unless there is a later one of its user."""
    for place, other in enumerate(posts):
        if other.user_id == post.user_id:
            if other.order >= post.order:
                return
            del posts[place]
            break
    place = len(posts)
    while place and posts[place - 1].order > post.order:
        place -= 1
    posts.insert(place, post)
    del posts[:-MOST_USERS]


def posting_of(hits: Iterable[Hit], detectors: tuple[str, ...], *, stale: bool) -> Posting:
    """What the users' side asks about an event: the first of these hits that asks has it."""
    asked = next(hit.evidence for hit in hits if hit.suppressed == ASKS)
    event: Any = asked["event"]
    content: Any = asked["content"]
    what = (event.user_id, event.source, event.id, event.time, content, event.community_id)
    return Posting(*what, detectors, stale)


def evidence_across(copied: Copied) -> dict[str, object]:
    """The latest posts of all users, how many users and communities, the hash of the content."""
    return evidence_of(
        copied.events,
        users=copied.users,
        communities=copied.communities,
        within=copied.within,
        content=copied.content,
    )


def told_of(posts: list[Post], post: Post, detector: str, rule: Rule, completed: Posting) -> Copied:
    """What the user of a post is told."""
    return Copied(
        id=post.id,
        source=post.source,
        user_id=post.user_id,
        time=post.time,
        detector=detector,
        content=completed.key.decode(),
        users=len(posts),
        communities=len({one.community_id for one in posts if one.community_id is not None}),
        within=rule.within,
        events=[Evidence(one.source, one.id, one.time) for one in posts[-MOST_EVENTS:]],
        stale=completed.stale,
    )
