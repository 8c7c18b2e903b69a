"""An exact snapshot of partitions that never stop changing, by reading alone.

SCAN gives no snapshot: it takes its time, and meanwhile tags change, users come and users go.
What makes it exact all the same is that Redis answers a transaction at one instant, and that the
stream has every change, numbered without a hole:

1. Read `seq` of the partition: the position T. Only then begin the SCAN.
2. For each page of keys, one transaction reads the meta and the hashes of these users: they are
   all as they were at change m, the `seq` in that meta.
3. Read the changes in (T, m] from the stream and pass them on, then the users of the page as a
   replacement of whatever was known of them. T becomes m. Back to 2, until SCAN is through.

At every moment each user that was passed on is exact at T: a user of this page because of the
transaction, a user of an earlier page because every change of theirs since was passed on. There is
nothing left to compare by seq, and nothing to remember but T.

A user that SCAN never returned: SCAN returns every key that exists from its beginning to its end,
so this one did not exist at some instant x. The changes since step 1 were passed on, and the reader
applies them to nothing. What they say up to x is "no tag": each tag of that user that was set
before x was removed again by x. From x on they say exactly what happened. So at the end the user
is exact, too; and so is one who was erased meanwhile.

All of this holds within one run: hashes change by changes alone. So each transaction also reads
`run` and `building`, they are read again after the stream (runs never come back: what lies in
between was of that run), and whenever they differ, or the stream no longer has all of (T, m], the
snapshot begins again. It also does if the server is another one at the end than at the beginning: a
cursor of SCAN means nothing to a restarted server or to another one of a cluster.
"""

from collections.abc import Mapping, Sequence

from agents.redis.keys import Keys
from agents.redis.news import End, News, Part, Position, Reason
from agents.redis.server import Meta, Reading
from agents.redis.tags import Fields, Tags, tags_in
from schemas.changes import TagChange, decode_change


class Interrupted(Exception):  # noqa: N818 - a state of the world, not our error
    """The snapshot of a partition has to begin again."""

    def __init__(self, partition: int, reason: Reason) -> None:
        super().__init__(f"partition {partition}: {reason}")
        self.partition, self.reason = partition, reason


class Sweep:
    """One SCAN over the users of some partitions of a server.

    `at`: how far each partition was told; read before the first step, with the server's `name`.
    A step that raises has changed nothing and may be asked for again, from the same server or
    from one that took its place (which the last step will find out).
    """

    def __init__(self, keys: Keys, at: Mapping[int, Position], name: str) -> None:
        self._keys, self._name = keys, name
        self.at = dict(at)
        self._cursor = 0
        self._match = keys.users(next(iter(at)) if len(at) == 1 else None)
        self.ended = False

    async def step(self, server: Reading) -> list[News]:
        """Return the parts of the next page, at last the ends. Raises Interrupted, AWAY."""
        cursor, found = await server.scan(self._cursor, self._match)
        mine = [key for key in found if self._keys.user_of(key)[0] in self.at]
        news, at = await self._parts(server, mine)
        if cursor == 0:
            if await server.identity() != self._name:
                raise Interrupted(next(iter(at)), "interrupted")
            news += [End(partition, position) for partition, position in at.items()]
        self.at, self._cursor, self.ended = at, cursor, cursor == 0
        return news

    async def look(self, server: Reading, keys: Sequence[bytes]) -> list[News]:
        """Return the parts with these users, as a step would. Raises Interrupted, AWAY."""
        news, self.at = await self._parts(server, keys)
        return news

    async def _parts(
        self, server: Reading, keys: Sequence[bytes]
    ) -> tuple[list[News], dict[int, Position]]:
        """These users, the changes up to them, and the positions that are reached thereby."""
        metas, hashes = await server.read(tuple(self.at), keys)
        self._check_runs(metas)
        pages = self._pages(keys, hashes)
        news: list[News] = [
            Part(partition, await self._changes(server, partition, meta), pages.get(partition, {}))
            for partition, meta in metas.items()
        ]
        self._check_runs(await server.metas(tuple(self.at)))  # then so it was in between
        return news, {p: Position(old.run, metas[p].seq) for p, old in self.at.items()}

    def _check_runs(self, metas: Mapping[int, Meta]) -> None:
        for partition, meta in metas.items():
            if meta.run != self.at[partition].run or meta.building:
                raise Interrupted(partition, "new run")

    def _pages(self, keys: Sequence[bytes], hashes: Sequence[Fields]) -> dict[int, dict[str, Tags]]:
        pages: dict[int, dict[str, Tags]] = {}
        for key, fields in zip(keys, hashes, strict=True):
            partition, user_id = self._keys.user_of(key)
            pages.setdefault(partition, {})[user_id] = tags_in(fields)
        return pages

    async def _changes(self, server: Reading, partition: int, meta: Meta) -> list[TagChange]:
        """Return the changes since the last step, all of them. Raises Interrupted."""
        at = self.at[partition]
        if meta.seq < at.seq:
            raise Interrupted(partition, "lost")
        entries = await server.span(self._keys.changes(partition), at.seq, meta.seq)
        if len(entries) != meta.seq - at.seq:
            raise Interrupted(partition, "trimmed")
        return [decode_change(raw) for _, raw in entries]
