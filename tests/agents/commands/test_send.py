"""Tests of agents/commands/send.py, on a real Kafka."""

import asyncio
import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer

from agents.commands import run
from agents.settings import Settings
from agents.topics.manage import ensure_topics
from tests.servers import GivenKafka, Kafka, Namespace

pytestmark = pytest.mark.kafka
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(
    kafka: Kafka | GivenKafka, namespace: Namespace, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The program with this test's own settings, and its topics of one partition."""
    for name, value in namespace.environment(kafka.address, "redis://127.0.0.1:1").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TAGSTREAM_PARTITIONS", "1")
    settings = Settings.load()
    asyncio.run(ensure_topics(settings))
    return settings


def values(settings: Settings, topic: str, count: int) -> list[bytes]:
    """The first records of a topic."""

    async def read() -> list[bytes]:
        consumer = AIOKafkaConsumer(
            settings.topic_prefix + topic,
            bootstrap_servers=settings.kafka,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            return [(await consumer.getone()).value for _ in range(count)]
        finally:
            await consumer.stop()

    return asyncio.run(asyncio.wait_for(read(), 20))


def event(type_: str, user: str, time: int) -> bytes:
    """A line of a file."""
    fields = {"id": f"{user}-{time}", "source": "s", "type": type_, "user_id": user, "time": time}
    return json.dumps({**fields, "amount": 5} if type_ == "payment" else fields).encode()


def write(path: Path, *lines: bytes) -> str:
    """A file of events."""
    path.write_bytes(b"\n".join(lines) + b"\n")
    return str(path)


def test_events_arrive_in_their_topics_as_they_stand(
    here: Settings, tmp_path: Path, capsys: Capture
) -> None:
    """In the order of the file, blank lines aside."""
    like, pay = event("like", "u1", 1_700_000_000_000), event("payment", "u1", 1_700_000_000_001)
    file = write(tmp_path / "events.ndjson", like, b"", pay, like)
    assert run(["send", file, "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["sent"] == {"interactions": 2, "transactions": 1}
    assert summary["unsent"] == 0
    assert values(here, "interactions", 2) == [like, like]
    assert values(here, "transactions", 1) == [pay]


def test_several_files_are_merged_by_event_time(here: Settings, tmp_path: Path) -> None:
    """A late event and a broken one keep their places in their file."""
    start = 1_700_000_000_000
    first = [event("like", "a", start + ms) for ms in (0, 30, 20, 60)]
    second = [event("like", "b", start + ms) for ms in (10, 40)]
    second.insert(1, b'{"type":"like","user_id":"b"}')
    names = [write(tmp_path / "a", *first), write(tmp_path / "b", *second)]
    assert run(["send", *names]) == 0
    merged = [first[0], second[0], second[1], first[1], first[2], second[2], first[3]]
    assert values(here, "interactions", 7) == merged


def test_a_line_without_a_topic_is_reported_with_its_place_and_the_rest_is_sent(
    here: Settings, tmp_path: Path, capsys: Capture
) -> None:
    """Exit code 1."""
    like = event("like", "u1", 1_700_000_000_000)
    file = write(tmp_path / "events.ndjson", b'{"type":"bark"}', like, like[:-1])
    assert run(["send", file]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{file}:1: not sent: ")
    assert captured.err.count("\n") == 1
    assert "1 line not sent" in captured.out
    assert values(here, "interactions", 2) == [like, like[:-1]]


def test_a_file_that_is_not_there_is_wrong_use(capsys: Capture) -> None:
    """Told before anything is sent."""
    assert run(["send", "/nowhere/events.ndjson"]) == 2
    assert "/nowhere/events.ndjson does not exist" in capsys.readouterr().err


def test_a_missing_topic_is_named_with_the_remedy(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of waiting for it."""
    monkeypatch.setenv("TAGSTREAM_TOPIC_PREFIX", "nowhere.")
    file = write(tmp_path / "events.ndjson", event("like", "u1", 1_700_000_000_000))
    assert run(["send", file]) == 2
    error = capsys.readouterr().err
    assert "nowhere.interactions" in error
    assert "tagstream topics" in error
