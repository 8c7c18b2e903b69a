"""`tagstream status`, against real servers and against none."""

import asyncio
import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from agents.commands import run
from agents.commands.status import _span
from agents.settings import PACKAGED_CATALOGUE, Settings
from agents.topics.manage import ensure_topics
from tests.agents.published import Published
from tests.servers import GivenKafka, Kafka, Namespace

pytestmark = pytest.mark.usefixtures("environment")
ACROSS_USERS = PACKAGED_CATALOGUE.parent / "across_users.yaml"


def test_without_kafka_redis_is_shown_all_the_same(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the exit code is 3."""
    published.progress(2, seq=7, alert_seq=1, clock=1_700_000_000_000, run="mine")
    assert run(["status"]) == 3
    out = capsys.readouterr().out
    assert "Kafka   Kafka does not answer at 127.0.0.1:1" in out
    assert "catalogue community-lending@1" in out
    assert [line.split()[:3] for line in out.splitlines() if "mine" in line] == [
        ["2", "2023-11-14", "22:13:20.000Z"]
    ]


def test_without_redis_it_is_said_and_exit_3(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As JSON, an error in the place of the answer."""
    monkeypatch.setenv("TAGSTREAM_REDIS", "redis://127.0.0.1:1/0")
    assert run(["status", "--json"]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert answer["redis"]["error"].startswith("Redis does not answer at redis://127.0.0.1:1/0")
    assert answer["kafka"]["error"].startswith("Kafka does not answer at 127.0.0.1:1")


def test_a_broken_catalogue_is_no_reason_to_show_less(
    published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`check` tells what is wrong with it."""
    file = tmp_path / "broken.yaml"
    file.write_text("catalogue: [")
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(file))
    published.progress(2, seq=7, alert_seq=1, clock=1_700_000_000_000, run="mine")
    assert run(["status"]) == 3


@pytest.mark.kafka
def test_missing_topics_are_exit_1_with_the_remedy(
    kafka: Kafka | GivenKafka, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a cluster where nothing is set up yet."""
    monkeypatch.setenv("TAGSTREAM_KAFKA", kafka.address)
    assert run(["status"]) == 1
    out = capsys.readouterr().out
    assert "interactions is missing: create it with: tagstream topics" in out
    assert "nothing is published under the prefix" in out
    assert "no worker is running" in out


@pytest.mark.kafka
def test_lag_is_what_is_in_the_topic_and_not_in_redis(
    kafka: Kafka | GivenKafka,
    published: Published,
    namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Over all partitions, beside what the group has committed."""
    monkeypatch.setenv("TAGSTREAM_KAFKA", kafka.address)
    topic = f"{namespace.topic_prefix}transactions"
    asyncio.run(_fill(kafka.address, namespace.app_id, topic))
    published.progress(1, clock=1_700_000_000_000, **{f"pos:{topic}": 2})
    assert run(["status"]) == 0
    out = capsys.readouterr().out
    [row] = [line.split() for line in out.splitlines() if line.strip().startswith(topic)]
    assert row == [topic, "4", "5", "1", "2", "3"]
    assert run(["status", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    [found] = [one for one in answer["kafka"]["topics"] if one["name"] == topic]
    assert found == {"name": topic, "ends": [0, 5, 0, 0], "committed": [None, 1, None, None]}


@pytest.mark.kafka
def test_contents_are_shown_where_the_catalogue_asks_or_there_are_any(
    kafka: Kafka | GivenKafka,
    namespace: Namespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And not where nothing was ever compared: most have no such group."""
    monkeypatch.setenv("TAGSTREAM_KAFKA", kafka.address)
    group = f"{namespace.app_id}-contents"
    topic = f"{namespace.topic_prefix}{group}"
    assert run(["status"]) == 1
    assert topic not in capsys.readouterr().out
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(ACROSS_USERS))
    assert run(["status"]) == 1
    assert f"topic {topic} is missing: create it with: tagstream topics" in capsys.readouterr().out
    asyncio.run(ensure_topics(Settings.load()))
    assert run(["status"]) == 0
    out = capsys.readouterr().out
    assert f"Across users  group {group}: Dead" in out
    assert row_of(topic, out) == [topic, "4", "0", "0", "0"]
    assert "no worker compares contents" in out
    monkeypatch.delenv("TAGSTREAM_CATALOGUE")
    assert asked()["contents"] is None
    asyncio.run(_fill(kafka.address, group, topic))
    assert run(["status"]) == 0
    assert row_of(topic, capsys.readouterr().out) == [topic, "4", "5", "1", "4"]


@pytest.mark.kafka
async def test_the_members_of_the_group_of_contents_are_shown_with_their_partitions(
    kafka: Kafka | GivenKafka, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON, in the words of the job of users."""
    monkeypatch.setenv("TAGSTREAM_KAFKA", kafka.address)
    monkeypatch.setenv("TAGSTREAM_CATALOGUE", str(ACROSS_USERS))
    await ensure_topics(Settings.load())
    group = f"{namespace.app_id}-contents"
    topic = f"{namespace.topic_prefix}{group}"
    member = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka.address, group_id=group, client_id="w1"
    )
    async with member, asyncio.timeout(60):
        while not member.assignment():
            await member.getmany(timeout_ms=100)
        answer = await asyncio.to_thread(asked)
    contents = answer["contents"]
    assert contents["group"] == "Stable"
    [worker] = contents["workers"]
    assert (worker["client_id"], worker["partitions"]) == ("w1", [0, 1, 2, 3])
    [shown] = contents["topics"]
    assert (shown["name"], shown["ends"]) == (topic, [0, 0, 0, 0])
    assert answer["kafka"]["workers"] == []


def asked() -> Any:
    """What the command says as JSON."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert run(["status", "--json"]) == 0
    return json.loads(said.getvalue())


def row_of(topic: str, out: str) -> list[str]:
    """The row of a topic in the tables."""
    [row] = [line.split() for line in out.splitlines() if line.strip().startswith(f"{topic} ")]
    return row


async def _fill(address: str, group: str, topic: str) -> None:
    """Five records in partition 1, of which the group has committed one."""
    await ensure_topics(Settings.load())
    async with AIOKafkaProducer(bootstrap_servers=address) as producer:
        for _ in range(5):
            await producer.send_and_wait(topic, b"{}", partition=1)
    consumer = AIOKafkaConsumer(bootstrap_servers=address, group_id=group, enable_auto_commit=False)
    async with consumer:
        place = TopicPartition(topic, 1)
        consumer.assign([place])
        await consumer.commit({place: 1})


@pytest.mark.parametrize(
    ("ms", "text"),
    [(-5, "0.0 s"), (1_500, "1.5 s"), (3_600_000, "1 h"), (788_645_000, "9 d 3 h")],
)
def test_spans_are_told_in_their_two_largest_units(ms: int, text: str) -> None:
    """A clock years behind is nobody's seconds."""
    assert _span(ms) == text
