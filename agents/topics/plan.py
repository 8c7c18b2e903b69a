"""Every topic that tagstream reads or writes, and what it has to look like: the whole list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from agents.names import Names
from agents.settings import Settings

_4_MIB = 4 * 1024 * 1024
_1_HOUR_MS = 3_600_000
_NEVER = 2**63 - 1


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
            return int(found) >= int(self.value)
        return found == self.value

    def __str__(self) -> str:
        return f"at least {self.value}" if self.at_least else self.value


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as it ought to be; all of them have equally many partitions."""

    name: str
    partitions: int
    configs: Mapping[str, Config] = field(default_factory=dict)


# The record timestamp is when the event came; its own time stands in the value. (Event time in
# the timestamp would let retention delete what has just arrived.)
ARRIVAL_TIME = {"message.timestamp.type": Config("LogAppendTime")}

CHANGELOG = {
    "cleanup.policy": Config("compact"),
    # A restore reads claim records of earlier epochs: compaction must leave them an hour.
    "min.compaction.lag.ms": Config(str(_1_HOUR_MS), at_least=True),
    "max.message.bytes": Config(str(_4_MIB), at_least=True),
    **ARRIVAL_TIME,
}

# A dead letter keeps the timestamp it came with and grows by our headers: a topic that refused
# either would hold up its partition for ever, for a rejected event is never dropped.
DEAD_LETTERS = {
    "message.timestamp.type": Config("CreateTime"),
    "message.timestamp.after.max.ms": Config(str(_NEVER)),
    "max.message.bytes": Config(str(_4_MIB), at_least=True),
}


def planned(settings: Settings) -> tuple[Topic, ...]:
    """All topics, those that others write to first."""
    return tuple(
        Topic(name, settings.partitions, configs) for name, configs in _names(Names.of(settings))
    )


def _names(names: Names) -> Iterator[tuple[str, Mapping[str, Config]]]:
    for name in names.topics:  # the owned ones too: they are merged by arrival with the inputs
        yield name, ARRIVAL_TIME
    for name in names.dlqs:
        yield name, DEAD_LETTERS
    yield names.contents, ARRIVAL_TIME
    for name in (names.changelog, names.contents_changelog):
        yield name, CHANGELOG
