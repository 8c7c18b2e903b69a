"""What an event brings about: its own bytes, changes an event, bytes of a change in a stream.

    python -m benchmarks.volume [--users 5000] [--events 15] [--days 30]

Simulated members of a lending community under the packaged catalogue, as in `footprint`. The
memory of a stream is what a Redis' `used_memory` grows by when all changes are in one, by entry.
The constants of `streams/sizing.py` are taken from this.
"""

import argparse
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from redis import Redis

from agents.catalogue_file import require_engine
from agents.commands.output import print_json, print_table
from agents.settings import PACKAGED_CATALOGUE
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from benchmarks.footprint import START_MS
from schemas.changes import encode_change
from schemas.lines import LineDecoder
from schemas.topics import TOPICS
from streams.effects import Effects
from streams.engine import Engine
from tests.servers import RedisServer


@dataclass(frozen=True, slots=True)
class Volume:
    """Means."""

    events: int
    event_bytes: float  # key and value
    changes_an_event: float
    stream_entry_bytes: float  # memory in Redis


def measure(engine: Engine, plan: Plan, redis: str) -> Volume:
    """Play the plan, count, and put all changes into a stream."""
    partition, out = engine.partition(0, TOPICS), Effects()
    decode = LineDecoder(engine.catalogue.currency, now=(plan.end or 0)).decode
    topics: Mapping[str, int] = {topic: index for index, topic in enumerate(TOPICS)}
    events = size = 0
    for events, sent in enumerate(Traffic(plan), 1):
        event = decode(sent.value)
        size += len(sent.value) + len(event.user_id)
        partition.apply(topics[sent.topic], events, event, sent.due, out)
    changes = [encode_change(change) for change in out.changes]
    in_redis = stream_bytes(redis, changes)
    return Volume(events, size / events, len(changes) / events, in_redis / len(changes))


def stream_bytes(url: str, entries: Iterable[bytes]) -> int:
    """Return what Redis' memory grows by with these entries in one stream."""
    with Redis.from_url(url) as redis:
        before = int(redis.info("memory")["used_memory"])
        with redis.pipeline(transaction=False) as pipe:
            for number, entry in enumerate(entries, 1):
                pipe.xadd("changes", {"data": entry}, id=f"{number}-0")
                if not number % 1000:
                    pipe.execute()
            pipe.execute()
        return int(redis.info("memory")["used_memory"]) - before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=15, help="of each user")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    plan = Plan(
        START_MS, asked.users, asked.users * asked.events / 1000, 1000.0, speed=asked.days * 86.4
    )
    with RedisServer() as redis:
        volume = measure(require_engine(PACKAGED_CATALOGUE), plan, redis.url)
    if asked.json:
        print_json(asdict(volume))
    else:
        rows = [(name, f"{value:,.2f}") for name, value in asdict(volume).items()]
        print_table("", ("what", "mean#"), rows)


if __name__ == "__main__":
    main()
