"""When a storm is due, and what leads to it: the catalogue and the events of its users.

All users have one event at the same time, which leaves its window at the same instant. The window
is as long as loading may take.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from benchmarks.loading import Record

CATALOGUE = """\
catalogue: storm
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  likes: {count: [like], window: WINDOWs}
  visits: {count: [visit]}
tags:
  lively: {dimension: behaviour, when: likes >= 1}
  met: {dimension: behaviour, when: visits >= 1}
"""
STORMY, CALM = "lively", "met"  # the tag that goes in the storm, and that of the other events
_STEPS = 24  # of a window, by default
_LOADED_A_S, _START_S = 5_000, 15  # at least: the machine may be busy
_WHOLE_S = 3  # so that a step is whole milliseconds


@dataclass(frozen=True, slots=True)
class Due:
    """All users' event time, the length of their window, and when their tag goes (epoch ms)."""

    event: int
    window_s: int
    instant: int


def window_s(users: int) -> int:
    """Return how long the window is to be, so that so many users can be loaded within it.

    >>> window_s(5_000), window_s(1_000_000)
    (18, 216)
    """
    wanted = _START_S + -(-users // _LOADED_A_S)
    return -(-wanted // _WHOLE_S) * _WHOLE_S


def due(users: int, now: int) -> Due:
    """Return when the storm is due if loading begins now: a step before now plus the window."""
    window = window_s(users)
    step = window * 1000 // _STEPS
    instant = (now + window * 1000) // step * step
    return Due(instant - window * 1000, window, instant)


def user_id(number: int) -> str:
    """Return the name of a user of the storm.

    >>> user_id(7), number_of("s0000007")
    ('s0000007', 7)
    """
    return f"s{number:07d}"


def number_of(user: str) -> int:
    """Return which user of the storm this is."""
    return int(user[1:])


def load(topic: str, users: int, at: int) -> Iterator[Record]:
    """Return one event of each user, all at the same event time."""
    encode = msgspec.json.Encoder().encode
    for number in range(users):
        user = user_id(number)
        event = {"id": f"e{number}", "source": "bench", "type": "like", "user_id": user, "time": at}
        yield Record(topic, user.encode(), encode(event), at)
