"""The traffic: at each moment of the plan one event, from a story, a newcomer or daily life."""

from collections import deque
from collections.abc import Iterator
from heapq import merge
from operator import attrgetter
from random import Random
from typing import NamedTuple

from agents.simulate import interactions, profiles
from agents.simulate.broken import spoil
from agents.simulate.chance import dice, happens
from agents.simulate.local_time import local_hour
from agents.simulate.people import Population, name
from agents.simulate.plan import Plan
from agents.simulate.planting import Planted, Planter, Truth
from agents.simulate.rhythm import MONEY as MONEY_BY_HOUR
from agents.simulate.rhythm import moments
from agents.simulate.ring_planting import RingPlanter
from agents.simulate.sources import BANK, COMMUNITY, CRM, MONEY, Source
from agents.simulate.transactions import Ledger
from schemas.events import TOPIC_OF

_CHANGES = 0.01  # of the daily events: a member's profile changes
_ROSTER_S = 10  # traffic without end begins with newcomers for at most twice so long


class Sent(NamedTuple):
    """An event as it is sent: when (ms), to which logical topic, with which key and value."""

    due: int
    topic: str
    user_id: str
    value: bytes


class Traffic:
    """All events of a plan, in the order in which they are sent; iterate once.

    The same plan gives the same bytes. A member's profile comes before all else of theirs.
    `truth()` tells what has been planted so far.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rng = dice(plan.seed, "what")
        self._people = Population(plan.users)
        self._ledger = Ledger(self._people)
        self._planter = Planter(plan, self._people, dice(plan.seed, "stories"))
        self._rings = RingPlanter(plan, self._people, dice(plan.seed, "rings"))
        self._planted = self._planter.events()
        if plan.across_users:
            rings = self._rings.events()
            self._planted = merge(self._planted, rings, key=attrgetter("draft.at"))
        self._next = next(self._planted, None)
        self._known = bytearray(plan.users)
        self._roster = iter(range(_roster(plan)))
        self._waiting: Planted | int | None = None  # for a profile that had to be sent first
        self._recent: deque[Sent] = deque(maxlen=30)  # a repeat further back is not recognised
        self._number = 0
        self._run = plan.run

    def __iter__(self) -> Iterator[Sent]:
        """The events; `due` rises, the times inside the values do so only nearly."""
        rng, duplicates = self._rng, self._plan.duplicates
        for at in moments(self._plan, dice(self._plan.seed, "when")):
            if self._recent and rng.random() < duplicates:
                yield self._repeat(at)
            else:
                sent = self._event(at)
                self._recent.append(sent)
                yield sent

    def truth(self) -> list[Truth]:
        """The anomalies of which enough has been sent to be found, in order of their planting."""
        stories = (*self._planter.stories, *self._rings.stories)
        return [truth for story in stories if (truth := story.truth())]

    def _event(self, at: int) -> Sent:
        turn = self._turn(at)
        member = turn if isinstance(turn, int) else turn.story.member
        if not self._known[member]:
            self._waiting = turn
            return self._introduce(at, member)
        if isinstance(turn, int):
            return self._daily(at, member)
        return self._story(at, turn)

    def _turn(self, at: int) -> Planted | int:
        """Whose turn it is: one introduced just now, a story that is due, a newcomer, anyone."""
        if (waiting := self._waiting) is not None:
            self._waiting = None
            if not isinstance(waiting, int) or waiting not in self._planter.alone:
                return waiting
        if self._next is not None and self._next.draft.at <= at:
            planted, self._next = self._next, next(self._planted, None)
            return planted
        if (newcomer := self._newcomer()) is not None:
            return newcomer
        return self._someone()

    def _someone(self) -> int:
        """Anybody but those who have no life beside their story."""
        member = self._people.someone(self._rng)
        while member in self._planter.alone:
            member = self._people.someone(self._rng)
        return member

    def _newcomer(self) -> int | None:
        """The next member of the roster whom nobody has heard of yet."""
        return next((member for member in self._roster if not self._known[member]), None)

    def _introduce(self, at: int, member: int) -> Sent:
        self._known[member] = 1
        text = self._text(at, member, "profile", CRM, profiles.profile(self._rng, at))
        return Sent(at, "profiles", name(member), text.encode())

    def _story(self, at: int, planted: Planted) -> Sent:
        draft, story = planted
        topic = TOPIC_OF[draft.type]
        source = BANK if topic == "transactions" else COMMUNITY[story.member % len(COMMUNITY)]
        text = self._text(at, story.member, draft.type, source, draft.fields)
        story.happened(f"{self._run}-{self._number:x}", at)
        return Sent(at, topic, name(story.member), text.encode())

    def _daily(self, at: int, member: int) -> Sent:
        """An ordinary event; these alone are late or broken, so that the truth stays true."""
        rng, plan = self._rng, self._plan
        topic, type_, source, fields = self._ordinary(rng, at, member)
        time = at - int(rng.random() * plan.late_by) if rng.random() < plan.late else at
        text = self._text(time, member, type_, source, fields)
        if plan.broken and happens(rng, plan.broken):
            text = spoil(rng, text)
        return Sent(at, topic, name(member), text.encode())

    def _ordinary(self, rng: Random, at: int, member: int) -> tuple[str, str, Source, str]:
        """Topic, type, source and fields of something that the member does."""
        chance = rng.random()
        if chance < _CHANGES:
            return "profiles", "profile", CRM, profiles.change(rng)
        if chance < MONEY_BY_HOUR[local_hour(at)]:
            source = MONEY[member % len(MONEY)]
            return "transactions", *_with(source, self._ledger.draw(rng, member, at, source))
        source = COMMUNITY[member % len(COMMUNITY)]
        act, fields = interactions.draw(rng)
        community = self._people.community(rng, member)
        return "interactions", act, source, f',"community_id":"c{community}"{fields}'

    def _repeat(self, at: int) -> Sent:
        again = self._recent[int(self._rng.random() * len(self._recent))]
        return again._replace(due=at)

    def _text(self, time: int, member: int, type_: str, source: Source, fields: str) -> str:
        self._number += 1
        return (
            f'{{"id":"{self._run}-{self._number:x}","source":"{source.name}",'
            f'"type":"{type_}","user_id":"{name(member)}","time":{source.time(time)}{fields}}}'
        )


def _with(source: Source, drawn: tuple[str, str]) -> tuple[str, Source, str]:
    type_, fields = drawn
    return type_, source, fields


def _roster(plan: Plan) -> int:
    """How many members come in at the start, in two events each; the others on the way."""
    room = plan.rate * _ROSTER_S if plan.events is None else plan.events // 4
    return min(plan.users, int(room))
