"""How an owner asks Redis: fenced by its epoch and run, and again until there is an answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from agents.redis.link import Argument, Away, OtherServer, Script
from agents.redis.links import Links
from agents.session import Lost, Session

_PAUSES_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)  # between repeats; the last one from then on


class Fenced:
    """Asks on a partition's own connection. Any refusal means that it is no longer as we left it.

    `on_away` is told the kind of error each time that Redis is away, None when it is back.
    """

    def __init__(self, links: Links, on_away: Callable[[str | None], None]) -> None:
        self._links, self._on_away = links, on_away
        self._away = False

    async def interrupt(self) -> None:
        """Whoever waits for an answer is told at once that Redis is away."""
        await self._links.interrupt()

    async def run(
        self, session: Session, script: Script, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> None:
        """Runs a script whose answer is that it took effect; raises Lost."""
        answer = await self.answer(session, script, keys, arguments)
        if answer != b"ok":
            raise Lost(f"partition {session.partition}: {answer.decode()}")

    async def answer(
        self, session: Session, script: Script, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> Any:
        """What a script says; raises Lost."""
        link, full = self._links.of(session.partition), [session.epoch, session.run, *arguments]
        return await self._until_answered(
            lambda: link.run(script, keys, full, session.server), session.worth_waiting
        )

    async def claim(
        self,
        partition: int,
        script: Script,
        keys: Sequence[str],
        epoch: int,
        wanted: Callable[[], bool],
    ) -> tuple[Any, str]:
        """What a script says to who is not the owner yet, and which server it was."""
        link = self._links.of(partition)
        answer = await self._until_answered(lambda: link.run(script, keys, [epoch], None), wanted)
        return answer, link.server

    async def command(self, session: Session, *arguments: Argument) -> Any:
        """The answer of a plain command, which nothing fences; raises Lost."""
        link = self._links.of(session.partition)
        return await self._until_answered(lambda: link.command(*arguments), session.worth_waiting)

    async def pages(
        self, session: Session, head: tuple[str, ...], tail: tuple[str, ...] = ()
    ) -> AsyncIterator[list[bytes]]:
        """The pages of SCAN and its like: the cursor stands between these parts. Raises Lost."""
        cursor = b"0"
        while True:
            cursor, found = await self.command(session, *head, cursor, *tail, "COUNT", 2_000)
            yield found
            if int(cursor) == 0:
                return

    async def _until_answered(
        self, ask: Callable[[], Awaitable[Any]], wanted: Callable[[], bool]
    ) -> Any:
        """Repeats while Redis is away and the answer is still wanted; raises Lost when not."""
        tries = 0
        while True:
            try:
                answer = await ask()
            except OtherServer as reason:
                raise Lost(str(reason)) from reason
            except Away as reason:
                self._away = True
                self._on_away(reason.kind)
                if not wanted():
                    raise Lost("given up while Redis was away") from reason
                await asyncio.sleep(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
                tries += 1
            else:
                if self._away:  # told by this call, or by one that was given up since
                    self._away = False
                    self._on_away(None)
                return answer
