"""How lively a community is: counts of its members that add up over users and partitions.

A user stands in a community as a member (as the catalogue's set of communities says), as one who
spoke there within the week, and with the posts of the week. What a user counts for is a function
of their state alone, so the counts of a partition are the sum over its users: whatever changes a
user tells the difference, and nobody ever adds up all users to know the sum.

The week is today and the six days before, in UTC, as a window of 7d with a step of 1d has it. A
post whose words the same user has posted already within the week, wherever, is a repeated one.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from streams.windows import NEVER

DAY = 86_400_000
WEEK = 7  # days
POSTS = ("post", "share")  # what puts something before the whole group
SPEECH = (*POSTS, "comment")
MOST_SAID = 32  # different contents of a user's week that are remembered

Day = tuple[int, int, int]
"""Number of the day, posts, repeated posts among them; a day with comments alone has none."""
Spoken = dict[str, list[Day]]
"""The days of the week on which a user spoke, by community."""
Standing = tuple[int, int, int, int]
"""What a user counts for in one community: member, speaking member, posts, repeated posts."""
Counts = dict[str, dict[str, int]]
"""By community and field: counts, or differences of counts. No field is 0."""

FIELDS = ("members", "speakers", "posts", "repeated")
POSTERS = "posters:"  # `posters:3`: how many users posted three times within the week


def standing(members: Collection[str] | None, spoken: Spoken | None, community: str) -> Standing:
    """What a user counts for in a community.

    >>> standing({"c1": None}, {"c1": [(19_000, 2, 1)]}, "c1"), standing(None, None, "c1")
    ((1, 1, 2, 1), (0, 0, 0, 0))
    """
    member = 1 if members is not None and community in members else 0
    days = None if spoken is None else spoken.get(community)
    if days is None:
        return member, 0, 0, 0
    posts = repeated = 0
    for day in days:
        posts += day[1]
        repeated += day[2]
    return member, member, posts, repeated


def counts_of(members: Collection[str] | None, spoken: Spoken | None) -> Counts:
    """Everything that a user counts for."""
    counts: Counts = {}
    for community in {*(members or ()), *(spoken or ())}:
        move(counts, community, (0, 0, 0, 0), standing(members, spoken, community))
    return counts


def move(counts: Counts, community: str, before: Standing, after: Standing) -> None:
    """Note the difference that a user made.

    >>> counts = {}
    >>> move(counts, "c1", (1, 0, 0, 0), (1, 1, 1, 0))
    >>> counts
    {'c1': {'speakers': 1, 'posts': 1, 'posters:1': 1}}
    """
    if before == after:
        return
    fields = counts.setdefault(community, {})
    for field, was, now in zip(FIELDS, before, after, strict=True):
        if now != was:
            _add(fields, field, now - was)
    if before[2] != after[2]:
        if before[2]:
            _add(fields, f"{POSTERS}{before[2]}", -1)
        if after[2]:
            _add(fields, f"{POSTERS}{after[2]}", 1)


def add(counts: Counts, more: Mapping[str, Mapping[str, int]], times: int = 1) -> None:
    """Add counts to counts; with `times` -1 take them away.

    >>> counts = {"c1": {"members": 1}}
    >>> add(counts, {"c1": {"members": 1, "posts": 2}}, times=-1)
    >>> counts
    {'c1': {'posts': -2}}
    """
    for community, fields in more.items():
        held = counts.setdefault(community, {})
        for field, number in fields.items():
            _add(held, field, times * number)


def _add(fields: dict[str, int], field: str, by: int) -> None:
    number = fields.get(field, 0) + by
    if number:
        fields[field] = number
    else:
        fields.pop(field, None)


# -- what the generated code calls; `s` is the user's state, `at` the clock


def speak(s: Any, community: str, time: int, at: int, posts: int = 0, repeated: int = 0) -> int:
    """Take in what was said; when its day leaves the week, NEVER if it has already."""
    day = time // DAY
    if day <= at // DAY - WEEK:
        return NEVER
    if s.spoken is None:
        s.spoken = {}
    days: list[Day] | None = s.spoken.get(community)
    if days is None:
        s.spoken[community] = [(day, posts, repeated)]
        return (day + WEEK) * DAY
    for place, (other, held, again) in enumerate(days):
        if other == day:
            if posts:
                days[place] = (day, held + posts, again + repeated)
            break
    else:
        days.append((day, posts, repeated))
    return (day + WEEK) * DAY


def comment(
    s: Any, members: Collection[str] | None, community: str, time: int, at: int, counts: Counts
) -> int:
    """The same of a comment, with its count: all that it can bring is one more who spoke."""
    spoken, day = s.spoken, time // DAY
    if spoken is not None and (days := spoken.get(community)) is not None:
        if days[-1][0] == day and day > at // DAY - WEEK:  # most often: again on the same day
            return (day + WEEK) * DAY
        return speak(s, community, time, at)
    due = speak(s, community, time, at)
    if due != NEVER and members is not None and community in members:
        move(counts, community, (1, 0, 0, 0), (1, 1, 0, 0))
    return due


def post(s: Any, community: str, time: int, at: int, content: int | None) -> int:
    """The same of a post; `content` is the hash of its words, None if it has none."""
    day = time // DAY
    if day <= at // DAY - WEEK:
        return NEVER
    if s.said is None:
        s.said = []
    repeated = content is not None and _was_said(s.said, day, content, at // DAY - WEEK)
    return speak(s, community, time, at, 1, 1 if repeated else 0)


def _was_said(said: list[tuple[int, int]], day: int, content: int, last: int) -> bool:
    """Whether these words are remembered from after the day `last`; from now on they are.

    Of the day that leaves at this very instant some are still there: an event goes before it.
    """
    for place, (other, words) in enumerate(said):
        if words == content:
            said[place] = (max(other, day), content)
            return other > last
    said.append((day, content))
    del said[:-MOST_SAID]
    return False


def fade(s: Any, members: Collection[str] | None, at: int, counts: Counts) -> int:
    """Forget the days that have left the week; when the next one does, NEVER if none is left."""
    last, spoken = at // DAY - WEEK, s.spoken
    first = min(day[0] for days in spoken.values() for day in days)
    if first > last:
        return int((first + WEEK) * DAY)
    for community in list(spoken):
        before = standing(members, spoken, community)
        kept = [day for day in spoken[community] if day[0] > last]
        if kept:
            spoken[community] = kept
        else:
            del spoken[community]
        move(counts, community, before, standing(members, spoken, community))
    s.said = [words for words in s.said or () if words[0] > last] or None
    if not spoken:
        s.spoken = None
        return NEVER
    return int((min(day[0] for days in spoken.values() for day in days) + WEEK) * DAY)


def crowd(members: Collection[str] | None, most: int) -> frozenset[str]:
    """The members of a full set, of whom a new one may push another out; else nobody."""
    return frozenset(members) if members is not None and len(members) >= most else frozenset()


def recount(
    counts: Counts,
    members: Collection[str] | None,
    spoken: Spoken | None,
    community: str,
    before: Standing,
    pushed: Iterable[str] = (),
) -> None:
    """Note what an event changed in its community, and in those `pushed` out of a full set."""
    move(counts, community, before, standing(members, spoken, community))
    for other in pushed:
        if other != community and (members is None or other not in members):
            after = standing(members, spoken, other)
            speaks = 1 if spoken is not None and other in spoken else 0
            move(counts, other, (1, speaks, *after[2:]), after)
