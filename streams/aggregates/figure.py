"""One measure as source: which fields it keeps and the lines that keep them right.

In the lines `s` is the user's state, `event` what came, `time` its time and `at` the clock.
They may set `look` (some tag may have changed) and `late` (too old for this window), and they
lower `s.deadline` where the measure could change a tag by itself at an earlier instant.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from streams.catalogue.forms import Form
from streams.catalogue.model import Measure, Window
from streams.compiler.code import Lines, StateField, block, indent, safe, sooner
from streams.compiler.uses import Uses
from streams.windows import origin

Source = dict[str, str]
"""For one event type: the Python of each event field, `None` where it does not carry it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What every aggregate answers; this class gives the answers that most share.

    `zone` is the catalogue's time zone. `form`: what its YAML may say. `may_miss`: without data
    the measure is missing (else 0). `functions`: what the lines call.
    """

    measure: Measure
    uses: Uses
    zone: str = "UTC"

    form: ClassVar[Form]
    may_miss: ClassVar[bool] = True
    functions: ClassVar[dict[str, object]] = {}

    def __post_init__(self) -> None:
        safe(self.measure.name)

    @property
    def current(self) -> str:
        """The field with the present value."""
        return f"s.m_{self.measure.name}"

    @property
    def shown(self) -> str:
        """The value as people see it."""
        if self.measure.type == "money":
            return f"money({self.current})"
        return f"shortest({self.current})" if self.measure.type == "number" else self.current

    def fields(self) -> list[StateField]:
        """What the state keeps."""
        raise NotImplementedError

    def constants(self) -> dict[str, object]:
        """What the lines name."""
        name = self.measure.name
        return {f"SPANS_{name}": tuple(sorted(self.uses.spans))} if self.uses.spans else {}

    def fold(self, source: Source) -> Lines:
        """Take in an event that feeds the measure."""
        raise NotImplementedError

    def advance(self) -> Lines:
        """Bring the value to the instant `at`: what has left the window goes."""
        return []

    def deadline(self) -> Lines:
        """Lower `s.deadline` to the first instant at which time alone could change a tag."""
        if not self.uses.spans:
            return []
        return sooner(f"next_age(SPANS_{self.measure.name}, {self.current}, at)")

    def ring(self, parts: Any = int) -> StateField:
        """The field of a window's buckets, which are sorted lists as in `streams.windows`."""
        return StateField(f"buckets_{self.measure.name}", list[parts], [])

    def begin_ring(self) -> Lines:
        """Makes `ring` a list if the user had none."""
        return block("if ring is None", [f"ring = s.{self.ring().name} = []"])

    def bucket_of_event(self) -> str:
        """Names the bucket that the event falls into."""
        step = self._window.step
        return f"bucket = time // {step} - {origin(step)}"

    def gone_by_now(self) -> str:
        """Names the newest bucket that has left the window."""
        window = self._window
        back = window.width // window.step + origin(window.step)
        return f"gone = at // {window.step} - {back}"

    def exit_of(self, bucket: str) -> str:
        """The instant at which a bucket leaves the window."""
        window = self._window
        return f"({bucket} + {window.width // window.step + origin(window.step)}) * {window.step}"

    @property
    def _window(self) -> Window:
        assert self.measure.window is not None
        return self.measure.window

    def field_source(self, source: Source) -> str:
        """The Python of the event field that this measure reads."""
        assert self.measure.field is not None
        return source[self.measure.field]

    def changed(self) -> Lines:
        """After `old` became `new`: look again if some rule could tell the difference."""
        if self.uses.always or self.uses.bands:
            return ["look = True", *self.deadline()]
        if not self.uses.spans:
            return []
        noticed = f"ages(SPANS_{self.measure.name}, old, new, at)"
        # a later time within the same spans only moves the deadline back: leave it, it is looked
        # at again when it comes
        return [
            f"if {noticed}:",
            "    look = True",
            *indent(self.deadline()),
            "elif new < old:",
            *indent(self.deadline()),
        ]

    def store(self) -> Lines:
        """Make `new` the value, and note whether it matters."""
        if not self.uses.any:
            return [f"{self.current} = new"]
        body = [f"{self.current} = new", *self.changed()]
        return [f"old = {self.current}", *block("if new != old", body)]


def kept_type(measure: Measure) -> Any:
    """The Python type of the value, as the row keeps it."""
    if measure.type in ("money", "time"):
        return int | None
    return {"text": str | None, "bool": bool | None}.get(measure.type, int | None)
