"""How the topics in Kafka differ from those that ought to be there, and what to do about it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.topics.plan import Config, Topic


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as Kafka describes it; `configs` is empty where the broker tells none."""

    partitions: int
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it ought to be, and the remedy.

    `fatal`: a worker cannot run like this. Otherwise it can, but promises are weaker.
    """

    topic: str
    wrong: str
    remedy: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.topic}: {self.wrong}; {self.remedy}"


def differences(plan: Sequence[Topic], found: Mapping[str, Found]) -> list[Difference]:
    """Every difference, in the order of the plan."""
    if (agreed := _agreed_on_another_count(plan, found)) is not None:
        return [agreed]
    return [difference for topic in plan for difference in _of_topic(topic, found.get(topic.name))]


def _agreed_on_another_count(
    plan: Sequence[Topic], found: Mapping[str, Found]
) -> Difference | None:
    """One difference for all topics, when they are right among themselves: the setting is not."""
    present = [topic for topic in plan if topic.name in found]
    counts = {found[topic.name].partitions for topic in present}
    if len(counts) != 1 or (count := counts.pop()) == (wanted := present[0].partitions):
        return None
    others = f" (like all {len(present)} topics that exist)" if len(present) > 1 else ""
    return Difference(
        present[0].name,
        f"too {_few_or_many(count, wanted)} partitions: {count}{others}, "
        f"TAGSTREAM_PARTITIONS is {wanted}",
        f"set TAGSTREAM_PARTITIONS={count}, or delete them and run: tagstream topics",
    )


def _of_topic(topic: Topic, found: Found | None) -> Iterator[Difference]:
    if found is None:
        yield Difference(topic.name, "the topic is missing", "create it with: tagstream topics")
        return
    if found.partitions != topic.partitions:
        yield _other_partitions(topic, found)
    for name, wanted in topic.configs.items():
        value = found.configs.get(name)
        if value is not None and not wanted.met_by(value):
            yield _other_config(topic.name, name, value, wanted)


def _other_partitions(topic: Topic, found: Found) -> Difference:
    wrong = (
        f"too {_few_or_many(found.partitions, topic.partitions)} partitions: {found.partitions}, "
        f"not {topic.partitions} (TAGSTREAM_PARTITIONS; all topics need equally many)"
    )
    if found.partitions > topic.partitions:
        return Difference(topic.name, wrong, "delete it and create it with: tagstream topics")
    return Difference(
        topic.name,
        wrong,
        f"add some while it is empty (more partitions move users): kafka-topics.sh --alter "
        f"--topic {topic.name} --partitions {topic.partitions}",
    )


def _other_config(topic: str, name: str, value: str, wanted: Config) -> Difference:
    return Difference(
        topic,
        f"{name} is {value}, not {wanted}",
        f"set it with: kafka-configs.sh --alter --entity-type topics --entity-name {topic} "
        f"--add-config {name}={wanted.value}",
        fatal=False,
    )


def _few_or_many(count: int, wanted: int) -> str:
    return "few" if count < wanted else "many"
