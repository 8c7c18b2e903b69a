"""The answers of the HTTP API: one method an operation, from a checked request to plain values."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from msgspec.json import encode

from agents.described import detectors_described, tags_described
from agents.matching.index import WrongCursor
from agents.matching.query import QueryFault
from agents.redis.client import TagClient
from agents.redis.news import Position
from agents.redis.recent import before_the_latest, recent_changes
from agents.redis.server import Meta
from agents.redis.stream import Received, Start
from agents.web.answers import (
    CatalogueTold,
    ChangesAsked,
    CommunitiesAsked,
    CommunityTable,
    MatchAsked,
    Matched,
    Nothing,
    StreamAsked,
    UserAsked,
    UserChanges,
    UsersAsked,
    UsersTags,
    UserTags,
    UserWhy,
    Well,
    told_of,
)
from agents.web.bookmark import Bookmark, positions_at
from agents.web.event_stream import EventStream, Streams, beginning, event
from agents.web.live import Live
from agents.web.problems import Refused, away
from streams.catalogue.model import Catalogue


@dataclass(frozen=True, slots=True)
class Entries:
    """A kind of stream: its keys, its last number, and how to read it."""

    key: Callable[[int], str]
    last: Callable[[Meta], int]
    read: Callable[[Start], AsyncIterator[Received[Any]]]


class Api:
    """What the operations do. All may raise Refused, NothingPublished and AWAY."""

    def __init__(
        self, client: TagClient, live: Live, catalogue: Catalogue, streams: Streams
    ) -> None:
        self._client, self._live, self._catalogue = client, live, catalogue
        self._streams = streams

    # lookups

    async def tags(self, asked: UserAsked) -> UserTags:
        """The tags of a user, since when, and by which change."""
        tags = await self._client.tags(asked.id)
        if tags is None:
            raise _unknown(asked.id)
        return UserTags(asked.id, tags)

    async def why(self, asked: UserAsked) -> UserWhy:
        """Why a user has each tag: the rule that held and its measures."""
        why = await self._client.why(asked.id)
        if why is None:
            raise _unknown(asked.id)
        return UserWhy(asked.id, why)

    async def user_changes(self, asked: ChangesAsked) -> UserChanges:
        """The latest changes of a user; empty where there are none, or none lately."""
        return UserChanges(asked.id, await recent_changes(self._client, asked.id, asked.limit))

    async def lookup(self, asked: UsersAsked) -> UsersTags:
        """The tags of many users."""
        return UsersTags(await self._client.tags_of(asked.users))

    # all users

    async def match(self, asked: MatchAsked) -> Matched:
        """Which users have these tags: the exact number, and a page of them."""
        if not self._live.ready:
            raise away(self._live.problem or "not ready yet")
        try:
            page = self._live.matcher.match(asked.q, asked.limit, asked.cursor)
        except QueryFault as fault:
            raise Refused(400, str(fault), column=fault.column) from None
        except WrongCursor as wrong:
            raise Refused(400, str(wrong)) from None
        return Matched(page.count, page.users, page.cursor, behind=self._live.behind)

    async def communities(self, asked: CommunitiesAsked) -> CommunityTable:
        """The health of communities, those with the most members first."""
        found = await self._client.communities()
        told = [told_of(name, counts) for name, counts in found.items()]
        table = sorted(told, key=lambda one: (-one.counts["members"], one.id))[: asked.limit]
        return CommunityTable(len(found), table)

    async def catalogue(self, _: Nothing) -> CatalogueTold:
        """What can be said about a user: tags with titles, values and rules; detectors."""
        told = self._catalogue
        return CatalogueTold(
            catalogue=told.id,
            in_force=self._live.in_force,
            currency=told.currency,
            timezone=told.timezone,
            tags=tags_described(told),
            detectors=detectors_described(told),
        )

    # streams

    async def changes(self, asked: StreamAsked, last_id: str | None) -> EventStream:
        """Changes of tags as they come."""
        keys, client = self._client.keys, self._client
        return await self._stream(
            Entries(keys.changes, lambda meta: meta.seq, client.changes), asked, last_id
        )

    async def alerts(self, asked: StreamAsked, last_id: str | None) -> EventStream:
        """Alerts as they come."""
        keys, client = self._client.keys, self._client
        return await self._stream(
            Entries(keys.alerts, lambda meta: meta.alert_seq, client.alerts), asked, last_id
        )

    async def pulse(self, _: Nothing, __: str | None) -> EventStream:
        """Rates, spreads of tags and how things stand, each second, as the page shows them."""
        return self._streams.stream(self._live.pulses())

    async def _stream(self, kind: Entries, asked: StreamAsked, last_id: str | None) -> EventStream:
        positions, start = await self._positions(kind, asked, last_id)
        mark = Bookmark(positions, await self._client.partitions())
        return self._streams.stream(_entries(kind.read(start), mark))

    async def _positions(
        self, kind: Entries, asked: StreamAsked, last_id: str | None
    ) -> tuple[Mapping[int, Position], Start]:
        if last_id:
            metas = await self._client.metas()
            left = positions_at(last_id, [metas[p].run or "" for p in sorted(metas)])
            return left, left
        if asked.begin == "start":
            return {}, "start"
        now = await before_the_latest(self._client, kind.key, kind.last, asked.recent)
        return now, now

    # health

    async def healthz(self, _: Nothing) -> Well:
        """Whether the server lives."""
        return Well()

    async def readyz(self, _: Nothing) -> Well:
        """Whether Redis answers and the tags of all users are known."""
        if self._live.problem is not None:
            raise away(self._live.problem)
        return Well()


async def _entries(reading: AsyncIterator[Received[Any]], mark: Bookmark) -> AsyncIterator[bytes]:
    yield beginning(mark.id)
    async with aclosing(reading):  # type: ignore[type-var] # they are generators
        async for received in reading:
            if received.gap:
                told = {"partition": received.partition, "reason": received.gap}
                yield event(encode(told), "gap")
            mark.moved(received.partition, received.position)
            yield event(received.raw, None, mark.id)


def _unknown(user_id: str) -> Refused:
    return Refused(404, f"user {user_id!r} is not known: there is no tag")
