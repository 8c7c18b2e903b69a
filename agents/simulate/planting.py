"""Spreads the anomalies and their lookalikes over the traffic, and keeps the truth."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from random import Random
from typing import NamedTuple

from agents.simulate.anomalies import ANOMALIES
from agents.simulate.anomalies.story import Anomaly, Draft
from agents.simulate.people import Population, name
from agents.simulate.plan import Plan

_SHARE = 0.002  # of all events: so many anomalies, with a few events each (some with thirty)
_STRETCH_S = 60  # traffic without end is planted by the minute


@dataclass(frozen=True, slots=True)
class Truth:
    """An anomaly that a detector has to find; `events` are ids, times epoch milliseconds.

    What several members did together is one for each of them, with the events of all.
    """

    detector: str
    user_id: str
    start: int
    end: int
    events: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """The line of the truth file."""
        return {
            "detector": self.detector,
            "user_id": self.user_id,
            "from": self.start,
            "to": self.end,
            "events": self.events,
        }


@dataclass(slots=True)
class Story:
    """A script being played by a member: what of it has happened so far.

    `detector` None: a lookalike, which nobody has to find. `begun`: the member did some of it, and
    not only those who share the story.
    """

    member: int
    detector: str | None = None
    enough: int = 0
    events: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    begun: bool = False

    def shared_by(self, member: int) -> "Story":
        """The same story as another member's, with one list of what has happened."""
        return replace(self, member=member)

    def happened(self, event: str, at: int) -> None:
        """Notes that one more event of the story has been sent."""
        self.events.append(event)
        self.times.append(at)
        self.begun = True

    def truth(self) -> Truth | None:
        """None for a lookalike, and as long as too little has happened to be found."""
        if self.detector is None or not self.begun or len(self.events) < self.enough:
            return None
        first, last = min(self.times), max(self.times)
        return Truth(self.detector, name(self.member), first, last, tuple(self.events))


class Planted(NamedTuple):
    """One event of a story, due at `draft.at`."""

    draft: Draft
    story: Story


def stretches(plan: Plan) -> Iterator[tuple[int, int]]:
    """Start and length (ms) of the spans that are planted one after the other."""
    if plan.end is not None:
        yield plan.start, plan.end - plan.start
        return
    start, span = plan.start, int(_STRETCH_S * plan.speed * 1000)
    while True:
        yield start, span
        start += span


def wanted(plan: Plan, span: int) -> int:
    """How many stories so long a stretch is to have."""
    return int(_SHARE * span / plan.gap)


def in_order(planted: Iterable[Planted]) -> list[Planted]:
    """By time."""
    return sorted(planted, key=lambda one: one.draft.at)


class Planter:
    """All stories of a plan, and their events in order of time.

    `alone`: the members who do nothing but what their story says.
    """

    def __init__(self, plan: Plan, population: Population, rng: Random) -> None:
        self._plan, self._rng = plan, rng
        self._suspects = cycle(population.suspects)
        self._lookalikes = iter(population.lookalikes)  # each once: two stories might add up
        self._most = len(population.suspects)
        self.stories: list[Story] = []
        self.alone = set[int]()

    def events(self) -> Iterator[Planted]:
        """The planted events, by time; without end if the plan is."""
        for start, span in stretches(self._plan):
            yield from in_order(self._stretch(start, span))

    def _stretch(self, start: int, span: int) -> Iterator[Planted]:
        for (detector, anomaly), count in self._shares(span):
            for number in range(count):
                case = Story(next(self._suspects), detector)
                yield from self._play(case, anomaly, anomaly.script(self._rng, start, span))
                if (member := next(self._lookalikes, None)) is not None:
                    script = anomaly.lookalikes[number % len(anomaly.lookalikes)]
                    drafts = script(self._rng, start, span)
                    yield from self._play(Story(member), anomaly, drafts)

    def _shares(self, span: int) -> Iterator[tuple[tuple[str, Anomaly], int]]:
        """How many stories of each anomaly that has room; in all no more than suspects."""
        fitting = [item for item in ANOMALIES.items() if item[1].room <= span]
        stories = max(len(fitting), wanted(self._plan, span))
        each, rest = divmod(min(self._most, stories), len(fitting))
        for place, item in enumerate(fitting):
            yield item, each + (place < rest)

    def _play(self, story: Story, anomaly: Anomaly, drafts: Sequence[Draft]) -> Iterator[Planted]:
        story.enough = anomaly.enough or len(drafts)
        self.stories.append(story)
        if anomaly.alone:
            self.alone.add(story.member)
        return (Planted(draft, story) for draft in drafts)
