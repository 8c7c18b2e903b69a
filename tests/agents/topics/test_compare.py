"""Tests of agents/topics/compare.py and plan.py."""

import pytest

from agents.settings import Settings
from agents.topics.compare import Found, differences
from agents.topics.plan import Topic, planned

PLAN = planned(Settings.load(app_id="lending", topic_prefix="eu.", partitions=4))


def as_planned(topic: Topic, partitions: int = 4) -> Found:
    """The topic in Kafka exactly as it ought to be, but for its partitions."""
    return Found(partitions, {name: config.value for name, config in topic.configs.items()})


def all_as_planned(partitions: int = 4) -> dict[str, Found]:
    """Every topic as it ought to be."""
    return {topic.name: as_planned(topic, partitions) for topic in PLAN}


def test_the_plan_has_inputs_owned_topics_dead_letters_and_the_changelogs() -> None:
    """With the prefix before each name."""
    assert [topic.name for topic in PLAN] == [
        "eu.interactions",
        "eu.transactions",
        "eu.profiles",
        "eu.lending-repartition",
        "eu.lending-derived",
        "eu.interactions.dlq",
        "eu.transactions.dlq",
        "eu.profiles.dlq",
        "eu.lending-contents",
        "eu.lending-state-changelog",
        "eu.lending-contents-changelog",
    ]


def test_there_is_no_difference_where_all_is_as_planned() -> None:
    """Nor where a limit is higher than it has to be."""
    found = all_as_planned()
    assert differences(PLAN, found) == []
    changelog = PLAN[-1].name
    found[changelog] = Found(4, {**found[changelog].configs, "max.message.bytes": "9999999"})
    assert differences(PLAN, found) == []


def test_a_broker_that_tells_no_configurations_is_believed() -> None:
    """The demo's embedded broker."""
    assert differences(PLAN, {topic.name: Found(4, {}) for topic in PLAN}) == []


def test_a_missing_topic_is_named_with_the_command_that_creates_it() -> None:
    """One difference each."""
    found = all_as_planned()
    del found["eu.profiles"]
    (difference,) = differences(PLAN, found)
    assert difference.fatal
    assert str(difference) == "eu.profiles: the topic is missing; create it with: tagstream topics"


@pytest.mark.parametrize(("count", "word"), [(2, "few"), (12, "many")])
def test_one_topic_with_another_number_of_partitions_is_named(count: int, word: str) -> None:
    """With both numbers, the setting and a remedy."""
    found = {**all_as_planned(), "eu.transactions": as_planned(PLAN[1], count)}
    (difference,) = differences(PLAN, found)
    assert difference.fatal
    assert difference.topic == "eu.transactions"
    assert f"too {word} partitions: {count}, not 4" in difference.wrong
    assert "TAGSTREAM_PARTITIONS" in difference.wrong
    assert "tagstream topics" in difference.remedy or "--partitions 4" in difference.remedy


def test_topics_that_agree_among_themselves_are_one_difference_with_the_setting() -> None:
    """Eleven lines would say no more."""
    (difference,) = differences(PLAN, all_as_planned(partitions=12))
    assert difference.fatal
    assert "12 (like all 11 topics that exist)" in difference.wrong
    assert difference.remedy.startswith("set TAGSTREAM_PARTITIONS=12")


@pytest.mark.parametrize(
    ("topic", "name", "value"),
    [
        (PLAN[0], "message.timestamp.type", "CreateTime"),
        (PLAN[-1], "cleanup.policy", "delete"),
        (PLAN[-1], "min.compaction.lag.ms", "0"),
        (PLAN[-1], "max.message.bytes", "1048588"),
        (PLAN[5], "max.message.bytes", "1048588"),
    ],
)
def test_a_wrong_configuration_is_named_with_the_command_that_sets_it(
    topic: Topic, name: str, value: str
) -> None:
    """It does not stop a worker."""
    found = all_as_planned()
    found[topic.name] = Found(4, {**found[topic.name].configs, name: value})
    (difference,) = differences(PLAN, found)
    assert not difference.fatal
    assert difference.wrong.startswith(f"{name} is {value}, not ")
    assert f"--add-config {name}={topic.configs[name].value}" in difference.remedy
