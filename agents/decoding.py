"""Decodes the records of a block: each becomes an event, or the reason why it is none."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from agents.transport.block import KafkaRecord
from schemas.decode import Decoder
from schemas.events import Event
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS, TOPICS

ORIGIN_HEADER = "tagstream.origin"
CONTENTS = "contents"  # the origin of what is found across users
OWNED = len(INPUT_TOPICS)
"""From this topic index on the topics are our own, and a record says where it came from."""

_PROFILES = INPUT_TOPICS.index("profiles")  # nested: nothing is won by reading them together


def decoded(
    decoder: Decoder,
    records: Sequence[KafkaRecord],
    topics: Sequence[int],
    judge: Callable[[Event], None] = lambda _: None,
) -> list[Event | Rejected]:
    """What each record is; the topic index of each is beside it.

    `judge` may refuse a profile event, too, by raising Rejected.
    """
    present = set(topics)
    if len(present) == 1:
        return _of_topic(decoder, present.pop(), records, judge)
    found: list[Any] = [None] * len(records)
    for topic in present:
        places = [place for place, index in enumerate(topics) if index == topic]
        events = _of_topic(decoder, topic, [records[place] for place in places], judge)
        for place, event in zip(places, events, strict=True):
            found[place] = event
    return found


def _of_topic(
    decoder: Decoder, topic: int, records: Sequence[KafkaRecord], judge: Callable[[Event], None]
) -> list[Event | Rejected]:
    if topic < _PROFILES:
        return decoder.decode_all(TOPICS[topic], records)
    return list(_one_by_one(decoder, topic, records, judge))


def _one_by_one(
    decoder: Decoder, topic: int, records: Sequence[KafkaRecord], judge: Callable[[Event], None]
) -> Iterator[Event | Rejected]:
    for record in records:
        try:
            logical = TOPICS[topic] if topic < OWNED else origin_of(record)[0]
            event = decoder.decode(logical, record.value, record.headers, record.timestamp)
            if logical == "profiles":
                judge(event)
            yield event
        except Rejected as fault:
            yield fault.with_traceback(None)


def origin_of(record: KafkaRecord) -> tuple[str, tuple[str, int]]:
    """Logical topic and place (`topic:partition`, offset) that a forwarded record came from.

    Of a derived record the number of the fact stands for the offset.
    """
    for name, value in record.headers:
        if name == ORIGIN_HEADER:
            place, _, offset = value.decode().rpartition(":")
            topic = place.partition(":")[0]
            if topic == CONTENTS and offset.isdecimal():
                return "derived", (place, int(offset))
            if topic in INPUT_TOPICS and offset.isdecimal():
                return topic, (place, int(offset))
    raise Rejected("wrong_topic", "a forwarded record without its origin: who wrote it?")
