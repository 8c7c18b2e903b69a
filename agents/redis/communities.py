"""The counts of every community, added up over the partitions."""

import time
from asyncio import Task, create_task, shield
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from agents.redis.client import TagClient
from agents.redis.server import AWAY
from agents.redis.tags import Fields

Counts = Mapping[str, int]
"""What is counted of a community, by field."""

_KEYS_A_SCAN = 1_000
_FIND_S = 30.0  # nobody tells of a new community, and to find one is to look at every key
_AT_ONCE = 500


class Communities:
    """Reads the counts whenever asked, and looks for new communities now and then.

    Looking takes Redis about a second a million users, in small steps; meanwhile those that were
    found before are told.
    """

    def __init__(self, client: TagClient, now: Callable[[], float] = time.monotonic) -> None:
        self._client, self._now = client, now
        self._keys: Sequence[bytes] | None = None
        self._found_at = float("-inf")
        self._finding: Task[None] | None = None

    async def all(self) -> Mapping[str, Counts]:
        """Return the counts of each community by its id. Raises AWAY."""
        if self._finding is None and self._now() - self._found_at >= _FIND_S:
            self._finding = create_task(self._find())
        if self._keys is None and self._finding is not None:
            await shield(self._finding)  # who asks may give up, the next one finds the result
        totals = dict[str, Counter[str]]()
        for key, fields in await self._read(self._keys or ()):
            community = totals.setdefault(self._client.keys.community_of(key), Counter())
            community.update(_counts(fields.items()))
        return totals

    async def _read(self, keys: Sequence[bytes]) -> list[tuple[bytes, Fields]]:
        """Return the hashes that are still there."""
        redis, found = await self._client.redis(), list[tuple[bytes, Fields]]()
        for first in range(0, len(keys), _AT_ONCE):
            some = keys[first : first + _AT_ONCE]
            pipeline = redis.pipeline(transaction=False)
            for key in some:
                pipeline.hgetall(key)
            answers = await pipeline.execute()
            found += [(k, fields) for k, fields in zip(some, answers, strict=True) if fields]
        return found

    async def _find(self) -> None:
        try:
            redis, pattern = await self._client.redis(), self._client.keys.communities()
            keys = redis.scan_iter(match=pattern, count=_KEYS_A_SCAN)
            self._keys = sorted({key async for key in keys})
            self._found_at = self._now()
        except AWAY:
            if self._keys is None:
                raise  # to who waits for it
        finally:
            self._finding = None


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
