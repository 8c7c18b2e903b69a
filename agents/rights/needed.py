"""Every right that a worker needs in Kafka: the whole list; no more is granted in `deploy/`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from agents.names import Names
from agents.settings import Settings

Operation = Literal["Read", "Write", "DescribeConfigs"]
BITS: Final[dict[Operation, int]] = {"Read": 3, "Write": 4, "DescribeConfigs": 10}
"""Kafka's numbers of operations: bits in its answers. Read and Write include Describe."""


@dataclass(frozen=True, slots=True)
class Right:
    """One operation on one topic, or on the consumer group."""

    operation: Operation
    kind: Literal["topic", "group"]
    name: str

    def __str__(self) -> str:
        return f"{self.operation} on {self.kind} {self.name}"


def needed(settings: Settings, *, across: bool) -> Iterator[Right]:
    """All of them; `across`: with those of a catalogue that compares contents across users.

    DescribeConfigs: whether the topics' settings keep what we promise.
    """
    names = Names.of(settings)
    for topic in names.inputs:
        yield Right("Read", "topic", topic)
    for topic in names.dlqs:
        yield Right("Write", "topic", topic)
    contents = (names.contents, names.contents_changelog) if across else ()
    for topic in (*names.owned, names.changelog, *contents):
        yield Right("Read", "topic", topic)
        yield Right("Write", "topic", topic)
    for topic in (*names.topics, *names.dlqs, names.changelog):
        yield Right("DescribeConfigs", "topic", topic)
    yield Right("Read", "group", names.group)
    if across:
        yield Right("Read", "group", names.contents_group)
