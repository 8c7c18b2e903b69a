"""What users say alike, on real servers: every fact once, whoever dies meanwhile."""

import asyncio
import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from agents.catalogue_file import require_engine
from schemas.contents import content_hash
from schemas.postings import decode_copied, decode_posting
from streams.contents import Contents, rules_of
from tests.chaos.logs import read_logs
from tests.end_to_end.audit import audit
from tests.end_to_end.deployment import Deployment
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

START = 1_700_000_000_000
CATALOGUE = """
catalogue: across
version: 1
currency: CNY
timezone: Asia/Shanghai
measures:
  posts: {count: [post]}
  groups: {set: community_id, add: [join, post], remove: [leave]}
tags:
  poster: {dimension: behaviour, when: posts >= 3}
detectors:
  copied:
    title: {zh: 多人重复推广, en: Advert of many}
    kind: duplicate_content
    of: [post]
    communities: 3
    users: 3
    within: 10m
    flag: 5m
    cooldown: 1m
"""


@pytest.fixture
def deployment(
    kafka: Kafka | GivenKafka, redis_server: RedisServer | GivenRedis, tmp_path: Path
) -> Deployment:
    file = tmp_path / "across.yaml"
    file.write_text(CATALOGUE, encoding="utf-8")
    return Deployment(kafka.address, redis_server.url, TAGSTREAM_CATALOGUE=str(file))


def posts(number: int, seed: int) -> list[bytes]:
    """Posts of 40 users in five groups; some erase themselves, some come and go."""
    chance, lines = random.Random(seed), []
    for n in range(number):
        kind = chance.choices(("post", "comment", "join", "leave", "erase"), (70, 10, 9, 9, 2))[0]
        event = {
            "id": f"e{n}",
            "source": "app",
            "user_id": f"u{chance.randrange(40)}",
            "type": kind,
            "time": START + n * 400 - chance.choice((0, 0, 0, 5_000, 300_000)),
        }
        if kind != "erase":
            event |= {"community_id": f"g{chance.randrange(5)}"}
        if kind == "post":
            event |= {"content": f"advert {chance.randrange(60)}!"}
        lines.append(json.dumps(event).encode() + b"\n")
    return lines


def origin(record: Any) -> tuple[str, int]:
    place, _, number = dict(record.headers)["tagstream.origin"].decode().rpartition(":")
    return place, int(number)


class Facts:
    """The two topics between users and contents, and what they ought to say."""

    def __init__(self, deployment: Deployment) -> None:
        self.engine = require_engine(deployment.settings.catalogue)
        names = deployment.names
        logs = read_logs(deployment.settings, [names.contents, names.topic("derived")])
        self.contents, self.derived = zip(*logs, strict=True)

    def wanted(self) -> Counter[Any]:
        """From the postings, by an agent that never dies: each fact by its origin and home."""
        wanted = Counter[Any]()
        for partition, records in enumerate(self.contents):
            state = Contents(rules_of(self.engine.catalogue))
            for record in records:
                what = decode_posting(record.value)
                for home, number, copied in state.apply(record.offset, what, origin(record)):
                    wanted[f"contents:{partition}", number, home, copied.user_id, copied.id] += 1
        return wanted

    def accepted(self) -> Counter[Any]:
        """What users' partitions took: the first of each number, in rising order."""
        found = Counter[Any]()
        for home, records in enumerate(self.derived):
            highest: dict[str, int] = {}
            for record in records:
                place, number = origin(record)
                if number > highest.get(place, -1):
                    highest[place] = number
                    copied = decode_copied(record.value)
                    found[place, number, home, copied.user_id, copied.id] += 1
        return found

    def asked(self) -> set[tuple[str, str, int]]:
        """User, event and content of every posting."""
        records = [decode_posting(r.value) for part in self.contents for r in part]
        return {(p.user_id, p.id, p.content) for p in records if hasattr(p, "content")}


def wait_until_quiet(deployment: Deployment, workers: list[Worker]) -> None:
    """All users' topics applied, all postings committed, and nothing came of it meanwhile."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        deployment.wait_until_applied(workers=workers)
        if not asyncio.run(postings_left(deployment)) and not deployment.behind():
            return
        time.sleep(0.3)
    raise AssertionError("postings are left:\n" + "\n".join(w.text[-3000:] for w in workers))


async def postings_left(deployment: Deployment) -> int:
    """Records of contents that the second agent has not committed."""
    group = f"{deployment.settings.app_id}-contents"
    kafka = AIOKafkaConsumer(
        bootstrap_servers=deployment.settings.kafka, group_id=group, enable_auto_commit=False
    )
    await kafka.start()
    try:
        tps = [TopicPartition(deployment.names.contents, p) for p in range(deployment.partitions)]
        kafka.assign(tps)
        ends = await kafka.end_offsets(tps)
        return sum([ends[tp] - (await kafka.committed(tp) or 0) for tp in tps])
    finally:
        await kafka.stop()


def older_than_an_erasure(lines: list[bytes]) -> set[str]:
    """Events that may be dropped: their user was erased by an event of a later time."""
    events = [json.loads(line) for line in lines]
    erased: dict[str, int] = {}
    for event in events:
        if event["type"] == "erase":
            user = event["user_id"]
            erased[user] = max(event["time"], erased.get(user, 0))
    return {e["id"] for e in events if e["time"] < erased.get(e["user_id"], 0)}


def test_every_fact_comes_once_whoever_dies(
    deployment: Deployment, workers: list[Worker], tmp_path: Path
) -> None:
    """Four SIGKILLs while posts come; then the logs are computed again without any."""
    lines, chance = posts(4_000, seed=5), random.Random(5)
    for kill in range(4):
        file = tmp_path / f"{kill}.ndjson"
        file.write_bytes(b"".join(lines[kill * 1_000 : (kill + 1) * 1_000]))
        deployment.send(file)
        time.sleep(chance.uniform(0.1, 1.5))
        victim = chance.choice(workers)
        victim.kill()
        victim.launch()
        if chance.random() < 0.6:
            victim.wait_until_ready()
    for worker in workers:
        worker.wait_until_ready()
    wait_until_quiet(deployment, workers)
    facts = Facts(deployment)
    assert facts.accepted() == facts.wanted()
    assert max(facts.wanted().values()) == 1
    sent = [e for e in map(json.loads, lines) if e["type"] == "post"]
    every = {(e["user_id"], e["id"], content_hash(e["content"])) for e in sent}
    assert facts.asked() <= every
    unasked = {identity for _, identity, _ in every - facts.asked()}
    assert unasked <= older_than_an_erasure(lines)
    verdict = audit(deployment.settings)
    assert verdict.differences == []
    assert verdict.alerts > 100
