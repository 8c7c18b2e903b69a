"""How far behind its log each partition is, also while nothing is fetched.

A fetch tells the end of every log that it asks for. But nothing is fetched while enough is at
hand: a partition is stuck, Redis is away, the records of one topic wait for those of another; or
the partition is still being restored. Then Kafka is asked, seconds apart and beside the fetches,
so that the lag shown grows as the log does. While Kafka is away it is as of the last answer.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiokafka.errors import KafkaError
from faust.types import TP

LOOK_S = 3.0  # between two looks at which logs no fetch has told of

Offsets = Mapping[TP, int]


class Client(Protocol):
    """What is asked of the Kafka client's thread."""

    def ends(self, tps: Iterable[TP]) -> Mapping[TP, tuple[int, int | None, int | None]]:
        """Position, end of the log and time of the last fetch response, as far as there is one."""
        ...

    async def ask_ends(self, tps: Collection[TP]) -> Offsets:
        """The ends of these logs. Raises KafkaError, TimeoutError."""
        ...

    async def ask_committed(self, tps: Collection[TP]) -> Offsets:
        """What was committed of these, as far as there is anything. Raises as above."""
        ...


@dataclass(slots=True)
class LogEnds:
    """The ends of the logs of one consumer: `look` now and then, ask for `lag` at any time."""

    client: Client
    _asked: Offsets = field(default_factory=dict)  # ends of which no fetch has told since
    _waiting: Offsets = field(default_factory=dict)  # from where unowned partitions go on
    _fetched: Mapping[TP, int | None] = field(default_factory=dict)  # when, at the last look

    def lag(self, handed: Offsets) -> dict[TP, int]:
        """Records beyond these positions, and of partitions that nobody owns yet.

        A log of which nothing is known is left out.
        """
        told = {tp: end for tp, (_, end, _) in self.client.ends(handed).items() if end is not None}
        return {
            tp: max(0, max(told.get(tp, 0), self._asked.get(tp, 0)) - position)
            for tp, position in {**self._waiting, **handed}.items()
            if tp in told or tp in self._asked
        }

    async def look(self, handed: Collection[TP], waiting: Collection[TP]) -> None:
        """Learns the ends that no fetch has told since the last look.

        `waiting`: assigned, and not handed out yet.
        """
        fetched = {tp: at for tp, (_, _, at) in self.client.ends(handed).items()}
        silent = [tp for tp in handed if fetched.get(tp) == self._fetched.get(tp)]
        self._fetched = fetched
        self._waiting = {tp: at for tp, at in self._waiting.items() if tp in waiting}
        try:
            asked = await self.client.ask_ends([*silent, *waiting])
            self._waiting = await self.client.ask_committed(waiting)
        except (KafkaError, TimeoutError):
            return  # away, which is shown and told elsewhere; what was known is still the best
        self._asked = asked
