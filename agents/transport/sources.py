"""Reads given ranges of the source topics again: what a restore replays."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiokafka.structs import TopicPartition

from agents.transport.changelog import reading
from agents.transport.merge import Positions


class Deleted(Exception):  # noqa: N818 - named by what happened
    """Retention has deleted records that a replay needs."""


class Sources:
    """The source topics, by topic index. `client`: how to reach Kafka (aiokafka keywords)."""

    def __init__(self, topics: Sequence[str], client: Mapping[str, Any]) -> None:
        self._topics, self._client = topics, client

    async def read(
        self, partition: int, after: Positions, until: Positions, wanted: Callable[[], bool]
    ) -> list[list[Any]]:
        """Records of each topic from `after` up to, not including, `until`; raises Deleted."""
        found: list[list[Any]] = [[] for _ in self._topics]
        todo = {
            TopicPartition(topic, partition): index
            for index, topic in enumerate(self._topics)
            if after[index] < until[index]
        }
        if not todo:
            return found
        async with reading(self._client, list(todo)) as kafka:
            self._refuse_deleted(await kafka.beginning_offsets(list(todo)), todo, after)
            for tp, index in todo.items():
                kafka.seek(tp, after[index])
            while todo and wanted():
                for tp, records in (await kafka.getmany(*todo, timeout_ms=200)).items():
                    found[todo[tp]] += [r for r in records if r.offset < until[todo[tp]]]
                for tp in [tp for tp, i in todo.items() if await kafka.position(tp) >= until[i]]:
                    kafka.pause(tp)
                    del todo[tp]
        return found

    async def first_offsets(self, partition: int) -> Positions:
        """The first offset of each topic that retention has left."""
        tps = [TopicPartition(topic, partition) for topic in self._topics]
        async with reading(self._client, tps) as kafka:
            first = await kafka.beginning_offsets(tps)
        return tuple(first[tp] for tp in tps)

    def _refuse_deleted(
        self,
        first: Mapping[TopicPartition, int],
        todo: Mapping[TopicPartition, int],
        after: Positions,
    ) -> None:
        for tp, index in todo.items():
            if first[tp] > after[index]:
                raise Deleted(
                    f"{tp.topic} {tp.partition}: records from {after[index]} are needed, but "
                    f"retention has deleted all before {first[tp]}; `tagstream rebuild` begins "
                    "a new run"
                )
