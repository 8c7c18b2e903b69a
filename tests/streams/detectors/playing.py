"""A catalogue with one detector, and a user whose events it sees: for tests that tell a story."""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from schemas.alerts import Alert
from schemas.events import TOPIC_OF, Interaction, Transaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.effects import Effects
from streams.engine import Engine, Partition

HOUR, DAY = 3_600_000, 86_400_000
START = 100 * DAY
HEAD = "catalogue: one\nversion: 1\ncurrency: CNY\ntimezone: UTC\ndetectors:\n"


@dataclass
class Player:
    """Plays events, numbered e0, e1, ... in order of arrival; `at` is ms after the start."""

    partition: Partition
    out: Effects = field(default_factory=Effects)
    numbers: Any = field(default_factory=count)

    def play(self, kind: str, at: int, *, arrived: int | None = None, **fields: Any) -> None:
        """One event of the user."""
        number, topic = next(self.numbers), TOPIC_OF[kind]
        make: Any = Interaction if topic == "interactions" else Transaction
        common = {"id": f"e{number}", "source": "app", "user_id": "u1", "time": START + at}
        event = make(type=kind, **common, **fields)
        came = event.time if arrived is None else START + arrived
        self.partition.apply(TOPICS.index(topic), number, event, came, self.out)

    def wait(self, until: int) -> None:
        """Let the clock reach `until`."""
        self.partition.tick(START + until)
        while self.partition.slice(10, 10, self.out):
            pass

    @property
    def alerts(self) -> list[Alert]:
        """All so far."""
        return self.out.alerts

    @property
    def times(self) -> list[int]:
        """When the alerts were, in ms after the start."""
        return [alert.time - START for alert in self.alerts]

    def row(self) -> int:
        """Bytes of the user's row."""
        self.partition.mark_dirty("u1")
        rows = dict(self.partition.take_dirty())
        return len(rows["u1"] or b"")


def player(detector: str) -> Player:
    """A player for a catalogue whose only detector, `odd`, says this."""
    text = f"{HEAD}  odd: {{title: {{zh: 异, en: Odd}}, {detector}}}\n"
    return Player(Engine(load(text, "one.yaml")).partition(0, TOPICS))
