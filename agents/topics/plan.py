"""Every topic that tagstream reads or writes: the whole list; its settings are in topics.yaml."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from agents.names import Names
from agents.settings import Settings

_WITHOUT_LIMIT = -1


@dataclass(frozen=True, slots=True)
class Config:
    """What one topic configuration has to be: exactly `value`, or with `at_least` no less."""

    value: str
    at_least: bool = False

    def met_by(self, found: str) -> bool:
        """Whether a broker's value will do.

        >>> Config("100", at_least=True).met_by("250"), Config("compact").met_by("delete")
        (True, False)
        """
        if self.at_least:
            return int(found) >= int(self.value) or int(found) == _WITHOUT_LIMIT
        return found == self.value

    def __str__(self) -> str:
        return f"at least {self.value}" if self.at_least else self.value


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it ought to be; all of them have equally many partitions."""

    name: str
    partitions: int
    configs: Mapping[str, Config] = field(default_factory=dict)


def _read() -> dict[str, Any]:
    """Return what topics.yaml says."""
    text = (files("agents.topics") / "topics.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))


def _configs(values: Mapping[str, Any]) -> Mapping[str, Config]:
    """The settings of one kind of topic."""
    return {
        name: Config(str(value["at_least"]), at_least=True)
        if isinstance(value, Mapping)
        else Config(str(value))
        for name, value in values.items()
    }


_FILE = _read()
REPLICAS: int = _FILE["replicas"]
MIN_INSYNC_REPLICAS: int = _FILE["min.insync.replicas"]
PARTITIONS: Mapping[str, int] = _FILE["partitions"]
"""By deployment."""
EVENTS = _configs(_FILE["configs"]["events"])
DEAD_LETTERS = _configs(_FILE["configs"]["dead_letters"])
CHANGELOG = _configs(_FILE["configs"]["changelog"])


def planned(settings: Settings) -> tuple[Topic, ...]:
    """All topics, those that others write to first."""
    return tuple(
        Topic(name, settings.partitions, configs) for name, configs in _names(Names.of(settings))
    )


def _names(names: Names) -> Iterator[tuple[str, Mapping[str, Config]]]:
    for name in names.topics:  # the owned ones too: they are merged by arrival with the inputs
        yield name, EVENTS
    for name in names.dlqs:
        yield name, DEAD_LETTERS
    yield names.contents, EVENTS
    for name in (names.changelog, names.contents_changelog):
        yield name, CHANGELOG
