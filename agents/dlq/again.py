"""Dead letters sent to their input topic once more, under their own id, key and headers.

Because the id stays, an event that was applied meanwhile, or is sent twice, is recognised as a
repeat and counts once (among the user's last 32 events of the topic). What would be
rejected again is not sent: it would only come back.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from agents.corrections import refuse_impossible
from agents.dlq.letter import DeadLetter
from agents.kafka_client import producer, reaching
from agents.names import Names
from agents.settings import Settings
from agents.topics.manage import input_partitions
from schemas.decode import Decoder
from schemas.murmur2 import partition_of
from schemas.rejects import Rejected
from streams.engine import Engine

_AT_ONCE = 500  # records that may wait for their acknowledgement


@dataclass(frozen=True, slots=True)
class Again:
    """What becomes of a letter if it is sent now: the user it is about, or why it is rejected."""

    letter: DeadLetter
    user: str | None
    rejected: Rejected | None = None


def judge(letters: Iterable[DeadLetter], engine: Engine, names: Names, now: int) -> list[Again]:
    """What a worker of this catalogue would say of each at this time (ms)."""
    decoder, judged = Decoder(engine.catalogue.currency), []
    for letter in letters:
        logical = names.logical(letter.topic)
        assert logical is not None, "a dead letter of an input topic"
        try:
            event = decoder.decode(logical, letter.value, letter.headers, now)
            refuse_impossible(event, engine.domains)
        except Rejected as rejected:
            judged.append(Again(letter, None, rejected))
        else:
            judged.append(Again(letter, event.user_id))
    return judged


def now_ms() -> int:
    """The time that a broker would stamp."""
    return int(time.time() * 1000)


async def send_again(
    settings: Settings, accepted: Iterable[Again], progress: Callable[[int], None]
) -> int:
    """Send them to the partitions of their users; return how many, when Kafka has them all."""
    partitions, sent = await input_partitions(settings), 0
    async with producer(settings) as kafka:
        with reaching(settings):
            under_way = []
            for again in accepted:
                under_way.append(await _send(kafka, again, partitions))
                if len(under_way) == _AT_ONCE:
                    sent += await _all(under_way)
                    progress(sent)
            sent += await _all(under_way)
            progress(sent)
    return sent


async def _send(kafka: AIOKafkaProducer, again: Again, partitions: int) -> asyncio.Future[object]:
    assert again.user is not None, "not one that is rejected again"
    letter = again.letter
    future: asyncio.Future[object] = await kafka.send(
        letter.topic,
        letter.value,
        letter.key,
        partition=partition_of(again.user, partitions),
        headers=list(letter.headers),
    )
    return future


async def _all(under_way: list[asyncio.Future[object]]) -> int:
    await asyncio.gather(*under_way)
    count = len(under_way)
    under_way.clear()
    return count
