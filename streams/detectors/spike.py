"""`spike`: an amount far above what is usual for this user.

What is usual lives on the scale of the logarithm, where ten times as much is as far as a tenth:
`level`, the exponentially weighted mean of ln(amount), and `spread`, its standard deviation.
Until `MEMORY` amounts it is the plain mean of all, then each new one weighs 1 / MEMORY.

The baseline is the user's geometric mean. Somebody whose amounts vary widely has a higher one:
beyond `factor` times the baseline also means beyond `DEVIATIONS` spreads. An amount is first
compared and then learnt; a hit is not learnt. What lies as far *below* as a hit lies above
counts as that far only: one cent must not blind the detector.

All in whole millionths, with a logarithm of our own: a row comes out the same on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, frexp, isqrt, sqrt
from typing import ClassVar

from schemas.alerts import evidence_of
from schemas.events import Event
from streams import numbers
from streams.aggregates.figure import Source
from streams.catalogue.parameters import Parameter, count, number
from streams.compiler.code import Lines, StateField
from streams.detectors.kind import Hit, Kind, describe
from streams.detectors.recent import shown

MEMORY = 50
DEVIATIONS = 5
MILLIONTHS = 1_000_000
_LN_2 = 0.6931471805599453
_HALF_ROOT = sqrt(0.5)
_SLACK = 2  # rounding: an amount of exactly `factor` times the baseline is no hit


def logarithm(value: float) -> int:
    """Ln of a positive number in millionths, by the series of atanh: only `+ - * /`.

    >>> logarithm(1), logarithm(2), logarithm(30_000)
    (0, 693147, 10308953)
    """
    part, power = frexp(value)
    if part < _HALF_ROOT:
        part, power = part * 2, power - 1
    t = (part - 1) / (part + 1)
    z = t * t
    series = 1 + z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z / 11))))
    return round((power * _LN_2 + 2 * t * series) * MILLIONTHS)


def reach(spread: int, factor: int) -> int:
    """How far above the level an amount has to be; `factor` as a logarithm."""
    return max(factor, DEVIATIONS * spread) + _SLACK


def learn(level: int, spread: int, learnt: int, gap: int) -> tuple[int, int]:
    """Level and spread after one more amount, which was `gap` above the level.

    >>> learn(0, 0, 0, 5_000_000), learn(5_000_000, 0, 1, 2_000_000)
    ((5000000, 0), (6000000, 1000000))
    """
    weight = min(learnt, MEMORY - 1) + 1
    variance = (weight - 1) * (spread * spread * weight + gap * gap) // (weight * weight)
    return level + gap // weight, isqrt(variance)


def spike_evidence(
    event: Event, amount: int, level: int, learnt: int, far: int, factor: float
) -> dict[str, object]:
    """The event, the baseline (money), how many times that it is, and how much was learnt.

    `far`: what `reach` said, so that the baseline is the amount there, divided by `factor`.
    """
    baseline = round(exp((level + far - _SLACK) / MILLIONTHS) / factor)
    return evidence_of(
        shown([(event.time, event.source, event.id, amount)]),
        baseline=numbers.money(baseline),
        times=round(amount / max(baseline, 1), 1),
        learnt=learnt,
    )


@dataclass(frozen=True, slots=True)
class Spike(Kind):
    """Keeps level, spread and how many amounts were learnt."""

    takes: ClassVar[Mapping[str, Parameter]] = {
        "factor": number("how many times the user's own baseline", places=6),
        "min_events": count("how many events before the baseline counts"),
    }
    looks_at: ClassVar[str | None] = "amount"
    functions: ClassVar[dict[str, object]] = {
        "Hit": Hit,
        "logarithm": logarithm,
        "reach": reach,
        "learn": learn,
        "spike_evidence": spike_evidence,
    }

    @property
    def text(self) -> str:
        """How many times the baseline, after how many events."""
        factor, events = self.detector.parameters["factor"], self.parameter("min_events")
        return describe(self.detector, f"over {factor} times the usual, known from {events} events")

    def fields(self) -> list[StateField]:
        """Level and spread in millionths, and how many amounts were learnt."""
        name = self.detector.name
        return [StateField(f"{part}_{name}", int, 0) for part in ("level", "spread", "learnt")]

    def needs(self, source: Source) -> str | None:
        """An amount."""
        return f"{source['amount']} is not None"

    def hit(self, source: Source) -> tuple[Lines, str]:
        """Compare, then learn what is no hit."""
        name = self.detector.name
        level, spread, learnt = (f"s.{part}_{name}" for part in ("level", "spread", "learnt"))
        return [
            f"gap = logarithm({source['amount']}) - {level}",
            "strange = False",
            f"if {learnt} >= {self.parameter('min_events')}:",
            f"    far = reach({spread}, {self._factor()})",
            "    strange = gap > far",
            "    if gap < -far:",
            "        gap = -far",
            "if not strange:",
            f"    {level}, {spread} = learn({level}, {spread}, {learnt}, gap)",
            f"    {learnt} += 1",
        ], "strange"

    def evidence(self, source: Source) -> str:
        """See `spike_evidence`."""
        name, factor = self.detector.name, float(self.detector.parameters["factor"])
        state = f"s.level_{name}, s.learnt_{name}, far, {factor!r}"
        return f"spike_evidence(event, {source['amount']}, {state})"

    def _factor(self) -> int:
        """The factor as a logarithm; one below 1 would make everything a hit."""
        return max(0, logarithm(float(self.detector.parameters["factor"])))
