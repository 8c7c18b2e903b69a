"""`tagstream communities` and the metric, against a real Redis."""

import json
from typing import Any

import pytest

from agents import community_bands
from agents.commands import run
from agents.metrics import Metrics
from agents.redis.client import TagClient
from agents.settings import Settings
from tests.agents.published import Published

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def counted(published: Published) -> Published:
    """Two communities, one of them spread over two partitions."""
    counts: Any = (
        (0, "c1", {"members": 3, "speakers": 1, "posts": 4, "posters:4": 1}),
        (1, "c1", {"members": 1, "speakers": 1, "posts": 1, "repeated": 1, "posters:1": 1}),
        (1, "贷款群", {"members": 2}),
    )
    for partition, community, fields in counts:
        published.redis.hset(published.keys.community(partition, community), mapping=fields)
        published.redis.sadd(published.keys.communities(partition), community)
    return published


def test_communities_are_shown_with_most_members_first(
    counted: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    del counted
    assert run(["communities"]) == 0
    said = capsys.readouterr()
    lines = [line.split() for line in said.out.splitlines() if line.strip()]
    assert lines[2:] == [
        ["c1", "one_voice", "4", "50", "%", "1.25", "5", "20", "%", "80", "%"],
        ["贷款群", "silent", "2", "100", "%", "0.00", "0", "-", "-"],
    ]
    assert said.err == "2 communities\n"


def test_communities_as_json(counted: Published, capsys: pytest.CaptureFixture[str]) -> None:
    """The figures of the table, not rounded; `--limit` shortens the list, not the count."""
    del counted
    assert run(["communities", "--json", "--limit", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "count": 2,
        "communities": [
            {
                "community_id": "c1",
                "members": 4,
                "speakers": 2,
                "posts": 5,
                "silent_share": 0.5,
                "posts_per_member": 1.25,
                "repeated_share": 0.2,
                "top_poster_share": 0.8,
                "band": "one_voice",
            }
        ],
    }


def test_without_communities_nothing_is_shown(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    del published
    assert run(["communities"]) == 0
    assert capsys.readouterr() == ("", "no community has a member\n")


async def test_the_metric_counts_communities_by_band(counted: Published) -> None:
    del counted
    metrics, settings = Metrics(), Settings.load()
    async with TagClient.of(settings) as client:
        await community_bands._tell(settings, metrics, client)
    value = metrics.registry.get_sample_value
    assert value("tagstream_communities", {"band": "one_voice"}) == 1
    assert value("tagstream_communities", {"band": "silent"}) == 1
    assert value("tagstream_communities", {"band": "lively"}) == 0
