"""Names of topics: prefix and app id put before, and found again."""

import pytest

from agents.names import Names
from schemas.topics import TOPICS

EU = Names(app_id="lending", topic_prefix="eu.")


def test_topics_are_called_as_the_contract_says() -> None:
    """Inputs carry the prefix alone, owned topics also the app id."""
    assert EU.inputs == ("eu.interactions", "eu.transactions", "eu.profiles")
    assert EU.topics == (*EU.inputs, "eu.lending-repartition", "eu.lending-derived")
    assert EU.changelog == "eu.lending-state-changelog"
    assert EU.dlqs == tuple(f"{name}.dlq" for name in EU.inputs)


@pytest.mark.parametrize("names", [EU, Names("tagstream"), Names("interactions", "x")])
def test_a_full_name_leads_back_to_the_logical_one(names: Names) -> None:
    """For all topics of the tag job, and for no other."""
    assert [names.logical(topic) for topic in names.topics] == list(TOPICS)
    assert names.logical(names.changelog) is None
    assert names.logical("interactions.dlq") is None


def test_an_unknown_logical_name_is_our_mistake() -> None:
    """A typing error must not become a topic."""
    with pytest.raises(KeyError):
        EU.topic("interaction")
