"""The slow reference under a catalogue that changes in the middle."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from schemas.events import Event
from streams.catalogue.model import Catalogue, Measure
from streams.catalogue.order import evaluation_order
from tests.streams.reference import Reference, User


class Switched(Reference):
    """`began`: for each measure of the new catalogue, by user, the first event that counts."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__(catalogue)
        self.began: dict[str, Mapping[str, int]] = {}

    def switch(self, catalogue: Catalogue, counted: Mapping[str, int], users: list[str]) -> None:
        """`counted`: how many events of each user no new measure has seen."""
        for name, measure in catalogue.measures.items():
            before = self.catalogue.measures.get(name)
            if before is None or replace(before, line=0) != replace(measure, line=0):
                self.began[name] = counted
        self.catalogue, self.order = catalogue, evaluation_order(catalogue)
        for name in users:
            self.users[name].anomalies.detectors = catalogue.detectors
            self.adopt(self.users[name])

    def counted(self, m: Measure, user: User) -> list[Event]:
        """New measures see only what came since."""
        return user.events[self.began.get(m.name, {}).get(user.name, 0) :]

    def adopt(self, user: User) -> None:
        """Old values that the new rules do not know are gone; the rest may be held."""
        old = {tag: value for tag, value in user.tags.items() if value is not None}
        for tag in [tag for tag, value in old.items() if not self.is_known(tag, value)]:
            del user.tags[tag], user.ruled[tag]
        told = len(self.changes)
        self.decide(user, self.clock, "catalogue")
        del self.changes[told:]
        for tag in (*self.order, *sorted(old.keys() - {*self.order})):
            if (new := user.tags.get(tag)) != old.get(tag):
                what = (user.name, tag, old.get(tag), new, self.clock)
                self.changes.append((*what, "catalogue", None))

    def is_known(self, name: str, value: Any) -> bool:
        """Whether a tag of the catalogue can have this value."""
        tag = self.catalogue.tags.get(name)
        if tag is None:
            return name in self.order
        if tag.kind in ("value", "set"):
            return isinstance(value, str if tag.kind == "value" else list)
        return value in [rule.value for rule in tag.rules]
