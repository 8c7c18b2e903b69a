"""What is sent in a history: events on time, late, twice, in vain; sent on; forgotten users."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from agents.decoding import CONTENTS, ORIGIN_HEADER
from tests.agents.protocol.verdict import Sent

if TYPE_CHECKING:
    from tests.agents.protocol.world import World

START = 1_700_000_000_000
USERS = ("u0", "u1", "u2", "u3")
LIKES, MONEY, PROFILES, FORWARDED, DERIVED = 0, 1, 2, 3, 4


class Traffic:
    """Makes records; `origins` counts those that other partitions sent on."""

    def __init__(self, world: "World") -> None:
        self.world, self.chance = world, world.chance
        self.origins = self.number = 0
        self.before: list[tuple[int, dict[str, Any]]] = []

    async def grow(self) -> None:
        """About four records a second, in bursts and pauses, until it is enough."""
        for _ in range(self.chance.randint(20, 50)):
            await asyncio.sleep(self.chance.choice((0.0, 0.01, 0.1, 0.3, 0.9)))
            self.send()

    def send_some(self) -> None:
        """Six records at once."""
        for _ in range(6):
            self.send()

    def send(self) -> None:
        self.number += 1
        kind, number = self.chance.random(), self.number
        if kind < 0.08:
            self._append(LIKES, b"no event")
        elif kind < 0.12:
            self._append(PROFILES, self._event(number, "erase", "profiles"))
        elif kind < 0.24 and self.before and self.world.repeats:
            self._again()
        elif kind < 0.33:
            self._forward(number)
        elif kind < 0.38:
            self._derive(number)
        else:
            topic = self.chance.choice((LIKES, MONEY))
            event = self._act(number) if topic == LIKES else self._money(number)
            self.before.append((topic, event))
            self._append(topic, event)

    def _event(self, number: int, kind: str, _: str = "") -> dict[str, Any]:
        late = self.chance.choice((0, 0, 0, 200, 1_500, 4_000, 9_000, -700))
        user = self.chance.choice(USERS)
        time = self.world.now_ms() - late
        return {"id": str(number), "source": "sim", "user_id": user, "type": kind, "time": time}

    def _act(self, number: int) -> dict[str, Any]:
        kind = self.chance.choice(("like", "like", "like", "join", "leave", "post", "comment"))
        event = self._event(number, kind)
        if kind != "like":
            event["community_id"] = self.chance.choice(("c1", "c2"))
        if kind == "post":
            event["content"] = self.chance.choice(("buy", "sell"))
        return event

    def _money(self, number: int) -> dict[str, Any]:
        kind = self.chance.choice(("borrow", "payment"))
        return self._event(number, kind) | {"amount": self.chance.choice((5, 12, 30))}

    def _again(self) -> None:
        """The producer repeats an event; its time may even differ."""
        topic, event = self.chance.choice(self.before[-6:])
        later = self.chance.choice((0, 0, 900, 2_500))
        self._append(topic, event | {"time": event["time"] + later})

    def _forward(self, number: int) -> None:
        """A worker of another partition sends an event on; it may crash and do it again."""
        event = self._event(number, "like")
        origin = (ORIGIN_HEADER, f"interactions:7:{self.origins}".encode())
        self.origins += 1
        for _ in range(self.chance.choice((1, 1, 2))):
            self._append(FORWARDED, event, origin)

    def _derive(self, number: int) -> None:
        """The agent of contents found something; it may crash and send it again."""
        post = self._event(number, "copied")
        figures = {"detector": "copied", "content": "7", "users": 2, "communities": 1}
        fact = post | figures | {"within": 10_000, "events": [], "stale": False}
        origin = (ORIGIN_HEADER, f"{CONTENTS}:7:{number}".encode())
        for _ in range(self.chance.choice((1, 1, 2))):
            self._append(DERIVED, fact, origin)

    def _append(
        self, topic: int, event: dict[str, Any] | bytes, *headers: tuple[str, bytes]
    ) -> None:
        value = event if isinstance(event, bytes) else json.dumps(event).encode()
        now = self.world.now_ms()
        offset = self.world.topics[topic].append(now, None, value, tuple(headers))
        known = None if isinstance(event, bytes) else event
        self.world.sent.append(Sent(topic, offset, known))
