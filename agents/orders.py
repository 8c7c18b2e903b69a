"""A person's order about one user: sent as an event, and awaited until the workers have taken it.

What an order must bring about is seen in Redis alone, so that is where the proof is looked for.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from agents.errors import FoundWrong, WrongUse
from agents.kafka_client import producer, reaching
from agents.names import Names
from agents.redis.connection import connect, reaching_redis
from agents.redis.keys import Keys
from agents.settings import Settings
from agents.topics.manage import input_partitions
from schemas.decode import Decoder
from schemas.murmur2 import partition_of
from schemas.rejects import Rejected

TOPIC = "profiles"
SOURCE = "tagstream"  # of the events that this program sends for a person
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Sent:
    """Where the order stands in its topic (full name)."""

    topic: str
    partition: int
    offset: int


def order(kind: str, user: str, now: int, currency: str, **fields: object) -> Mapping[str, object]:
    """The event of an order; WrongUse if it could not be one."""
    event = {"id": str(uuid4()), "source": SOURCE, "type": kind, "user_id": user, "time": now}
    event |= {name: value for name, value in fields.items() if value is not None}
    try:
        Decoder(currency).decode(TOPIC, _encoded(event), (), now)
    except Rejected as rejected:
        raise WrongUse(f"this cannot be sent: {rejected.message}") from None
    return event


async def send(settings: Settings, event: Mapping[str, object]) -> Sent:
    """Sends the order to its user's partition and waits until Kafka has it."""
    user = str(event["user_id"])
    partition = partition_of(user, await input_partitions(settings))
    topic = Names.of(settings).topic(TOPIC)
    async with producer(settings) as kafka:
        with reaching(settings):
            kept = await kafka.send_and_wait(
                topic, _encoded(event), user.encode(), partition=partition
            )
    return Sent(topic, partition, kept.offset)


async def wait_until_taken(settings: Settings, sent: Sent, wait_s: float) -> None:
    """Returns when the workers have passed the order; FoundWrong if they do not in time."""
    key, field = Keys(settings.prefix).partition_meta(sent.partition), f"pos:{sent.topic}"
    deadline = time.monotonic() + wait_s
    async with connect(settings) as redis:
        while time.monotonic() < deadline:
            with reaching_redis(settings):
                position = await redis.hget(key, field)
            if position is not None and int(position) > sent.offset:
                return
            await asyncio.sleep(_LOOK_S)
    raise FoundWrong(
        f"sent ({sent.topic}, partition {sent.partition}, offset {sent.offset}), but no worker has "
        f"taken it within {wait_s:g} s: it will be carried out when one does; see tagstream status"
    )


def _encoded(event: Mapping[str, object]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
