"""Lines of event files into Kafka: each to the topic of its type, in the order they come."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agents.names import Names
from agents.offline.lines import Line
from agents.send.batches import Batches
from agents.send.routing import address
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS

LARGEST = 1_000_000
"""Bytes. A broker takes little more in one record by default; an event may have 256 KiB."""


@dataclass(slots=True)
class Tally:
    """How many records went to each topic (logical name), and how many lines went nowhere."""

    topics: Counter[str] = field(default_factory=Counter)
    unsent: int = 0


Complain = Callable[[Line, str], object]
"""Told of each line that is not sent, and why."""


async def send_lines(
    lines: Iterable[Line], batches: Batches, names: Names, complain: Complain
) -> Tally:
    """Sends each line as it stands to the topic of its type, keyed by its user.

    A broken event whose type can be made out is sent too: the worker is the judge, and the
    upstream finds it among the dead letters. A line without a known type has no topic: it is
    complained about. Returns when Kafka has acknowledged all.
    """
    tally, topics = Tally(), {logical: names.topic(logical) for logical in INPUT_TOPICS}
    for line in lines:
        try:
            to = address(_of_allowed_size(line))
        except Rejected as rejected:
            tally.unsent += 1
            complain(line, rejected.message)
            continue
        key = to.user_id.encode() if to.user_id else None
        while not batches.add(topics[to.topic], key, line.data, to.headers):
            await batches.make_room()
        tally.topics[to.topic] += 1
    await batches.flush()
    return tally


def _of_allowed_size(line: Line) -> bytes:
    if len(line.data) > LARGEST:
        raise Rejected("too_large", f"more than {LARGEST:,} bytes, which no Kafka record may have")
    return line.data
