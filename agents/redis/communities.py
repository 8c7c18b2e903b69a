"""The counts of every community, added up over the partitions."""

import time
from asyncio import Lock
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from agents.redis.client import TagClient

Counts = Mapping[str, int]
"""What is counted of a community, by field."""

_KEYS_A_SCAN = 1_000
_FIND_S = 30.0  # nobody tells of a new community, and to find one is to look at every key
_AT_ONCE = 500


class Communities:
    """Reads the counts whenever asked, and looks for new communities now and then.

    Looking takes Redis about a second a million users, in small steps.
    """

    def __init__(self, client: TagClient, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._now = client, now
        self._keys: Sequence[bytes] = ()
        self._found_at = float("-inf")
        self._finding = Lock()

    async def all(self) -> Mapping[str, Counts]:
        """Return the counts of each community by its id. Raises AWAY."""
        async with self._finding:
            if self._now() - self._found_at >= _FIND_S:
                self._keys, self._found_at = await self._find(), self._now()
        keys, redis = self._keys, await self._client.redis()
        totals = dict[str, Counter[str]]()
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            pipeline = redis.pipeline(transaction=False)
            for key in some:
                pipeline.hgetall(key)
            for key, fields in zip(some, await pipeline.execute(), strict=True):
                if fields:
                    community = totals.setdefault(self._client.keys.community_of(key), Counter())
                    community.update(_counts(fields.items()))
        return totals

    async def _find(self) -> Sequence[bytes]:
        redis = await self._client.redis()
        pattern = self._client.keys.communities()
        return [key async for key in redis.scan_iter(match=pattern, count=_KEYS_A_SCAN)]


def _counts(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, int]:
    """Return what is a number; anything else does not add up and is left out.

    >>> _counts([(b"members", b"12"), (b"name", b"club")])
    {'members': 12}
    """
    found = dict[str, int]()
    for name, value in fields:
        try:
            found[name.decode()] = int(value)
        except ValueError:
            continue
    return found
