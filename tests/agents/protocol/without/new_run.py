"""A new run, without one of its steps."""

import asyncio

import pytest

from agents.recovery import new_run
from agents.recovery.new_run import NewRun
from agents.recovery.rows import Rows
from agents.redis.publisher import Claimed
from agents.redis.run_writer import RunWriter
from agents.session import Session
from streams.engine import Partition
from tests.agents.protocol.without.scripts import edit


def steps_in_turn(patch: pytest.MonkeyPatch) -> None:
    """1-3: a step counts whenever it arrives."""
    for name in ("PUT_USERS", "CLEAR_USERS"):
        edit(patch, name, " or out_of_turn(ARGV[3])")
    edit(patch, "BEGIN_RUN", "if redis.call('HGET', meta, 'run') == ARGV[3] then return 'ok' end")
    edit(patch, "END_RUN", "if held[1] ~= ARGV[3] then return 'other step' end")


def hashes_emptied(patch: pytest.MonkeyPatch) -> None:
    """1: hashes of users whom the state does not know stay."""

    async def clear_users(_: RunWriter, __: Session) -> None:
        await asyncio.sleep(0)

    patch.setattr(RunWriter, "clear_users", clear_users)


def numbers_jump(patch: pytest.MonkeyPatch) -> None:
    """1: seq goes on from the checkpoint's."""
    patch.setattr(new_run, "NEW_RUN_JUMP", 0)


def server_noted(patch: pytest.MonkeyPatch) -> None:
    """3: which server the run was written to is not noted."""
    edit(patch, "END_RUN", "'server', ARGV[5]", "'server_', ARGV[5]")


def largest_clock(patch: pytest.MonkeyPatch) -> None:
    """3: the clock is that of the checkpoint record, behind rows that are newer."""
    patch.setattr(Partition, "user_clocks", lambda _: ())


def checkpoint_before_the_first_block(patch: pytest.MonkeyPatch) -> None:
    """4: the run is in Redis, and nowhere else until the next checkpoint."""
    real = NewRun.write

    class Idle:
        async def checkpoint(self, _: Session) -> None:
            await asyncio.sleep(0)

    async def write(self: NewRun, session: Session, rows: Rows, claimed: Claimed) -> None:
        mine, self._checkpointer = self._checkpointer, Idle()  # type: ignore[assignment] # its one verb
        try:
            await real(self, session, rows, claimed)
        finally:
            self._checkpointer = mine

    patch.setattr(NewRun, "write", write)
