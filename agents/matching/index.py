"""All partitions' users by their tags, kept by the news that `TagClient.follow` tells."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import uuid4

from pyroaring import BitMap

from agents.errors import WrongUse
from agents.matching.query import Query
from agents.matching.shard import Levels, Names, Shard
from agents.redis.news import Begin, Change, End, News, Part


class WrongCursor(WrongUse):
    """A cursor that this index did not give."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer: how many users there are in all, some of them, and where the next ones begin.

    `cursor` is None on the last page.
    """

    count: int
    users: Sequence[str]
    cursor: str | None


class MatchIndex:
    """Answers queries from memory; while a snapshot is under way, from what was known before."""

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._whole: dict[int, Shard] = {}  # by partition
        self._coming: dict[int, Shard] = {}  # of snapshots that are not through
        self._token = uuid4().hex[:8]  # in cursors: numbers of users mean nothing elsewhere

    def apply(self, news: News) -> None:
        """Take the next news."""
        match news:
            case Begin(partition):
                self._begin(partition)
            case Part(partition, changes, users):
                shard = self._coming[partition]
                for change in changes:
                    shard.change(change)
                for user_id, tags in users.items():
                    shard.replace(user_id, tags)
            case End(partition):
                self._end(partition)
            case Change(partition, _, change):
                shard = self._whole[partition]
                shard.change(change)
                if not shard.knows(change.user_id):
                    shard.names.forget(change.user_id)

    def _begin(self, partition: int) -> None:
        """Numbers stay as they are: cursors go on to be right, and names are not kept twice."""
        known = self._whole.get(partition) or self._coming.get(partition)
        self._coming[partition] = Shard(known.names if known else Names(), self._levels)

    def _end(self, partition: int) -> None:
        shard = self._coming.pop(partition)
        shard.names.keep(shard.everyone)
        shard.pack()
        self._whole[partition] = shard

    @property
    def users(self) -> int:
        """How many users have a tag."""
        return sum(len(shard.everyone) for shard in self._whole.values())

    def is_whole(self, partitions: int) -> bool:
        """Whether each partition was told to its end once."""
        return len(self._whole) == partitions

    def tags(self) -> set[str]:
        """Return the names of the tags that anybody has."""
        return {tag for shard in self._whole.values() for tag in shard.tags()}

    def distribution(self, tag: str) -> Counter[str]:
        """Return how many users have each value of a tag; with levels, prefixes are values too."""
        found = Counter[str]()
        for shard in self._whole.values():
            found.update(dict(shard.counts(tag)))
        return found

    def match(self, query: Query, limit: int = 100, cursor: str | None = None) -> Page:
        """Return who is found: the exact number, and `limit` users behind the cursor.

        Raises WrongCursor. Users who come and go between two pages may be missed, nobody comes
        twice.
        """
        partition, number = self._place(cursor)
        count, users, following = 0, list[str](), None
        for p, shard in sorted(self._whole.items()):
            found = shard.find(query)
            count += len(found)
            if p < partition or len(users) > limit:
                continue
            for one in _from(found, number if p == partition else 0, limit + 1 - len(users)):
                users.append(shard.names.user(one))
                if len(users) == limit + 1:
                    following = self._cursor(p, one)
        return Page(count, users[:limit], following)

    def _cursor(self, partition: int, number: int) -> str:
        return urlsafe_b64encode(f"{self._token}.{partition}.{number}".encode()).decode()

    def _place(self, cursor: str | None) -> tuple[int, int]:
        if cursor is None:
            return 0, 0
        try:
            token, partition, number = urlsafe_b64decode(cursor.encode()).decode().split(".")
            if token == self._token:
                return int(partition), int(number)
        except ValueError:
            pass
        raise WrongCursor(
            f"the cursor {cursor!r} is not one of this index (it may have been started anew): "
            "begin without a cursor"
        )


def _from(found: BitMap, number: int, limit: int) -> Sequence[int]:
    return list(islice(found.iter_equal_or_larger(number), limit))
