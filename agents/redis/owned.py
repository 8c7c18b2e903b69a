"""What readers see of a partition, asked by its owner: to compare it with what should be there."""

from collections.abc import Mapping, Sequence

import msgspec

from agents.redis import lua
from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.session import Lost, Session
from schemas.changes import TagValue
from streams.communities import Counts


class _Seen(msgspec.Struct, frozen=True):
    """A tag in the hash of its user, as far as it says what is so, and since when."""

    value: TagValue
    since: int


_decode = msgspec.json.Decoder(_Seen).decode


class Owned:
    """Nobody else writes it, so what it says stays so until we write. All raise Lost."""

    def __init__(self, fenced: Fenced, keys: Keys) -> None:
        self._fenced, self._keys = fenced, keys

    async def users(
        self, session: Session, users: Sequence[str]
    ) -> list[Mapping[str, tuple[TagValue, int]]]:
        """Value and since of all tags of these users."""
        keys = [self._keys.partition_meta(session.partition)]
        arguments = [self._keys.partition(session.partition), *users]
        answer = await self._fenced.answer(session, lua.SHOW_USERS, keys, arguments)
        if isinstance(answer, bytes):
            raise Lost(f"partition {session.partition}: {answer.decode()}")
        return [_tags(fields) for fields in answer]

    async def communities(self, session: Session) -> Counts:
        """The counts of all communities."""
        p, counts = session.partition, Counts()
        pages = self._fenced.pages(session, ("SSCAN", self._keys.communities(p)))
        for community in {name.decode() async for page in pages for name in page}:
            hash_ = self._keys.community(p, community)
            fields = await self._fenced.command(session, "HGETALL", hash_)
            numbers = zip(fields[::2], fields[1::2], strict=True)
            counts[community] = {field.decode(): int(number) for field, number in numbers}
        return counts


def _tags(fields: Sequence[bytes]) -> Mapping[str, tuple[TagValue, int]]:
    """The hash of a user: names and values in turn."""
    tags = zip(fields[::2], map(_decode, fields[1::2]), strict=True)
    return {name.decode(): (seen.value, seen.since) for name, seen in tags}
