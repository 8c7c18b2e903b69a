"""A changed catalogue and a Redis that has lost everything, at once, with communities.

Afterwards tags, explanations and counts are complete: what an offline engine has, that was
given the rows of the one before.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schemas.changes import encode_value
from schemas.topics import TOPICS
from streams.communities import Counts, add
from streams.effects import Effects
from streams.engine import Partition
from tests.end_to_end.deployment import Deployment
from tests.end_to_end.test_catalogue_change import HEAD, Place, play
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

START = 1_767_225_600_000
USERS = 300
BEFORE = (
    HEAD.format(1)
    + """
measures:
  posts: {count: [post], window: 7d, step: 1d}
  groups: {set: community_id, add: [join], remove: [leave]}
tags:
  voice: {dimension: behaviour, hold: 1h, values: {loud: posts >= 3, heard: posts >= 1}}
  communities: {dimension: behaviour, set: groups}
  joiner: {dimension: behaviour, when: len(groups) >= 2}
"""
)
AFTER = (
    HEAD.format(2)
    + """
measures:
  posts: {count: [post], window: 7d, step: 1d}
  groups: {MEMBERSHIP}
tags:
  voice: {dimension: behaviour, hold: 1h, values: {loud: posts >= 2, heard: posts >= 1, mute: else}}
  communities: {dimension: behaviour, set: groups}
  lonely: {dimension: behaviour, when: len(groups) == 0}
"""
)
MEMBERSHIPS = {
    "kept": "set: community_id, add: [join], remove: [leave]",
    "begun anew": "set: community_id, add: [join, post], remove: [leave]",
}
"""Who is a member: as before, or by another definition, and then nobody is at first."""


def events(first: int, number: int) -> list[bytes]:
    """Lines of a file: people join, leave, post their own words and those of others."""
    return [json.dumps(event(n)).encode() + b"\n" for n in range(first, first + number)]


def event(n: int) -> dict[str, Any]:
    kind = ("join", "post", "post", "leave", "join", "post", "comment")[n % 7]
    said = {"community_id": f"c{n * n % 11}", "content": f"words {n % 5}"}
    who = {"id": f"e{n}", "source": "app", "user_id": f"u{n * 31 % USERS}"}
    return {**who, "type": kind, "time": START + n * 20_000, **said}


FIRST, LATER = events(0, 2_500), events(2_500, 800)


@dataclass
class Whole:
    """Everything that readers see of users and communities."""

    tags: dict[str, dict[str, tuple[Any, int]]]
    whys: dict[str, dict[str, Any]]
    counts: Counts


@pytest.fixture(params=MEMBERSHIPS)
def place(
    request: pytest.FixtureRequest,
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
    tmp_path: Path,
) -> Iterator[Place]:
    deployment = Deployment(kafka.address, redis_server.url, TAGSTREAM_PARTITIONS="2")
    after = AFTER.replace("MEMBERSHIP", MEMBERSHIPS[request.param])
    place = Place(deployment, tmp_path, BEFORE, after)
    yield place
    for worker in place.workers:
        worker.kill()


def shown(place: Place) -> Whole:
    """As it stands in Redis."""
    keys, whole = place.deployment.keys, Whole({}, {}, {})
    with place.deployment.redis() as redis:
        for number in (0, 1):
            for key in redis.scan_iter(keys.users(number), count=5_000):
                user = keys.user_of(key)[1]
                tags = {t.decode(): json.loads(v) for t, v in redis.hgetall(key).items()}
                whole.tags[user] = {t: (v["value"], v["since"]) for t, v in tags.items()}
            prefix = keys.why(number, "")
            for key in redis.scan_iter(f"{prefix}*", count=5_000):
                whys = {t.decode(): json.loads(v) for t, v in redis.hgetall(key).items()}
                whole.whys[key.decode().removeprefix(prefix)] = whys
            for name in redis.sscan_iter(keys.communities(number)):
                found = redis.hgetall(keys.community(number, name.decode()))
                numbers = {field.decode(): int(count) for field, count in found.items()}
                add(whole.counts, {name.decode(): numbers})
    return whole


def computed(place: Place) -> list[Whole]:
    """The same offline: after the change, and after the later events."""
    stages = [Whole({}, {}, {}), Whole({}, {}, {})]
    described = place.engine("before").program.layout
    for number in (0, 1):
        old = place.engine("before").partition(number, TOPICS)
        new = place.engine("after").partition(number, TOPICS)
        offset = play(old, FIRST, 0, Effects())
        for user, row in old.take_dirty():
            new.load(user, row)
        new.loaded({described.fingerprint: described.described})
        new.clock = old.clock
        new.predecessors.begin(described.fingerprint, new.clock)
        for user in new.all_users():
            new.adopt(user, None, Effects())
        explain_anew(stages, new)
        see(stages[0], new)
        out = Effects()
        play(new, LATER, offset, out)
        explain_by_changes(stages[1], out)
        see(stages[1], new)
    return stages


def see(stage: Whole, partition: Partition) -> None:
    for user in partition.user_ids():
        if tags := partition.shown(user):
            stage.tags[user] = dict(tags)
    add(stage.counts, partition.counts_of(partition.user_ids()))
    stage.counts = {community: fields for community, fields in stage.counts.items() if fields}


def explain_anew(stages: list[Whole], partition: Partition) -> None:
    """A new run explains every tag, at its clock; nothing but a change does so again."""
    for user in partition.user_ids():
        tags = partition.snapshot(user).items()
        for stage in stages:
            whys = {tag: json.loads(encode_value(held.why)) for tag, held in tags}
            stage.whys |= {user: whys} if whys else {}


def explain_by_changes(stage: Whole, out: Effects) -> None:
    for change in out.changes:
        assert change.tag is not None
        assert change.why is not None
        whys = stage.whys.setdefault(change.user_id, {})
        whys.pop(change.tag, None)
        if change.new is not None:
            whys[change.tag] = json.loads(encode_value(change.why))
    stage.whys = {user: whys for user, whys in stage.whys.items() if whys}


def test_tags_explanations_and_counts_are_whole_after_a_change_and_a_loss_at_once(
    place: Place,
) -> None:
    """And go on from there; `verify` says so too, and says which tags it would not know."""
    stages = computed(place)
    assert all(stage.counts for stage in stages[1:])
    worker = place.worker("before")
    worker.start()
    place.send(FIRST)
    place.settle_down(worker)
    before = shown(place)
    assert {"heard", "loud"} == {
        tags["voice"][0] for tags in before.tags.values() if "voice" in tags
    }
    place.forget_redis()

    worker = place.worker("after")
    worker.start()
    after = shown(place)
    assert after.tags == stages[0].tags
    assert after.whys == stages[0].whys
    assert after.counts == stages[0].counts
    assert place.entries() == 0
    place.send(LATER)
    place.settle_down(worker)
    later = shown(place)
    assert later.tags == stages[1].tags
    assert later.whys == stages[1].whys
    assert later.counts == stages[1].counts

    catalogue = place.folder / "after.yaml"
    verified = place.deployment.run_with(
        {"TAGSTREAM_CATALOGUE": str(catalogue)}, "verify", "--json"
    )
    said = json.loads(verified.stdout)
    assert (said["found"], said["not_compared"], said["users"]) == (0, [], len(later.tags))
    assert said["communities"] >= len(later.counts)
