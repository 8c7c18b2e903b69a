"""Spreads over the traffic what members do together, and what only seems so."""

from collections.abc import Iterator, Sequence
from itertools import chain, cycle, islice
from random import Random

from agents.simulate.anomalies import ANOMALIES, RINGS
from agents.simulate.anomalies.story import Draft, Ring, RingScript
from agents.simulate.people import Population
from agents.simulate.plan import Plan
from agents.simulate.planting import Planted, Story, in_order, stretches, wanted

Parts = Sequence[Sequence[Draft]]


class RingPlanter:
    """The stories of several members each, and their events in order of time."""

    def __init__(self, plan: Plan, population: Population, rng: Random) -> None:
        self._plan, self._rng = plan, rng
        self._suspects = cycle(population.ring_suspects)
        self._lookalikes = iter(population.ring_lookalikes)  # each once: two might add up
        self._most = len(population.ring_suspects)
        self.stories: list[Story] = []

    def events(self) -> Iterator[Planted]:
        """The planted events, by time; without end if the plan is."""
        for start, span in stretches(self._plan):
            yield from in_order(self._stretch(start, span))

    def _stretch(self, start: int, span: int) -> Iterator[Planted]:
        for detector, ring in RINGS.items():
            for number in range(self._count(ring, span)):
                parts = ring.script(self._rng, start, span)
                yield from self._play(self._suspects, parts, detector, ring)
                parts = _lookalike(ring, number)(self._rng, start, span)
                yield from self._play(self._lookalikes, parts, None, ring)

    def _count(self, ring: Ring, span: int) -> int:
        """As many as of each other anomaly, if so many have members of their own."""
        like_others = max(1, wanted(self._plan, span) // len(ANOMALIES))
        return min(like_others, self._most // ring.most)

    def _play(
        self, members: Iterator[int], parts: Parts, detector: str | None, ring: Ring
    ) -> Iterator[Planted]:
        """Deal the parts; nobody is left to play them: no story."""
        cast = list(islice(members, len(parts)))
        if len(cast) < len(parts):
            return iter(())
        first = Story(0, detector, enough_of(parts, ring.enough))
        stories = [first.shared_by(member) for member in cast]
        self.stories += stories
        played = zip(stories, parts, strict=True)
        return chain.from_iterable((Planted(d, story) for d in part) for story, part in played)


def enough_of(parts: Parts, members: int) -> int:
    """The number of the event with which so many members have spoken; 0 if they never do.

    >>> early, late = Draft(1, "post", ""), Draft(2, "post", "")
    >>> enough_of([[early, early], [late]], 2)
    3
    """
    seen = set[int]()
    turns = sorted((draft.at, who) for who, part in enumerate(parts) for draft in part)
    for number, (_, who) in enumerate(turns, 1):
        seen.add(who)
        if len(seen) == members:
            return number
    return 0


def _lookalike(ring: Ring, number: int) -> RingScript:
    return ring.lookalikes[number % len(ring.lookalikes)]
