"""What is followed for the page."""

import asyncio

import pytest

from agents.redis.client import TagClient
from agents.stopping import cancel_until_done
from agents.web.live import Live
from tests.agents.web.serving import CATALOGUE, TOPICS
from tests.servers import GivenRedis, RedisServer


class LosesACancellation(TagClient):
    """Tells of the time limit alone when it is cancelled at that moment, as redis-py 8.1 does."""

    lost = False

    async def partitions(self) -> int:
        """See TagClient."""
        if not self.lost:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                self.lost = True
                raise TimeoutError from None
        return await super().partitions()


@pytest.mark.redis
async def test_following_ends_though_a_cancellation_was_lost(
    redis_server: RedisServer | GivenRedis,
) -> None:
    """Or the server would never stop."""
    async with LosesACancellation(redis_server.url, prefix="lost") as client:
        running = asyncio.create_task(Live(client, CATALOGUE, TOPICS).run())
        await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            await cancel_until_done([running])
        assert client.lost
        assert len(asyncio.all_tasks()) == 1
