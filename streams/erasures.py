"""Who was erased: for 30 days a hash of the user's id and a time, and after that nothing.

Upstream may still send what is older than the erasure; it must not bring the user back. So it is
dropped here, before there is a row. What is newer makes a new user.

In the changelog the tombstone of the user stands before the marker, and both before the other
rows of a checkpoint: whichever part of a checkpoint was written, no old row stands beside a marker.
"""

from hashlib import blake2b

from schemas.events import Event
from schemas.records import ERASED_KEYS, Erasure, decode_erasure, encode_erasure
from streams.effects import Outcome
from streams.repeats import digest_of

KEPT_MS = 30 * 86_400_000

Place = tuple[int, int]
"""Topic index and offset."""


class Erasures:
    """The markers of one partition. `kept`, by key, soonest forgotten first: seen at events.

    The clock alone says whether a marker still counts, so a replay says the same; `take_dirty`
    removes those that do not.
    """

    def __init__(self) -> None:
        self.kept: dict[str, Erasure] = {}
        self._erased: dict[str, str] = {}  # since the last `take_dirty`: users, and their keys
        self._dirty: set[str] = set()  # keys to be written again

    def add(self, user: str, event: Event, place: Place, clock: int) -> None:
        """The user was erased by the event at this place."""
        self._erased[user] = self._keep(user, event, place, clock)

    def note(self, user: str, event: Event, place: Place, clock: int) -> None:
        """The same, of a user whose row knows it already: only the marker is written again."""
        self._dirty.add(self._keep(user, event, place, clock))

    def _keep(self, user: str, event: Event, place: Place, clock: int) -> str:
        key = key_of(user)
        self.kept.pop(key, None)  # the new one goes to the end
        digest = digest_of(event.source, event.id).hex()
        self.kept[key] = Erasure(event.time, clock + KEPT_MS, place, digest)
        return key

    def judge(self, event: Event, place: Place, clock: int) -> Outcome | None:
        """How an event is passed over because of an erasure; None if it is not.

        The very event that ordered it, seen again in a replay, is to be obeyed again.
        """
        erasure = self.kept.get(key_of(event.user_id))
        if erasure is None or clock >= erasure.until:
            return None
        if event.time < erasure.time:
            return "late"
        is_order = event.type == "erase" and place != erasure.place
        if is_order and digest_of(event.source, event.id).hex() == erasure.mark:
            return "duplicate"
        return None

    def take_dirty(self, clock: int) -> list[tuple[str, bytes | None]]:
        """Records to write before the rows, None for a tombstone; what is over is forgotten."""
        records: list[tuple[str, bytes | None]] = []
        for user, key in self._erased.items():
            records += [(user, None), (key, encode_erasure(self.kept[key]))]
        for key in sorted(self._dirty.difference(self._erased.values())):
            erasure = self.kept.get(key)
            records.append((key, encode_erasure(erasure) if erasure else None))
        self._erased.clear()
        self._dirty.clear()
        return records + [(key, None) for key in self._forget(clock)]

    def load(self, key: str, body: bytes | None) -> None:
        """Restore one marker; a later one of the same key replaces it."""
        self.kept.pop(key, None)
        if body:
            self.kept[key] = decode_erasure(body)

    def loaded(self) -> None:
        """All markers are restored: put them in order."""
        first_over = sorted(self.kept.items(), key=lambda kept: kept[1].until)
        self.kept.clear()
        self.kept.update(first_over)

    def mark_dirty(self, key: str) -> None:
        """The marker must be written again."""
        self._dirty.add(key)

    def _forget(self, clock: int) -> list[str]:
        over: list[str] = []
        for key, erasure in self.kept.items():
            if clock < erasure.until:
                break
            over.append(key)
        for key in over:
            del self.kept[key]
        return over


def key_of(user: str) -> str:
    """The key of a user's marker, which does not tell the user.

    >>> key_of("u1")[1:]
    'erased:53199585bddea28e67fe7143a42baef7'
    """
    return ERASED_KEYS + blake2b(user.encode(), digest_size=16).hexdigest()
