"""What a seed means: the traffic and the faults, in order, with all that chance decides."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

PER_SEED = 10  # faults of the long form
SHORT = 5


@dataclass(frozen=True, slots=True)
class Step:
    """One fault; `seed` decides its details (which worker, how long, where)."""

    kind: str
    seed: int


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a run consists of; the same seed gives the same plan."""

    seed: int
    clock: str  # TAGSTREAM_CLOCK
    rate: int  # events a second
    users: int
    patient: bool  # outages as long as the long form's
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        """For the folder of a failure."""
        return asdict(self)


def plan_of(seed: int, kinds: Sequence[str], faults: int) -> Plan:
    """The plan of a seed: `faults` of these kinds, dealt so that seeds in a row see all of them."""
    chance = Random(seed)
    dealt = list(_dealt(kinds, seed * faults, faults))
    chance.shuffle(dealt)
    return Plan(
        seed,
        clock="event" if seed % 4 == 0 else "wall",
        rate=chance.choice((150, 250, 400)),
        users=chance.choice((20, 100, 300)),
        patient=faults > SHORT,
        steps=tuple(Step(kind, chance.getrandbits(32)) for kind in dealt),
    )


def _dealt(kinds: Sequence[str], first: int, count: int) -> Iterator[str]:
    """Cards `first` to `first + count` of an endless row of shuffled decks."""
    for number in range(first, first + count):
        deck, card = divmod(number, len(kinds))
        yield Random(f"deck {deck}").sample(sorted(kinds), len(kinds))[card]
