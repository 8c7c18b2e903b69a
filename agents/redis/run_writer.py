"""Writes a partition to Redis anew, under a new run: each step in its turn, and once.

While it lasts, readers are told that the run is being built. A step that arrives late a second
time does nothing, for each carries its number (docs/reliability.md, "steps in turn").
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from agents.redis import lua
from agents.redis.arguments import flat, of_counts, of_positions, of_user
from agents.redis.fenced import Fenced
from agents.redis.keys import Keys
from agents.redis.link import Argument, Script
from agents.session import Session
from streams.communities import Counts
from streams.effects import TagState

_COUNTS_A_CALL = 1_000


class RunWriter:
    """The steps of a new run, as far as they are Redis'. All raise Lost.

    `about`: what every reader must know of this deployment, written again with each new run, for
    a Redis that lost its data has lost that too.
    """

    def __init__(
        self,
        fenced: Fenced,
        keys: Keys,
        topics: Sequence[str],
        about: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._fenced, self._keys, self._topics, self._about = fenced, keys, topics, about

    async def begin_run(self, session: Session, run_seq: int) -> None:
        """A new run 1: the session has its run, seq and alert_seq already."""
        p = session.partition
        keys = [self._keys.partition_meta(p), self._keys.journal(p), self._keys.notify(p)]
        arguments: list[Argument] = [session.run, session.seq, session.alert_seq, run_seq]
        await self._fenced.run(session, lua.BEGIN_RUN, keys, arguments)
        session.step = 1
        if self._about:
            await self._fenced.command(session, "HSET", self._keys.meta, *flat(self._about.items()))

    async def clear_users(self, session: Session) -> None:
        """A new run 1: forgets the hashes of users and communities, in batches."""
        p, keys = session.partition, self._keys
        for kind in (keys.user(p, "*"), keys.why(p, "*"), keys.community(p, "*")):
            async for found in self._fenced.pages(session, ("SCAN",), ("MATCH", kind)):
                if found:
                    await self._step(session, lua.CLEAR_USERS, found)
        await self._step(session, lua.CLEAR_USERS, [keys.communities(p)])

    async def put_users(
        self, session: Session, users: Iterable[tuple[str, Mapping[str, TagState]]]
    ) -> None:
        """A new run 2: writes the hashes of some users anew."""
        prefix = self._keys.partition(session.partition)
        written = flat(of_user(user, tags, session.seq) for user, tags in users)
        await self._step(session, lua.PUT_USERS, [prefix, *written])

    async def put_communities(self, session: Session, counts: Counts) -> None:
        """A new run 2: writes the counts of all communities anew."""
        prefix, moved = self._keys.partition(session.partition), of_counts(counts)
        for first in range(0, len(moved), _COUNTS_A_CALL):
            some = flat(moved[first : first + _COUNTS_A_CALL])
            await self._step(session, lua.PUT_COMMUNITIES, [prefix, *some])

    async def end_run(self, session: Session) -> None:
        """A new run 3: ends the building: positions, clock, server."""
        p = session.partition
        keys = [self._keys.partition_meta(p), self._keys.notify(p)]
        arguments: list[Argument] = [
            *(session.step, session.state.clock, session.server, session.calls + 1),
            *of_positions(self._topics, session.positions),
        ]
        await self._fenced.run(session, lua.END_RUN, keys, arguments)
        session.calls += 1

    async def _step(self, session: Session, script: Script, arguments: Sequence[Argument]) -> None:
        """One numbered step of writing a run: one that arrives late a second time does nothing."""
        keys = [self._keys.partition_meta(session.partition)]
        await self._fenced.run(session, script, keys, [session.step, *arguments])
        session.step += 1
