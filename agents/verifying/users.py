"""Users compared: value and since of each tag, and what explains it.

Workers may run meanwhile. The state is that of one call; every change since then stands
in the change stream, numbered without a hole. So what a user must look like at any moment is
the state and the changes up to it, and what they do look like is read together with the
number of the last change (agents/redis/sweep.py). Nothing is written, no worker is asked.

Of a `why` is compared what is promised: that it is there exactly for the tags that are there,
and the rule that it names (streams/rulebook.py). Its figures are those of the moment of
the change, or of a new run, which no state keeps: only where the change is among those that
were read, all of it must be as the change said.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice

from msgspec import MsgspecError

from agents.redis.explained import Explained, rule_in, why_in
from agents.redis.keys import Keys
from agents.redis.news import News, Part, Position
from agents.redis.server import Reading
from agents.redis.sweep import Sweep
from agents.redis.tags import Fields
from agents.verifying.verdict import Verdict
from schemas.changes import TagChange, TagValue, Why
from streams.engine import Partition
from streams.rulebook import Rulebook

_USERS_A_LOOK = 200

Expected = dict[str, tuple[TagValue, int, str | Why | None]]
"""Value and since of the tags of a user, and what explains each.

A text is what a person said, a Why the one of the change; None: the rule of the catalogue.
"""


class Comparing:
    """Compares one partition's users, at no more than `rate` a second."""

    def __init__(
        self, state: Partition, rules: Rulebook, keys: Keys, verdict: Verdict, rate: float
    ) -> None:
        self._state, self._rules, self._keys = state, rules, keys
        self._verdict, self._rate = verdict, rate
        self._changed: dict[str, Expected] = {}  # since the call that the state is of
        self._seen = set[str]()

    async def run(
        self, server: Reading, position: Position, progress: Callable[[float], None]
    ) -> None:
        """All users in Redis, then those whom the state alone knows. Raises Interrupted.

        `position`: of the state.
        """
        begun, name = time.monotonic(), await server.identity()
        explained = Explained(server, self._keys, self._verdict.partition)
        sweep = Sweep(self._keys, {self._verdict.partition: position}, name or "")
        while not sweep.ended:
            await self._compare(explained, partial(sweep.step, explained))
            await self._pause(begun, progress)
        for keys in self._missing(explained.known):
            await self._compare(explained, partial(sweep.look, explained, keys))
            await self._pause(begun, progress)

    async def _compare(
        self, explained: Explained, ask: Callable[[], Awaitable[Iterable[News]]]
    ) -> None:
        try:
            news = await ask()
        except MsgspecError:  # damaged: what asked has changed nothing and may be asked again
            explained.careful = True
            news = await ask()
        for part in news:
            if isinstance(part, Part):
                for change in part.changes:
                    self._follow(change)
                for user, tags in part.users.items():
                    if user not in self._seen:  # SCAN may bring somebody twice
                        self._seen.add(user)
                        found = {tag: (held.value, held.since) for tag, held in tags.items()}
                        self._compare_user(user, found, explained.whys[user])

    def _compare_user(
        self, user: str, shown: dict[str, tuple[TagValue, int]], whys: Fields
    ) -> None:
        expected = self._expected(user)
        state = {tag: (value, since) for tag, (value, since, _) in expected.items()}
        self._verdict.add(user, state, shown)
        names = {tag: tag.encode() for tag in expected}
        for tag, (value, _, because) in expected.items():
            self._compare_why(user, tag, value, because, whys.get(names[tag]))
        for name in sorted(whys.keys() - names.values()):
            self._verdict.add_why(user, name.decode(), None, rule_in(whys[name]))

    def _compare_why(
        self, user: str, tag: str, value: TagValue, because: str | Why | None, raw: bytes | None
    ) -> None:
        if isinstance(because, Why):
            found = None if raw is None else why_in(raw)
            if found != because:
                there = None if found is None else _told(found)
                self._verdict.add_why(user, tag, _told(because), there)
            return
        rule = None if raw is None else rule_in(raw)
        if rule is None or not (
            self._rules.explains(tag, value, rule) if because is None else rule == because
        ):
            self._verdict.add_why(user, tag, because or self._rules.text(tag, value), rule)

    def _follow(self, change: TagChange) -> None:
        tags = self._changed.setdefault(change.user_id, self._expected(change.user_id))
        if change.tag is None:
            tags.clear()
        elif change.new is None:
            tags.pop(change.tag, None)
        else:
            tags[change.tag] = change.new, change.time, change.why

    def _expected(self, user: str) -> Expected:
        changed = self._changed.get(user)
        if changed is not None:
            return changed
        shown, said = self._state.shown_and_said(user)
        return {tag: (value, since, said.get(tag)) for tag, (value, since) in shown.items()}

    def _missing(self, known: set[str]) -> Iterator[Sequence[bytes]]:
        """Keys of those who must have something, or have a `why`, and had no key of their own."""
        number, everybody = self._verdict.partition, {*self._state.user_ids(), *self._changed}
        lacking = sorted((everybody | known) - self._seen)
        users = (user for user in lacking if user in known or self._expected(user))
        while some := list(islice(users, _USERS_A_LOOK)):
            yield [self._keys.user(number, user).encode() for user in some]

    async def _pause(self, begun: float, progress: Callable[[float], None]) -> None:
        progress(min(1.0, len(self._seen) / max(1, self._state.users)))
        if self._rate:
            ahead = self._verdict.users / self._rate - (time.monotonic() - begun)
            await asyncio.sleep(max(0.0, ahead))


def _told(why: Why) -> str:
    """The rule with its figures, where these must be the same, too."""
    figures = ", ".join(f"{name} = {value}" for name, value in why.measures.items())
    return f"{why.rule} ({figures})" if figures else why.rule
