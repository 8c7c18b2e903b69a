"""Looks at the topics in Kafka, and creates those that are missing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from agents.errors import Unreachable, WrongUse
from agents.kafka_client import admin
from agents.names import Names
from agents.settings import Settings
from agents.topics.compare import Difference, Found, differences
from agents.topics.plan import MIN_INSYNC_REPLICAS, REPLICAS, Topic, planned

_POLL_S = 0.05
_APPEAR_S = 15.0


@dataclass(frozen=True, slots=True)
class Ensured:
    """What `ensure_topics` did, and what is still not as it ought to be."""

    created: tuple[str, ...]
    differences: tuple[Difference, ...]


async def check_topics(settings: Settings, *, configs: bool = True) -> list[Difference]:
    """Compares without changing anything. Raises Unreachable."""
    plan = planned(settings)
    async with admin(settings) as client:
        return differences(plan, await _look(client, plan, configs=configs))


async def ensure_topics(settings: Settings, *, configs: bool = True) -> Ensured:
    """Creates the missing topics, then compares. Raises Unreachable, or WrongUse if refused.

    Existing topics are never altered; while one of them has a wrong number of partitions
    nothing is created, for the new ones would have to be deleted again.
    `configs=False` (the demo's embedded broker, which knows few) neither sets nor compares any.
    """
    plan = planned(settings)
    async with admin(settings) as client:
        found = await _look(client, plan, configs=configs)
        missing = tuple(topic for topic in plan if topic.name not in found)
        present = [topic for topic in plan if topic.name in found]
        if not missing or any(d.fatal for d in differences(present, found)):
            return Ensured((), tuple(differences(plan, found)))
        created = await _create(client, missing, configs=configs)
        found = await _look(client, plan, configs=configs)
        return Ensured(created, tuple(differences(plan, found)))


async def require_topics(settings: Settings, *, configs: bool = True) -> list[Difference]:
    """Raises WrongUse, naming each remedy, unless a worker can run; returns the lesser faults."""
    found = await check_topics(settings, configs=configs)
    if fatal := [str(difference) for difference in found if difference.fatal]:
        raise WrongUse("\n".join(fatal))
    return found


async def input_partitions(settings: Settings) -> int:
    """How many partitions the topics that events are sent to have. Raises WrongUse, Unreachable.

    For programs that only produce: they need to see neither the owned topics nor any settings.
    """
    names = Names.of(settings).inputs
    async with admin(settings) as client:
        counts = await partition_counts(client)
    if missing := [name for name in names if name not in counts]:
        raise WrongUse(f"{', '.join(missing)}: no such topic; create it with: tagstream topics")
    found = {name: counts[name] for name in names}
    if len(set(found.values())) > 1:
        told = ", ".join(f"{name} has {count}" for name, count in found.items())
        raise WrongUse(f"unequal numbers of partitions: {told}; see: tagstream topics --check")
    return counts[names[0]]


async def _look(
    client: AIOKafkaAdminClient, plan: Sequence[Topic], *, configs: bool
) -> dict[str, Found]:
    """Those topics of the plan that exist."""
    counts = await partition_counts(client)
    present = [topic for topic in plan if topic.name in counts]
    values = await _configs(client, present) if configs and present else {}
    return {t.name: Found(counts[t.name], values.get(t.name, {})) for t in present}


async def partition_counts(client: AIOKafkaAdminClient) -> dict[str, int]:
    """The number of partitions of every topic; asking for one by name might create it."""
    return {t["topic"]: len(t["partitions"]) for t in await client.describe_topics()}


async def _configs(
    client: AIOKafkaAdminClient, topics: Sequence[Topic]
) -> dict[str, Mapping[str, str]]:
    """The values of the configurations that the plan names, by topic; unknown ones left out."""
    asked = [
        ConfigResource(ConfigResourceType.TOPIC, topic.name, dict.fromkeys(topic.configs))
        for topic in topics
    ]
    answers = await client.describe_configs(asked)
    return {
        name: {entry[0]: entry[1] for entry in entries if entry[1] is not None}
        for answer in answers
        for _, _, _, name, entries in answer.resources
    }


async def _create(
    client: AIOKafkaAdminClient, topics: Sequence[Topic], *, configs: bool
) -> tuple[str, ...]:
    """Creates them and waits until they can be used; the names of those that were not there."""
    brokers = len((await client.describe_cluster())["brokers"])
    replicas = min(brokers, REPLICAS)
    answer = await client.create_topics(
        [_new_topic(topic, replicas, configs=configs) for topic in topics]
    )
    created = tuple(name for name, *result in answer.topic_errors if _is_new(name, *result))
    await _wait_until_there(client, {topic.name for topic in topics})
    return created


def _is_new(name: str, code: int, *message: str | None) -> bool:
    """Whether it was created now; False if somebody else was faster. Raises WrongUse if refused."""
    error = for_code(code)
    if code and error is not TopicAlreadyExistsError:
        reason = next(filter(None, message), error.__name__)
        raise WrongUse(f"{name}: Kafka does not create the topic: {reason}")
    return not code


def _new_topic(topic: Topic, replicas: int, *, configs: bool) -> NewTopic:
    values = {name: config.value for name, config in topic.configs.items()} if configs else {}
    if configs and replicas == REPLICAS:  # acks=all alone would be content with one copy
        values["min.insync.replicas"] = str(MIN_INSYNC_REPLICAS)
    return NewTopic(topic.name, topic.partitions, replicas, topic_configs=values)


async def _wait_until_there(client: AIOKafkaAdminClient, names: set[str]) -> None:
    """A created topic is known to all brokers, with leaders, only a moment later."""
    for _ in range(int(_APPEAR_S / _POLL_S)):
        described = await client.describe_topics()
        if names <= {topic["topic"] for topic in described if _has_leaders(topic)}:
            return
        await asyncio.sleep(_POLL_S)
    raise Unreachable(f"Kafka created {', '.join(sorted(names))}, but they have no leaders yet")


def _has_leaders(topic: Mapping[str, list[dict[str, int]]]) -> bool:
    return bool(topic["partitions"]) and all(p["leader"] >= 0 for p in topic["partitions"])
