"""Spreads the anomalies and their lookalikes over the traffic, and keeps the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
    """An anomaly that a detector has to find; `events` are ids, times epoch milliseconds."""

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

    `detector` None: a lookalike, which nobody has to find.
    """

    member: int
    detector: str | None = None
    enough: int = 0
    events: list[str] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    def happened(self, event: str, at: int) -> None:
        """Notes that one more event of the story has been sent."""
        self.events.append(event)
        self.times.append(at)

    def truth(self) -> Truth | None:
        """None for a lookalike, and as long as too little has happened to be found."""
        if self.detector is None or not self.events or len(self.events) < self.enough:
            return None
        first, last = min(self.times), max(self.times)
        return Truth(self.detector, name(self.member), first, last, tuple(self.events))


class Planted(NamedTuple):
    """One event of a story, due at `draft.at`."""

    draft: Draft
    story: Story


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
        for start, span in self._stretches():
            yield from sorted(self._stretch(start, span), key=lambda planted: planted.draft.at)

    def _stretches(self) -> Iterator[tuple[int, int]]:
        start, end = self._plan.start, self._plan.end
        if end is not None:
            yield start, end - start
            return
        span = int(_STRETCH_S * self._plan.speed * 1000)
        while True:
            yield start, span
            start += span

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
        wanted = max(len(fitting), int(_SHARE * span / self._plan.gap))
        each, rest = divmod(min(self._most, wanted), len(fitting))
        for place, item in enumerate(fitting):
            yield item, each + (place < rest)

    def _play(self, story: Story, anomaly: Anomaly, drafts: Sequence[Draft]) -> Iterator[Planted]:
        story.enough = anomaly.enough or len(drafts)
        self.stories.append(story)
        if anomaly.alone:
            self.alone.add(story.member)
        return (Planted(draft, story) for draft in drafts)
