"""A running worker exports what alerts, dashboards and runbooks ask for."""

import json
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.expressions import Asked, asked, expressions
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

OF_PROMETHEUS = {"up"}
BY_SCRAPING = {"instance", "job"}
NOW = 1_700_000_000_000
Labels = dict[str, set[str]]


def lines() -> Iterator[str]:
    """Events that are applied, repeated, late, rejected; an alert by small, frequent borrowing."""
    for number in range(6):
        at = NOW + 1000 * number
        event = {
            "id": f"b{number}",
            "source": "bank",
            "type": "borrow",
            "user_id": "u1",
            "time": at,
        }
        yield json.dumps({**event, "amount": 100, "term_days": 30})
    months_ago = {
        "id": "l1",
        "source": "app",
        "type": "like",
        "user_id": "u1",
        "time": NOW - 9_000_000_000,
    }
    yield json.dumps(months_ago)
    yield json.dumps({**months_ago, "id": "b9", "source": "bank", "type": "borrow", "amount": -1})


@pytest.fixture(scope="module")
def exported(
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Labels:
    """Return the labels of each series of a worker that has done a little of everything."""
    deployment = Deployment(kafka.address, redis_server.url, TAGSTREAM_PARTITIONS="1")
    file = tmp_path_factory.mktemp("events") / "events.ndjson"
    file.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    deployment.send(file)
    worker = deployment.worker()
    try:
        worker.start()
        deployment.wait_until_applied(workers=[worker])
        return series_of(worker.metrics())
    finally:
        worker.stop()


def series_of(page: str) -> Labels:
    """Names with their labels; a metric that nothing has happened to has none to show."""
    found: Labels = {}
    for family in text_string_to_metric_families(page):
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
        for suffix in suffixes.get(family.type, ("",)):
            found.setdefault(family.name + suffix, set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def missing(wanted: Asked, exported: Labels, recorded: set[str]) -> str | None:
    """What a running worker does not have of a selector."""
    if wanted.name in OF_PROMETHEUS | recorded:
        return None
    if wanted.name not in exported:
        return wanted.name
    strange = wanted.labels - BY_SCRAPING - exported[wanted.name]
    return f"{wanted.name}{{{', '.join(strange)}}}" if strange and exported[wanted.name] else None


def test_every_series_that_we_ask_for_is_exported(exported: Labels) -> None:
    """Name and labels, by the page of a worker that runs."""
    recorded = {w.partition(": ")[2] for w, _ in expressions() if ": tagstream:" in w}
    faults = {
        f"{where}: {fault}"
        for where, expression in expressions()
        for wanted in asked(expression)
        if (fault := missing(wanted, exported, recorded))
    }
    assert faults == set()


def test_a_name_or_label_that_is_not_exported_is_found(exported: Labels) -> None:
    """The test above can fail."""
    (name,) = asked('tagstream_event_total{topic="a"}')
    (label,) = asked('tagstream_events_total{user="a"}')
    assert missing(name, exported, set()) == "tagstream_event_total"
    assert missing(label, exported, set()) == "tagstream_events_total{user}"


def test_a_running_worker_shows_what_it_is_and_how_full_redis_is(exported: Labels) -> None:
    assert {"version", "catalogue"} <= exported["tagstream_build_info"]
    assert {"state"} == exported["tagstream_partitions"]
    assert "tagstream_redis_memory_bytes" in exported
    assert {"detector", "severity"} <= exported["tagstream_alerts_total"]
