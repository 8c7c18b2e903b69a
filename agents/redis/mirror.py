"""All tags of all users in memory, kept by following: for small communities, and as an example."""

from collections.abc import Iterator

from agents.redis.news import Begin, Change, End, News, Part, Position
from agents.redis.tags import Tag, Tags
from schemas.changes import TagChange

Users = dict[str, Tags]


class Mirror:
    """What `TagClient.follow` told, put together.

    While a partition's snapshot is not through, the tags that were known before are shown.
    Who follows `after` positions of an earlier life puts back its `whole` first.

    >>> async def watch(client: "TagClient") -> None:
    ...     mirror = Mirror()
    ...     async for news in client.follow():
    ...         mirror.apply(news)
    ...         print(mirror.tags("u1"))
    """

    def __init__(self) -> None:
        self.whole: dict[int, Users] = {}  # by partition
        self.coming: dict[int, Users] = {}  # of snapshots that are not through
        self.positions: dict[int, Position] = {}

    def apply(self, news: News) -> None:
        """Take the next news."""
        match news:
            case Begin(partition):
                self.coming[partition] = {}
            case Part(partition, changes, users):
                coming = self.coming[partition]
                for change in changes:
                    apply_change(coming, change)
                coming.update(users)
            case End(partition, position):
                coming = self.coming.pop(partition)
                self.whole[partition] = {user: tags for user, tags in coming.items() if tags}
                self.positions[partition] = position
            case Change(partition, position, change):
                apply_change(self.whole[partition], change)
                self.positions[partition] = position

    def tags(self, user_id: str) -> Tags | None:
        """Return the tags of a user; None for a user who has none."""
        return next((users[user_id] for users in self.whole.values() if user_id in users), None)

    def users(self) -> Iterator[tuple[str, Tags]]:
        """Yield all users who have tags."""
        for users in self.whole.values():
            yield from users.items()


def apply_change(users: Users, change: TagChange) -> None:
    """Let a change happen to what is known: `apply(before, change) == after`."""
    tags = users.setdefault(change.user_id, {})
    if change.tag is None:
        tags.clear()
    elif change.new is None:
        tags.pop(change.tag, None)
    else:
        tags[change.tag] = Tag(change.new, change.time, change.seq)
    if not tags:
        del users[change.user_id]
