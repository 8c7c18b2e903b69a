"""What the hashes of tags and explanations are made of: the bytes of each tag, and what is fixed.

Part of `footprint`, which says what Redis takes; this says what of it is text that somebody chose
(names, values, rules) and what no catalogue can change: the frame that the formats put around each
tag, and what Redis keeps for itself.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from agents.redis.arguments import Shown
from schemas.changes import encode_value
from streams.effects import TagState

VALUE_FRAME = len(b'{"value":,"since":1748793600000,"seq":1000000}')
WHY_FRAME = len(b'{"rule":"","measures":{}}')

Tags = Mapping[str, TagState]


@dataclass(frozen=True, slots=True)
class TagRoom:
    """One tag: the share of users who have it, and its mean bytes in both hashes where it is."""

    tag: str
    share: float
    value: float
    why: float

    @property
    def a_user(self) -> float:
        """Bytes by all users, its name in both hashes included."""
        return self.share * (self.value + self.why + 2 * len(self.tag))


def by_tag(users: Collection[Tags], seq: int) -> list[TagRoom]:
    """Return what each tag takes, the largest first; `seq` as the hashes show it."""
    have, value, why = Counter[str](), Counter[str](), Counter[str]()
    for tags in users:
        for tag, state in tags.items():
            have[tag] += 1
            value[tag] += len(encode_value(Shown(state.value, state.since, seq)))
            why[tag] += len(encode_value(state.why))
    rooms = [
        TagRoom(tag, count / len(users), value[tag] / count, why[tag] / count)
        for tag, count in have.items()
    ]
    return sorted(rooms, key=lambda room: room.a_user, reverse=True)


def made_of(rooms: Collection[TagRoom], redis_a_user: float) -> dict[str, float]:
    """Return the bytes of a user by what they are for; together they are what Redis takes.

    >>> for part, size in made_of([TagRoom("silent", 0.5, value=50, why=55)], 100).items():
    ...     print(part, size)
    names of tags, in both hashes 6.0
    values: the frame of since and seq 23.0
    values: what the tag says 2.0
    why: the frame of rule and measures 12.5
    why: rules and measures 15.0
    Redis' own: keys, entries, rounding 41.5
    """
    tags = sum(room.share for room in rooms)
    parts = {
        "names of tags, in both hashes": sum(2 * len(room.tag) * room.share for room in rooms),
        "values: the frame of since and seq": tags * VALUE_FRAME,
        "values: what the tag says": sum((r.value - VALUE_FRAME) * r.share for r in rooms),
        "why: the frame of rule and measures": tags * WHY_FRAME,
        "why: rules and measures": sum((r.why - WHY_FRAME) * r.share for r in rooms),
    }
    return parts | {"Redis' own: keys, entries, rounding": redis_a_user - sum(parts.values())}
