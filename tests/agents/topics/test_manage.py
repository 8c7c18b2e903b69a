"""Tests of agents/topics/manage.py, on a real Kafka."""

import asyncio

import pytest
from aiokafka.admin import NewTopic

from agents.errors import Unreachable, WrongUse
from agents.kafka_client import admin
from agents.settings import Settings
from agents.topics.manage import (
    check_topics,
    ensure_topics,
    input_partitions,
    require_topics,
)
from agents.topics.plan import planned
from tests.servers import GivenKafka, Kafka, Namespace

pytestmark = pytest.mark.kafka


@pytest.fixture
def here(kafka: Kafka | GivenKafka, namespace: Namespace) -> Settings:
    """Settings of this test's own topics."""
    return Settings.load(
        kafka=kafka.address,
        app_id=namespace.app_id,
        topic_prefix=namespace.topic_prefix,
        partitions=2,
    )


async def create(settings: Settings, **partitions: int) -> None:
    """Creates topics as somebody else would, with the broker's defaults."""
    names = {settings.topic_prefix + name: count for name, count in partitions.items()}
    async with admin(settings) as client:
        await client.create_topics([NewTopic(name, count, 1) for name, count in names.items()])
        # A broker tells of a new topic only a moment later, and not by itself.
        while not names.keys() <= set(await client.list_topics()):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.02)


async def test_missing_topics_are_created_once_and_are_then_as_they_have_to_be(
    here: Settings,
) -> None:
    """All settings included: nothing is left to the broker's defaults."""
    assert len(await check_topics(here)) == 11
    first = await ensure_topics(here)
    assert first.created == tuple(topic.name for topic in planned(here))
    assert first.differences == ()
    assert (await ensure_topics(here)).created == ()
    assert await check_topics(here) == []
    assert await require_topics(here) == []
    assert await input_partitions(here) == 2


async def test_an_existing_topic_is_not_altered_but_told(here: Settings) -> None:
    """The others are created beside it; a worker can run."""
    await create(here, interactions=2)
    ensured = await ensure_topics(here)
    assert len(ensured.created) == 10
    (difference,) = ensured.differences
    assert difference.wrong == "message.timestamp.type is CreateTime, not LogAppendTime"
    assert await require_topics(here) == [difference]


async def test_nothing_is_created_beside_a_topic_with_other_partitions(here: Settings) -> None:
    """It would have to be deleted again."""
    await create(here, interactions=1)
    ensured = await ensure_topics(here)
    assert ensured.created == ()
    assert "too few partitions: 1" in str(ensured.differences[0])
    with pytest.raises(WrongUse, match="interactions: too few partitions"):
        await require_topics(here)


async def test_unequal_numbers_of_partitions_are_named_to_those_who_only_send(
    here: Settings,
) -> None:
    """As is a missing topic."""
    with pytest.raises(WrongUse, match=r"interactions, .*profiles: no such topic; .*tagstream"):
        await input_partitions(here)
    await create(here, interactions=1, transactions=2, profiles=2)
    with pytest.raises(WrongUse, match=r"unequal numbers of partitions: .*interactions has 1"):
        await input_partitions(here)


async def test_without_configurations_only_names_and_partitions_count(here: Settings) -> None:
    """For a broker that knows few of them."""
    await create(here, interactions=2)
    assert (await ensure_topics(here, configs=False)).differences == ()
    assert len(await check_topics(here)) > 5


async def test_an_unreachable_server_is_named_with_its_setting() -> None:
    """One line, no traceback."""
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 .*TAGSTREAM_KAFKA"):
        await check_topics(Settings.load(kafka="127.0.0.1:1"))
