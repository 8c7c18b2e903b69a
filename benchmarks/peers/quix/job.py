"""The tag job in Quix Streams: state in RocksDB with a changelog, at least once.

The state is packed by msgspec through `get_bytes` and `set_bytes`: faster than the library's
JSON values (BENCH_MODE=json). Its own job in plain Python, as fast as we could write it.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from probe import Probe  # type: ignore[import-not-found] # this file and the probe are on the path, nothing else of ours is
from quixstreams import Application  # type: ignore[import-not-found] # in its own environment

HOUR_MS, FIVE_MINUTES_MS = 3_600_000, 300_000
TIERS = ("silent", "low", "active", "hot")
INTERACTIONS = {"like", "comment", "share", "visit"}
SMALL = 500

probe = Probe()


def fresh() -> list[Any]:
    """Newest hour, 24 counts; newest five minutes, 12 counts and 12 sums; tier, velocity."""
    return [0, [0] * 24, 0, [0] * 12 + [0.0] * 12, 0, 0]


def step(s: list[Any], e: dict[str, Any]) -> Sequence[dict[str, Any]]:  # noqa: C901, PLR0912 - one function: calls cost
    """Take event `e` into state `s`; the records that come out."""
    t = e["time"]
    h = s[1]
    b = t // HOUR_MS
    d = b - s[0]
    if d > 0:
        if d >= 24:
            h[:] = (0,) * 24
        else:
            for i in range(s[0] + 1, b + 1):
                h[i % 24] = 0
        s[0] = b
    m = s[3]
    k = t // FIVE_MINUTES_MS
    d2 = k - s[2]
    if d2 > 0:
        if d2 >= 12:
            m[:] = (0,) * 24
        else:
            for i in range(s[2] + 1, k + 1):
                m[i % 12] = 0
                m[i % 12 + 12] = 0
        s[2] = k
    if e["type"] in INTERACTIONS:
        if d > -24:
            h[b % 24] += 1
    elif d2 > -12 and e["amount"] < SMALL:
        m[k % 12] += 1
        m[k % 12 + 12] += e["amount"]
    n = sum(h)
    tier = 0 if n == 0 else 1 if n < 5 else 2 if n < 20 else 3
    vel = 1 if sum(m[:12]) >= 3 else 0
    if tier == s[4] and vel == s[5]:
        return ()
    common = {"user_id": e["user_id"], "time": t, "cause": e["id"]}
    out = []
    if tier != s[4]:
        out.append({**common, "tag": "activity", "old": TIERS[s[4]], "new": TIERS[tier]})
        s[4] = tier
    if vel != s[5]:
        out.append({**common, "tag": "velocity", "old": bool(s[5]), "new": bool(vel)})
        s[5] = vel
    probe.outputs += len(out)
    return out


def as_json(event: dict[str, Any], state: Any) -> Sequence[dict[str, Any]]:
    """One event, the state as a JSON value."""
    probe.begin()
    user = state.get("u") or fresh()
    out = step(user, event)
    state.set("u", user)
    probe.seen()
    return out


def as_bytes() -> Callable[[dict[str, Any], Any], Sequence[dict[str, Any]]]:
    """The same, the state packed into one value of bytes."""
    encode, decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode

    def job(event: dict[str, Any], state: Any) -> Sequence[dict[str, Any]]:
        probe.begin()
        packed = state.get_bytes("u")
        user = decode(packed) if packed else fresh()
        out = step(user, event)
        state.set_bytes("u", encode(user))
        probe.seen()
        return out

    return job


def main() -> None:
    """Run until killed."""
    app = Application(
        broker_address=os.environ["BENCH_KAFKA"],
        consumer_group=os.environ["BENCH_GROUP"],
        auto_offset_reset="earliest",
        state_dir=os.environ["BENCH_STATE"],
        processing_guarantee="at-least-once",
        consumer_extra_config={
            "fetch.wait.max.ms": 100,
            "queued.min.messages": 50_000,
            "fetch.queue.backoff.ms": 5,
        },
        producer_extra_config={
            "linger.ms": 5,
            "batch.size": 131_072,
            "queue.buffering.max.messages": 1_000_000,
        },
    )
    events = app.topic(os.environ["BENCH_IN"], key_deserializer="str", value_deserializer="json")
    tags = app.topic(os.environ["BENCH_OUT"], key_serializer="str", value_serializer="json")
    job = as_json if os.environ.get("BENCH_MODE") == "json" else as_bytes()
    app.dataframe(events).apply(job, stateful=True, expand=True).to_topic(tags)
    app.run()


if __name__ == "__main__":
    main()
