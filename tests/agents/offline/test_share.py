"""All shares of a replay together write what the plain replay writes, byte for byte."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.offline import replay, share
from agents.offline.events import Refused
from agents.offline.lines import Line
from agents.offline.merging import collect
from agents.offline.replay import Replay, Summary
from agents.offline.share import Share
from schemas.events import Event, Profile
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.catalogue.model import Catalogue
from streams.engine import Engine
from tests.agents.offline.kept import Kept
from tests.streams.catalogues import Arrival, catalogues, histories

Input = Sequence[Event | Refused]

FORGET = st.sampled_from([None, None, 2_000, 3_600_000])
UNTIL = st.sampled_from([None, None, -1_000, 0, 1_500, 86_400_000])
"""How long after the middle event."""
ORDERS = st.lists(st.sampled_from(["", "", "", "", "erase", "override", "refused"]), max_size=30)


def spread(history: Sequence[Arrival], orders: Sequence[str]) -> Input:
    """The events of two users as those of six, some in the place of orders and broken lines."""
    events = [arrival.event for arrival in history]
    return [
        _ordered(place, event, orders[place] if place < len(orders) else "")
        for place, event in enumerate(events)
    ]


def _ordered(place: int, event: Event, order: str) -> Event | Refused:
    user = f"{event.user_id}-{int(event.id[1:]) % 3}"
    common: dict[str, Any] = {"source": event.source, "user_id": user, "time": event.time}
    match order:
        case "erase":
            return Profile(type="erase", id=f"x{event.id}", **common)
        case "override":
            said: dict[str, Any] = {"tag": "t0", "value": "v0", "until": event.time + 3_000}
            return Profile(type="override", id=f"o{event.id}", **said, **common)
        case "refused":
            topic = (None, *INPUT_TOPICS)[place % 4]
            fault = Rejected("not_json", "broken")
            return Refused(Line("file", place, b"{]"), event.time, topic, fault)
    return msgspec.structs.replace(event, user_id=user)


def plain(engine: Engine, events: Input, now: int, until: int | None) -> tuple[Kept, Summary]:
    """One process."""
    sink = Kept()
    return sink, Replay(engine, TOPICS, sink, now, until).run(events)


def shared(
    engine: Engine, events: Input, now: int, until: int | None, parts: int
) -> tuple[Kept, Summary]:
    """So many shares, without processes."""
    shares = [
        Share(engine, TOPICS, part, parts, now, until).batches(iter(events))
        for part in range(parts)
    ]
    sink = Kept()
    return sink, collect(parts, lambda part: next(shares[part]), sink, lambda _: None)


def compare(catalogue: Catalogue, events: Input, until: int | None, parts: int) -> None:
    """Same lines, same figures."""
    engine, now = Engine(catalogue), max(event.time for event in events)
    expected, summary = plain(engine, events, now, until)
    found, figures = shared(engine, events, now, until, parts)
    assert found.lines == expected.lines
    assert figures == summary


@settings(max_examples=60, deadline=None)
@given(catalogues, histories(), ORDERS, FORGET, UNTIL, st.integers(1, 5), st.integers(1, 40))
def test_shares_write_what_the_plain_replay_writes(
    catalogue: Catalogue,
    history: list[Arrival],
    orders: list[str],
    forget: int | None,
    until: int | None,
    parts: int,
    lines: int,
) -> None:
    """Any rules, late and repeated events, orders, broken lines, rounds and batches of any size."""
    events = spread(history, orders)
    end = None if until is None else events[len(events) // 2].time + until
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(share, "ROUND", lines)
        patch.setattr(share, "MOST_CHANGES", 1 + lines % 3)
        for module in (replay, share):
            patch.setattr(module, "MOST_DECODED", 4 * parts if lines % 2 else 1_000)
        compare(replace(catalogue, forget_after=forget), events, end, parts)
