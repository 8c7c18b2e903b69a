"""The input of the tag job: the same bytes for everybody, whoever runs it and when.

A hundred thousand users, half of the events from a tenth of them, over the first two days of
2025, a few seconds out of order. For us the same events, split into our two topics.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import msgspec

from schemas.events import TOPIC_OF

USERS = 100_000
SEED = 7
START_MS = 1_735_689_600_000  # 2025-01-01T00:00:00Z
SPAN_MS = 172_800_000  # two days
JITTER_MS = 5_000
INTERACTIONS = ("like", "comment", "share", "visit")
MONEY, PAYMENTS = 0.3, 0.7  # share of events with an amount; of those, payments


class JobEvent(NamedTuple):
    """An event as the peers get it: Kafka's key and value, and its own time (epoch ms)."""

    type: str
    key: bytes
    value: bytes
    time: int

    @property
    def topic(self) -> str:
        """The logical topic that it goes to with us."""
        return TOPIC_OF[self.type]

    @property
    def ours(self) -> bytes:
        """The value with our name for the community; all else is the same."""
        return self.value.replace(b'"community":', b'"community_id":')


def events(number: int, users: int = USERS, seed: int = SEED) -> Iterator[JobEvent]:
    """Return that many events, in the order in which they are sent; the same ones each time."""
    dice = Random(seed)  # noqa: S311 - chance for load, not for secrets
    encode = msgspec.json.Encoder().encode
    hot = users // 10
    for i in range(number):
        # The order in which the dice are thrown is part of the format: see the checksum's test.
        user = dice.randrange(hot) if dice.random() < 0.5 else dice.randrange(users)  # noqa: PLR2004 - a half
        time = START_MS + i * SPAN_MS // number + dice.randrange(JITTER_MS)
        kind, amount = _kind_and_amount(dice)
        user_id = f"u{user:07d}"
        event = {"id": f"e{i:08d}", "source": "app", "type": kind, "user_id": user_id, "time": time}
        if amount is not None:
            event["amount"] = amount
        event["community"] = f"c{user % 50:02d}"
        yield JobEvent(kind, user_id.encode(), encode(event), time)


def _kind_and_amount(dice: Random) -> tuple[str, float | None]:
    if dice.random() < MONEY:
        kind = "payment" if dice.random() < PAYMENTS else "borrow"
        return kind, round(dice.lognormvariate(5.5, 1.2), 2)
    return dice.choice(INTERACTIONS), None


def everybody(users: int) -> Iterator[JobEvent]:
    """Return one event of each user, so that all of them have a state: the load of --recovery."""
    for i in range(users):
        user_id, time = f"u{i:07d}", START_MS + i * SPAN_MS // users
        event = {"id": f"e{i:08d}", "source": "app", "type": "visit", "user_id": user_id}
        value = msgspec.json.encode({**event, "time": time, "community": f"c{i % 50:02d}"})
        yield JobEvent("visit", user_id.encode(), value, time)
