"""What every kind of detector answers, and what happens at a hit.

A hit is an event (or a timer) that makes the condition true. It puts the flag
`anomaly_<detector>` on until `flag` after it, and brings an alert, unless the last one is less
than `cooldown` ago: then it is only counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from streams.aggregates.figure import Source
from streams.catalogue.fields import Fields
from streams.catalogue.model import Detector, Expression
from streams.catalogue.parameters import Parameter, Value
from streams.compiler.code import Lines, StateField, block, indent, safe, sooner

ASKS = -1


class Hit(NamedTuple):
    """An alert to be: what the detector saw, and how many hits were kept quiet before.

    `timed`: no event made it, but time that passed. With `suppressed` ASKS it is no hit, but a
    question to the agent that is keyed by content: `evidence` is the event and its `content`.
    """

    detector: Detector
    evidence: dict[str, object]
    suppressed: int
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One detector as source; this class gives the answers that most share.

    What its YAML may say: `takes`, its parameters; `looks_at`, the event field that its events
    must carry; `usual`, the types of event where `of` is left out, which it may then be.
    `functions`: what the lines call.
    """

    detector: Detector

    takes: ClassVar[Mapping[str, Parameter]]
    looks_at: ClassVar[str | None] = None
    usual: ClassVar[tuple[str, ...]] = ()
    functions: ClassVar[dict[str, object]] = {"Hit": Hit}

    def __post_init__(self) -> None:
        safe(self.detector.name)
        self.check()

    @classmethod
    def doubt(cls, fields: Fields, types: tuple[str, ...], found: Mapping[str, Value]) -> None:
        """Report what else is wrong; `found` are the parameters that are right by themselves."""

    def check(self) -> None:
        """Unsupported, naming the line, where this kind cannot do what is asked."""

    @property
    def text(self) -> str:
        """The condition in words, for `why`."""
        raise NotImplementedError

    def fields(self) -> list[StateField]:
        """What the kind keeps of a user."""
        raise NotImplementedError

    def where(self, source: Source) -> Expression | None:  # noqa: ARG002 - most do not ask
        """The condition on an event of this type."""
        return self.detector.where

    def needs(self, source: Source) -> str | None:  # noqa: ARG002 - most need nothing
        """The condition that an event has what the kind looks at, beside `where`."""
        return None

    def hit(self, source: Source) -> tuple[Lines, str]:
        """Lines that take in an event, and the condition that it was a hit.

        "": it never is; "True": it always is.
        """
        raise NotImplementedError

    def evidence(self, source: Source) -> str:
        """The Python of the evidence for a hit."""
        raise NotImplementedError

    def hears(self) -> Lines:
        """`hear_<detector>(s, at, hits, evidence)`: a hit that was found across users, if any."""
        return []

    def expire(self) -> Lines:
        """Lines that find what time alone has brought about at the instant `at`."""
        return []

    def deadline(self) -> Lines:
        """Lower `s.deadline` to the first instant at which time alone could change something."""
        flag = f"s.until_{self.detector.name}"
        return block(f"if at < {flag}", sooner(flag))

    def parameter(self, name: str) -> int:
        """A parameter that is a whole number."""
        return int(self.detector.parameters[name])

    def all_fields(self) -> list[StateField]:
        """The kind's own, then: flag on until, quiet until, hits kept quiet."""
        name = self.detector.name
        common = (StateField(f"{part}_{name}", int, 0) for part in ("until", "quiet", "hushed"))
        return [*self.fields(), *common]

    def fold(self, source: Source) -> Lines:
        """Take in an event; at a hit put the flag on and bring the alert."""
        begun = [line for field in self.fields() if field.default == [] for line in field.begun]
        lines, hit = self.hit(source)
        lines = [*begun, *lines]
        if hit:
            struck = ["look = True", *self.struck(self.evidence(source))]
            lines = [*lines, *(struck if hit == "True" else block(f"if {hit}", struck))]
        needs = self.needs(source)
        return block(f"if {needs}", lines) if needs else lines

    def struck(self, evidence: str, *, timed: bool = False) -> Lines:
        """What a hit does at the instant `at`."""
        name, detector = self.detector.name, self.detector
        said = f"{evidence}, s.hushed_{name}{', True' if timed else ''}"
        return [
            f"s.until_{name} = at + {detector.flag}",
            *sooner(f"s.until_{name}"),
            f"if at < s.quiet_{name}:",
            f"    s.hushed_{name} += 1",
            "else:",
            *indent([f"hits.append(Hit(DETECTOR_{name}, {said}))"]),
            f"    s.quiet_{name}, s.hushed_{name} = at + {detector.cooldown}, 0",
        ]


def describe(detector: Detector, what: str) -> str:
    """`velocity of borrow where amount < 5000: 3 within 24h`."""
    where = f" where {detector.where_text}" if detector.where_text else ""
    return f"{detector.kind} of {', '.join(detector.of)}{where}: {what}"


def duration(ms: int) -> str:
    """As a catalogue writes it, in the largest unit that is whole.

    >>> duration(86_400_000), duration(5_400_000), duration(1_500)
    ('1d', '90m', '1500ms')
    """
    units = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
    return next(f"{ms // size}{unit}" for unit, size in units if ms % size == 0)
