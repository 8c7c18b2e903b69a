"""A block: what the transport hands to the agent at once, for one partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from agents.transport.merge import Positions


class KafkaRecord(Protocol):
    """The parts of a Kafka record that we read."""

    @property
    def offset(self) -> int:
        """Its number in the partition."""
        ...

    @property
    def timestamp(self) -> int:
        """When it arrived (epoch ms), or as its producer said."""
        ...

    @property
    def key(self) -> bytes | None:
        """The producer's key."""
        ...

    @property
    def value(self) -> bytes | None:
        """The event, or something that is none."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Names and values, in order."""
        ...


class Owner(Protocol):
    """Who owns a partition now; a block of an owner that is no longer live is ignored."""

    partition: int
    live: bool
    positions: Positions

    @property
    def due(self) -> bool:
        """Whether deadlines that the clock has passed still wait to be settled."""
        ...


OwnerT = TypeVar("OwnerT", bound=Owner)


@dataclass(frozen=True, slots=True)
class Block(Generic[OwnerT]):
    """Merged records of one partition, or none: then it is a lapse of time."""

    owner: OwnerT
    after: Positions  # where it continues from
    positions: Positions  # where it ends: what Redis and then Kafka are told
    records: Sequence[KafkaRecord] = ()
    topics: Sequence[int] = ()  # topic index of each record
    tick: int | None = None  # the partition's clock may go here (epoch ms); None: it may not
    sliced: bool = False  # of the present, by the wall clock: who is due may wait for slices
