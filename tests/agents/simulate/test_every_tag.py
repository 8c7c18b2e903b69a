"""The simulation shows all that the packaged catalogue can say about a member."""

from collections import Counter

import pytest

from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from schemas.decode import Decoder
from schemas.topics import TOPICS
from streams.engine import Effects, Engine
from tests.streams.catalogue.test_packaged import packaged

CATALOGUE = packaged("community_lending")
SEASON = Plan(
    start=1_748_793_600_000,  # 2025-06-02 00:00 in Shanghai
    users=2_000,
    rate=600,
    seconds=100,
    speed=90 * 864,  # 60,000 events of ninety days
)
_INDEX: dict[str, int] = {topic: index for index, topic in enumerate(TOPICS)}
EVERY_VALUE = [
    pytest.param(tag.name, rule.value, id=f"{tag.name}-{rule.value}")
    for tag in CATALOGUE.tags.values()
    for rule in tag.rules
]


@pytest.fixture(scope="module")
def seen() -> Counter[tuple[str | None, object]]:
    """How often each tag took each value; None for any of a tag without a list of values."""
    partition, out = Engine(CATALOGUE).partition(0, TOPICS), Effects()
    decode, found = Decoder(CATALOGUE.currency).decode, Counter[tuple[str | None, object]]()
    listed = {tag.name for tag in CATALOGUE.tags.values() if tag.kind in ("values", "flag")}
    for offset, sent in enumerate(Traffic(SEASON)):
        event = decode(sent.topic, sent.value, (), sent.due)
        partition.apply(_INDEX[sent.topic], offset, event, sent.due, out)
        for change in out.changes:
            if change.new is not None:
                found[change.tag, change.new if change.tag in listed else None] += 1
        out.changes.clear()
        out.alerts.clear()
    return found


@pytest.mark.parametrize(("tag", "value"), EVERY_VALUE)
def test_each_value_of_each_tag_occurs(
    tag: str, value: object, seen: Counter[tuple[str | None, object]]
) -> None:
    """Or nobody would ever see it in a demo, and no test on simulated traffic would test it."""
    assert seen[tag, value]
