"""Users with their explanations: what a sweep reads, and the `why` hashes of the same instant."""

from collections.abc import Mapping, Sequence

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from agents.redis.keys import Keys
from agents.redis.server import Entries, Meta, Reading
from agents.redis.tags import Fields, tags_in
from schemas.changes import Why

UNREADABLE = "(not readable)"


class _Rule(Struct, frozen=True, gc=False):
    rule: str


_decode_rule = Decoder(_Rule).decode
_decode_why = Decoder(Why).decode


class Explained:
    """A `Reading` of one partition that also reads `why` hashes, and survives damaged ones.

    `whys`: of the users of the last `read`, at its very instant. `known`: everybody whose `why`
    hash a scan has found, so that one without a user is found too. `careful`: a tag that cannot
    be decoded is left out of what is read, as if it were not there; set it after a MsgspecError.
    """

    def __init__(self, server: Reading, keys: Keys, partition: int) -> None:
        self._server, self._keys, self._partition = server, keys, partition
        self.whys: Mapping[str, Fields] = {}
        self.known = set[str]()
        self.careful = False

    async def metas(self, partitions: Sequence[int]) -> Mapping[int, Meta]:
        """See Reading."""
        return await self._server.metas(partitions)

    async def wait(
        self, after: Mapping[str, int], block_ms: int | None
    ) -> Sequence[tuple[str, Entries]]:
        """See Reading."""
        return await self._server.wait(after, block_ms)

    async def span(self, stream: str, after: int, until: int) -> Entries:
        """See Reading."""
        return await self._server.span(stream, after, until)

    async def identity(self) -> str | None:
        """See Reading."""
        return await self._server.identity()

    async def scan(self, cursor: int, match: str) -> tuple[int, Sequence[bytes]]:
        """Return the keys of users as asked for; those of `why` hashes are noted beside."""
        del match  # of users alone: the same SCAN brings both
        mine = self._keys.partition(self._partition)
        cursor, found = await self._server.scan(cursor, f"{mine}:[uw][sh][ey]*:*")
        user, why = f"{mine}:user:".encode(), f"{mine}:why:".encode()
        self.known.update(key[len(why) :].decode() for key in found if key.startswith(why))
        return cursor, [key for key in found if key.startswith(user)]

    async def read(
        self, partitions: Sequence[int], keys: Sequence[bytes]
    ) -> tuple[Mapping[int, Meta], Sequence[Fields]]:
        """See Reading."""
        users = [self._keys.user_of(key)[1] for key in keys]
        whys = [self._keys.why(self._partition, user).encode() for user in users]
        metas, found = await self._server.read(partitions, [*keys, *whys])
        self.whys = dict(zip(users, found[len(keys) :], strict=True))
        tags = found[: len(keys)]
        return metas, [_tags_alone(fields) for fields in tags] if self.careful else tags


def rule_in(raw: bytes) -> str:
    """The rule that a `why` names; its figures are not looked at."""
    try:
        return _decode_rule(raw).rule
    except MsgspecError:
        return UNREADABLE


def why_in(raw: bytes) -> Why:
    """All of it."""
    try:
        return _decode_why(raw)
    except MsgspecError:
        return Why(UNREADABLE, {})


def _tags_alone(fields: Fields) -> Fields:
    return {name: raw for name, raw in fields.items() if _is_tag(name, raw)}


def _is_tag(name: bytes, raw: bytes) -> bool:
    try:
        return bool(tags_in({name: raw}))
    except MsgspecError:
        return False
