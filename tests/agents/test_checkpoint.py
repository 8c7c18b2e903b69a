"""A checkpoint and the watch over the changelog's end, in virtual time."""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

import pytest

from agents.checkpoint import Checkpointer
from agents.session import Session
from agents.transport.changelog import Record, Unknown
from schemas.records import Checkpoint
from tests.agents.protocol import virtual
from tests.agents.test_sessions import session


class FakeChangelog:
    """A log that takes a second for everything."""

    def __init__(self, end: int) -> None:
        self.now = end
        self.away = False

    async def append(self, _: int, records: Iterable[Record], end: int) -> int:
        self.now += len(list(records))
        await asyncio.sleep(1)
        return max(end, self.now)

    async def write_checkpoint(self, p: int, _: int, __: Checkpoint, end: int) -> int:
        return await self.append(p, [(b"", b"")], end)

    async def end(self, _: int) -> int:
        await asyncio.sleep(1)
        if self.away:
            raise Unknown
        return self.now


class FakePublisher:
    """Trims at once."""

    async def trim(self, _: Session, __: int) -> None:
        """Done."""


async def commit(_: int, __: tuple[int, ...]) -> bool:
    return True


def checkpointer(changelog: FakeChangelog) -> Checkpointer[Session]:
    log, publisher = cast("Any", changelog), cast("Any", FakePublisher())
    return Checkpointer(log, commit, "c@1", publisher.trim, lambda _: None)


def test_our_own_checkpoint_is_no_foreign_write() -> None:
    """The watch looks only where none of ours is under way."""

    async def main() -> bool:
        one = session(0)
        keeper = checkpointer(FakeChangelog(one.changelog_end))
        writing = asyncio.create_task(keeper.checkpoint(one))
        await asyncio.sleep(0.5)
        await keeper.watch(one)
        await writing
        return one.live

    assert virtual.run(main())


@pytest.mark.parametrize(("away", "live"), [(True, True), (False, False)])
def test_a_foreign_write_ends_an_idle_session(*, away: bool, live: bool) -> None:
    async def main() -> bool:
        one = session(0)
        changelog = FakeChangelog(one.changelog_end + 1)
        changelog.away = away
        await checkpointer(changelog).watch(one)
        return one.live

    assert virtual.run(main()) is live


def test_a_checkpoint_that_is_broken_off_ends_the_session() -> None:
    """Its rows are dirty no more: the next checkpoint would leave them out."""

    async def main() -> bool:
        one = session(0)
        writing = asyncio.create_task(
            checkpointer(FakeChangelog(one.changelog_end)).checkpoint(one)
        )
        await asyncio.sleep(0.5)
        writing.cancel()
        await asyncio.wait({writing})
        return one.live

    assert not virtual.run(main())
