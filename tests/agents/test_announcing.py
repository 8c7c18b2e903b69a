from collections.abc import AsyncIterator

import pytest

from agents.announcing import announce
from agents.errors import Unreachable, WrongUse
from agents.redis.keys import Keys
from agents.redis.link import Link
from agents.redis.links import links_of
from agents.settings import Settings
from agents.setup import Setup
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.test_applying import CATALOGUE

ENGINE = Engine(load(CATALOGUE, "x.yaml"))


def setup(partitions: int) -> Setup:
    return Setup.of(Settings.load(), ENGINE, partitions, "worker-1")


@pytest.fixture
async def link() -> AsyncIterator[Link]:
    """Give a connection as a worker has it."""
    links = links_of(Settings.load())
    yield links.of(0)
    await links.close()


@pytest.mark.redis
@pytest.mark.usefixtures("environment")
async def test_readers_find_what_a_worker_announced(link: Link) -> None:
    """A second worker of the same deployment says the same, and is let through."""
    await announce(setup(4), link)
    await announce(setup(4), link)
    key = Keys(Settings.load().prefix).meta
    held = await link.command("HMGET", key, "partitions", "format", "catalogue")
    assert held == [b"4", b"1", ENGINE.catalogue.id.encode()]


@pytest.mark.redis
@pytest.mark.usefixtures("environment")
async def test_a_deployment_with_other_partitions_is_refused_and_changes_nothing(
    link: Link,
) -> None:
    await announce(setup(4), link)
    with pytest.raises(WrongUse, match="says partitions=4, but here it is 8"):
        await announce(setup(8), link)
    assert await link.command("HGET", Keys(Settings.load().prefix).meta, "partitions") == b"4"


async def test_a_redis_that_is_not_there_is_one_line_for_people(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TAGSTREAM_REDIS", "redis://127.0.0.1:1")
    links = links_of(Settings.load())
    with pytest.raises(Unreachable, match="Redis does not answer"):
        await announce(setup(4), links.of(0))
    await links.close()
