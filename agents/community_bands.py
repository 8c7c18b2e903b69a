"""The metric of communities: how many there are in each band of health, and nothing by name.

Whoever has partition 0 tells it, so that it is told once.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from agents.errors import Problem
from agents.metrics import Metrics
from agents.redis.client import TagClient
from agents.redis.connection import reaching_redis
from agents.settings import Settings
from streams.community_health import BANDS, health_of

_EVERY_S = 30.0


async def keep_bands_told(
    settings: Settings, metrics: Metrics, is_ours: Callable[[], bool]
) -> None:
    """Tells the metric for ever; `is_ours`: whether it is us who tell it."""
    async with TagClient.of(settings) as client:
        while True:
            if is_ours():
                await _tell(settings, metrics, client)
            else:
                metrics.communities.clear()
            await asyncio.sleep(_EVERY_S)


async def _tell(settings: Settings, metrics: Metrics, client: TagClient) -> None:
    try:
        with reaching_redis(settings):
            counts = await client.communities()
    except Problem:  # said by those who publish: there will be another look
        return
    bands = Counter(health_of(fields).band for fields in counts.values())
    for band in BANDS:
        metrics.communities.labels(band).set(bands[band])
