"""Who is next: the index of all deadlines of a partition, in the order (instant, user).

A heap of instants, and for each the users whose deadline it is, sorted when it comes up. Most
deadlines are ends of buckets, which thousands of users share: so the heap stays small, and
noting a deadline is one append. (A heap of pairs touched 30 cold places of memory a pop: 4 us.)

Deletion is lazy: an entry whose user has another deadline by now is dropped when it comes up,
and all at once when they are more than half. A user may stand at an instant twice.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush

from streams.windows import NEVER

_SLACK = 1_000  # below this, a rebuild is not worth its while

Due = tuple[int, str]


class Deadlines:
    """`deadline_of` tells the present deadline of a user, NEVER for none.

    `instants` is for the hot path: nothing is due before its first.
    """

    def __init__(self, deadline_of: Callable[[str], int]) -> None:
        self._deadline_of = deadline_of
        self._timed = 0  # users that have a deadline
        self._entries = 0
        self._users: dict[int, str | list[str]] = {}  # one alone without a list: many are
        self.instants: list[int] = []  # heap of the keys of `_users`
        self._sorted = NEVER  # the instant whose users are sorted, last one first

    def moved(self, user: str, old: int, new: int) -> None:
        """The user's deadline was `old` and is `new`."""
        self._timed += (new != NEVER) - (old != NEVER)
        if new != NEVER:
            self._add(new, user)
            if self._entries > 2 * self._timed + _SLACK:
                self.rebuild([due for due in self._all() if self._deadline_of(due[1]) == due[0]])

    def pop(self, last: Due | tuple[int]) -> Due | None:
        """Take the first deadline if it stands at or before `last`; a 1-tuple excludes it."""
        due = self.first(last)
        if due is not None:
            self._take(due[0])
        return due

    def first(self, last: Due | tuple[int]) -> Due | None:
        """What `pop` would take."""
        while self.instants and self.instants[0] <= last[0]:
            instant = self.instants[0]
            users = self._in_order(instant)
            due = instant, users[-1]
            if due > last:
                return None
            if self._deadline_of(due[1]) == instant:
                return due
            self._take(instant)
        return None

    def _take(self, instant: int) -> None:
        """Drop the last of the users, who are sorted, at this first instant."""
        users = self._users[instant]
        assert isinstance(users, list)
        users.pop()
        self._entries -= 1
        if not users:
            del self._users[heappop(self.instants)]

    def rebuild(self, all_of_them: Iterable[Due]) -> None:
        """Start anew from these, of which every user stands there once."""
        self._users, self._entries, self._sorted = {}, 0, NEVER
        self.instants.clear()
        for instant, user in all_of_them:
            if instant != NEVER:
                self._add(instant, user)
        self._timed = self._entries

    def _add(self, instant: int, user: str) -> None:
        others = self._users.get(instant)
        if others is None:
            self._users[instant] = user
            heappush(self.instants, instant)
        elif isinstance(others, str):
            self._users[instant] = [others, user]
        else:
            others.append(user)
        self._entries += 1
        if instant == self._sorted:
            self._sorted = NEVER

    def _in_order(self, instant: int) -> list[str]:
        users = self._users[instant]
        if isinstance(users, str):
            users = self._users[instant] = [users]
        if self._sorted != instant:
            users.sort(reverse=True)
            self._sorted = instant
        return users

    def _all(self) -> set[Due]:
        every = set[Due]()
        for instant, users in self._users.items():
            every.update((instant, user) for user in ([users] if isinstance(users, str) else users))
        return every
