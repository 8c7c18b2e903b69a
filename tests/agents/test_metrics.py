import re
from pathlib import Path
from typing import Any

from prometheus_client.exposition import generate_latest

from agents.metrics import Metrics
from agents.redis.info import memory_of
from agents.session import Call, Session
from agents.tagger import Tagger
from agents.transport.block import Block
from schemas.decode import Decoder
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.test_applying import CATALOGUE, START, FakeRecord

PROMISED = {
    "tagstream_events_total": {"topic", "outcome"},
    "tagstream_tag_changes_total": {"tag", "cause"},
    "tagstream_alerts_total": {"detector", "severity"},
    "tagstream_event_to_visible_seconds": set(),
    "tagstream_block_seconds": {"stage"},
    "tagstream_checkpoint_seconds": set(),
    "tagstream_consumer_lag_records": {"topic", "partition"},
    "tagstream_clock_timestamp_seconds": {"partition"},
    "tagstream_recovery_seconds": set(),
    "tagstream_users": {"partition"},
    "tagstream_redis_errors_total": {"class"},
    "tagstream_fenced_total": set(),
    "tagstream_dlq_total": {"topic", "reason"},
    "tagstream_build_info": set(),
}
"""Names and labels that other people's dashboards rely on; not those of the build."""


class Accepting:
    """Publishes to nobody."""

    async def publish(self, session: Session, call: Call) -> None:
        pass

    async def send(self, session: Session, rejects: list[Any], forwards: list[Any]) -> None:
        pass


def page(metrics: Metrics) -> str:
    return generate_latest(metrics.registry).decode()


def series(metrics: Metrics) -> set[str]:
    """Names and labels of all that Prometheus would store."""
    return {line.rpartition(" ")[0] for line in page(metrics).splitlines() if line[0] != "#"}


def test_every_metric_that_is_promised_is_there_with_its_labels() -> None:
    metrics = Metrics()
    collectors: list[Any] = list(metrics.registry._collector_to_names)
    described = {getattr(collector, "_name", ""): collector for collector in collectors}
    for name, labels in PROMISED.items():
        plain = name.removesuffix("_total").removesuffix("_info")
        assert plain in described, name
        assert set(described[plain]._labelnames) == labels, name
        assert re.search(rf"^# TYPE {name}", page(metrics), re.MULTILINE), name


def test_the_page_on_metrics_tells_each_with_kind_labels_and_meaning() -> None:
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    collectors: list[Any] = list(Metrics().registry._collector_to_names)
    for metric in (one for one in collectors if hasattr(one, "_labelnames")):
        name = metric._name + {"counter": "_total", "info": "_info"}.get(metric._type, "")
        labels = ", ".join(f"`{label}`" for label in metric._labelnames)
        assert f"| `{name}` | {metric._type} | {labels} | {metric._documentation} |" in page


KINDS = ("like", "payment", "like", "nonsense")


def block_of(owner: Session, users: range) -> Block[Session]:
    """An event of each user, a millisecond apart: two likes, a payment and something broken."""
    records, topics, ends = list[FakeRecord](), list[int](), list(owner.positions)
    for user in users:
        kind, at = KINDS[user % 4], START + user
        topic = 1 if kind == "payment" else 0
        more = ',"amount":30' if kind == "payment" else f',"content":"c{user}"'
        text = (
            f'{{"id":"i{user}","source":"s{user}","type":"{kind}","user_id":"u{user}",'
            f'"community_id":"k{user}","time":{at}{more}}}'
        )
        records.append(FakeRecord(ends[topic], at, text.encode(), key=f"u{user}".encode()))
        topics.append(topic)
        ends[topic] += 1
    tick = START + users.stop
    return Block(owner, owner.positions, tuple(ends), records, topics, tick)


async def test_a_hundred_thousand_users_add_no_series() -> None:
    """Whatever users do and are called: the number of series is that of the catalogue."""
    metrics, client = Metrics(), Accepting()
    edges: dict[str, Any] = {"publisher": client, "outgoing": client}
    tagger = Tagger(
        Decoder("CNY"),
        metrics=metrics,
        partitions=1,
        max_reject_ratio=1.0,
        on_lost=lambda *_: None,
        **edges,
    )
    state = Engine(load(CATALOGUE, "small.yaml")).partition(0, TOPICS)
    owner = Session(0, state, 0, "r", "s", 1, 0, 0, (0,) * 5, 1)
    counts = list[int]()
    for first in range(0, 100_000, 2_000):
        await tagger.process(block_of(owner, range(first, first + 2_000)))
        if first % 20_000 == 0:
            counts.append(len(series(metrics)))
    assert state.users == 75_000  # the rest was broken
    assert metrics.users.labels("0")._value.get() == state.users
    assert counts[-1] == counts[1]  # from then on tags expire too
    assert not re.search(r'"[usck]\d{2,}', page(metrics))


def test_what_alerts_ask_for_is_there_before_anything_has_happened() -> None:
    """A rate of nothing is nothing, and not 0: workers that never read an event would be calm."""
    shown = page(Metrics())
    for topic in INPUT_TOPICS:
        for outcome in ("applied", "rejected"):
            assert f'tagstream_events_total{{outcome="{outcome}",topic="{topic}"}} 0.0' in shown
        assert f'tagstream_dlq_total{{reason="bad_field",topic="{topic}"}} 0.0' in shown
    for server in ("kafka", "redis"):
        assert f'tagstream_server_away{{server="{server}"}} 0.0' in shown


def test_figures_of_a_partition_that_was_given_up_are_gone() -> None:
    """Else the lag at which it left would be an alert for ever."""
    metrics = Metrics()
    for partition in ("0", "1"):
        metrics.clock.labels(partition).set(1)
        metrics.users.labels(partition).set(1)
    metrics.show_lag({("a", 0): 5, ("a", 1): 7})
    metrics.show_partitions([0], [0, 1])
    assert 'tagstream_partitions{state="restoring"} 1.0' in page(metrics)
    metrics.show_lag({("a", 0): 6})
    metrics.show_partitions([0], [0])
    left = {line for line in page(metrics).splitlines() if 'partition="' in line}
    assert left == {
        'tagstream_consumer_lag_records{partition="0",topic="a"} 6.0',
        'tagstream_clock_timestamp_seconds{partition="0"} 1.0',
        'tagstream_users{partition="0"} 1.0',
    }


def test_memory_of_a_redis_is_read_from_its_own_words() -> None:
    assert memory_of(b"# Memory\r\nused_memory:1000\r\nmaxmemory:4000\r\n") == (1000, 4000)
    assert memory_of("used_memory:7\r\n") == (7, 0)
