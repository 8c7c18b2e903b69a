"""The tag job in idiomatic Faust: one agent, one table, one write an event.

Started by benchmarks/peers/processes.py: `faust -A benchmarks.peers.faust_plain.app worker`.
Its settings are those that helped: larger buffers and polls, a producer that lingers.
"""

import os
from typing import Any

import faust

from benchmarks.peers.probe import Probe

HOUR_MS, FIVE_MINUTES_MS = 3_600_000, 300_000
HOURS, SLICES = 24, 12
SMALL = 500.0
TIERS = ((20, "hot"), (5, "active"), (1, "low"), (0, "silent"))
MANY_SMALL = 3

app = faust.App(
    os.environ["BENCH_GROUP"],
    broker="kafka://" + os.environ["BENCH_KAFKA"],
    store="memory://",
    topic_partitions=4,
    web_enabled=False,
    table_standby_replicas=0,
    stream_buffer_maxsize=65_536,
    broker_max_poll_records=2_000,
    producer_linger=0.02,
    topic_disable_leader=True,
    value_serializer="raw",
)


class Event(faust.Record, serializer="json"):
    """One event of the job."""

    id: str
    source: str
    type: str
    user_id: str
    time: int
    community: str | None = None
    amount: float | None = None


events = app.topic(
    os.environ["BENCH_IN"], key_type=bytes, value_type=Event, key_serializer="raw", partitions=4
)
tags = app.topic(
    os.environ["BENCH_OUT"],
    key_type=bytes,
    key_serializer="raw",
    value_serializer="json",
    partitions=4,
)
table = app.Table(
    "state",
    key_type=bytes,
    partitions=4,
    schema=faust.Schema(key_type=bytes, key_serializer="raw", value_serializer="json"),
)
probe = Probe()


def fresh() -> dict[str, Any]:
    """The state of a new user: counts by bucket, the newest buckets, the tags."""
    return {"h": {}, "m": {}, "hb": 0, "mb": 0, "tier": "silent", "velocity": False}


def take(state: dict[str, Any], event: Event) -> None:
    """Count one event and forget what its time leaves behind."""
    hour, slice_ = event.time // HOUR_MS, event.time // FIVE_MINUTES_MS
    hours, slices = state["h"], state["m"]
    if event.amount is not None:
        if event.amount < SMALL and slice_ > state["mb"] - SLICES:
            slices[str(slice_)] = slices.get(str(slice_), 0) + 1
    elif hour > state["hb"] - HOURS:
        hours[str(hour)] = hours.get(str(hour), 0) + 1
    state["hb"], state["mb"] = max(state["hb"], hour), max(state["mb"], slice_)
    for old in [bucket for bucket in hours if int(bucket) <= state["hb"] - HOURS]:
        del hours[old]
    for old in [bucket for bucket in slices if int(bucket) <= state["mb"] - SLICES]:
        del slices[old]


def decide(state: dict[str, Any]) -> dict[str, Any]:
    """The tags that the counts give."""
    count = sum(state["h"].values())
    tier = next(tier for floor, tier in TIERS if count >= floor)
    return {"tier": tier, "velocity": sum(state["m"].values()) >= MANY_SMALL}


@app.agent(events)
async def tagger(stream: faust.StreamT[Event]) -> None:
    """The job."""
    async for record in stream.events():
        probe.begin()
        event, key = record.value, record.key
        state = table.get(key) or fresh()
        take(state, event)
        for tag, new in decide(state).items():
            old, state[tag] = state[tag], new
            if old != new:
                change = {"user_id": event.user_id, "tag": tag, "old": old, "new": new}
                await tags.send(key=key, value={**change, "time": event.time, "cause": event.id})
                probe.outputs += 1
        table[key] = state
        probe.seen()
