"""Reads the dead-letter topics from beginning to end, and keeps what is asked for."""

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

from aiokafka.structs import TopicPartition

from agents.dlq.letter import DeadLetter
from agents.errors import FoundWrong
from agents.kafka_client import client_options, reaching
from agents.names import Names
from agents.settings import Settings
from agents.topics.manage import input_partitions
from agents.transport.changelog import reading
from schemas.topics import INPUT_TOPICS


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dead letters are meant; empty or None: all.

    `topics`: logical ones. `since` and `until` (ms): when the event came, `until` excluded.
    """

    reasons: Collection[str] = ()
    topics: Collection[str] = ()
    since: int | None = None
    until: int | None = None
    places: Collection[str] = ()

    def has(self, letter: DeadLetter) -> bool:
        """Whether the letter is one of them."""
        return (
            (not self.reasons or letter.reason in self.reasons)
            and (not self.places or letter.place in self.places)
            and (self.since is None or letter.arrived >= self.since)
            and (self.until is None or letter.arrived < self.until)
        )


async def dead_letters(settings: Settings, wanted: Filter) -> AsyncIterator[DeadLetter]:
    """Those that are wanted, of what was there at the beginning; in order within a partition."""
    names, partitions = Names.of(settings), await input_partitions(settings)
    topics = [names.dlq(names.topic(t)) for t in INPUT_TOPICS if t in (wanted.topics or (t,))]
    tps = [TopicPartition(topic, number) for topic in topics for number in range(partitions)]
    with reaching(settings):
        async with reading(client_options(settings), tps) as kafka:
            ends = await kafka.end_offsets(tps)
            first = await kafka.beginning_offsets(tps)
            todo = {tp for tp in tps if first[tp] < ends[tp]}
            for tp in tps:
                kafka.seek(tp, first[tp]) if tp in todo else kafka.pause(tp)
            while todo:
                for tp, records in (await kafka.getmany(*todo, timeout_ms=200)).items():
                    for record in records:
                        letter = DeadLetter.of(record)
                        if record.offset < ends[tp] and wanted.has(letter):
                            yield letter
                for tp in [tp for tp in todo if await kafka.position(tp) >= ends[tp]]:
                    kafka.pause(tp)
                    todo.discard(tp)


async def one_of_each(settings: Settings, places: Collection[str]) -> list[DeadLetter]:
    """The letters at these places; FoundWrong if one is not there."""
    found = [letter async for letter in dead_letters(settings, Filter(places=places))]
    if missing := sorted(set(places) - {letter.place for letter in found}):
        raise FoundWrong(
            f"{missing[0]}: no dead letter is there; a place is TOPIC:PARTITION:OFFSET as "
            "tagstream dlq list shows it"
        )
    return found
