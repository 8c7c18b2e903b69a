"""One user under a small catalogue, for tests of one measure at a time."""

from decimal import Decimal
from typing import Any

from schemas.events import Event, Interaction, Profile, Transaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.effects import Effects
from streams.engine import Engine

HEAD = "catalogue: one\nversion: 1\ncurrency: CNY\ntimezone: {zone}\nmeasures:\n{measures}\ntags:\n"
TAG = "  {name}: {{title: {{zh: 标, en: Tag}}, {rule}}}\n"


class OneUser:
    """Plays events of user `u1`; `tags` are those of now, `changes` (time, tag, new) so far."""

    def __init__(self, measures: list[str], zone: str = "UTC", **tags: str) -> None:
        text = HEAD.format(zone=zone, measures="\n".join(f"  {line}" for line in measures))
        text += "".join(TAG.format(name=name, rule=rule) for name, rule in tags.items())
        self._engine = Engine(load(text, "one.yaml"))
        self.forget()

    def forget(self) -> None:
        """Begins anew: nothing has happened yet. Much quicker than another catalogue."""
        self.partition = self._engine.partition(0, TOPICS)
        self.out, self.number = Effects(), 0

    def act(self, time: int, kind: str = "post", **fields: Any) -> str:
        """An interaction; its outcome."""
        return self._apply(0, Interaction(type=kind, **self._common(time, fields), **fields))  # type: ignore[arg-type] # named by tests

    def deal(self, time: int, cents: int, kind: str = "payment", **fields: Any) -> str:
        """A transaction."""
        common = self._common(time, fields)
        return self._apply(1, Transaction(type=kind, amount=cents, **common, **fields))  # type: ignore[arg-type] # named by tests

    def profile(self, time: int, **attributes: Any) -> str:
        """What is known of the user."""
        return self._apply(2, Profile(type="profile", attributes=attributes, **self._common(time)))

    def wait(self, until: int) -> None:
        """The clock goes on with no event; rows are packed on the way."""
        self.partition.take_dirty()
        self.partition.tick(until)
        while self.partition.slice(10, 100, self.out):
            self.partition.take_dirty()

    @property
    def tags(self) -> dict[str, Any]:
        return {tag: state.value for tag, state in self.partition.snapshot("u1").items()}

    @property
    def changes(self) -> list[tuple[int, str | None, Any]]:
        return [(change.time, change.tag, change.new) for change in self.out.changes]

    def evidence(self, tag: str) -> dict[str, Any]:
        """What the tag's why shows."""
        measures = self.partition.snapshot("u1")[tag].why.measures
        return {name: Decimal(v) if isinstance(v, float) else v for name, v in measures.items()}

    def row(self) -> int:
        """The size of the user's row."""
        ((_, row),) = self.partition.take_dirty()
        assert row is not None
        return len(row)

    def _common(self, time: int, fields: dict[str, Any] | None = None) -> dict[str, Any]:
        self.number += 1
        given = fields or {}
        common = {"id": given.pop("id", f"e{self.number}"), "source": given.pop("source", "app")}
        return {**common, "user_id": "u1", "time": time}

    def _apply(self, topic: int, event: Event) -> str:
        return self.partition.apply(topic, self.number, event, event.time, self.out)
