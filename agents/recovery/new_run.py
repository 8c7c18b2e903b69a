"""Redis is behind the state: its hashes are written anew, and a jump in seq says so."""

from itertools import islice
from uuid import uuid4

from agents.checkpoint import Checkpointer
from agents.recovery.rows import Rows
from agents.redis.publisher import Claimed
from agents.redis.run_writer import RunWriter
from agents.session import Session
from schemas.records import Checkpoint
from streams.communities import Counts, add

NEW_RUN_JUMP = 1_000_000  # so that a waiting reader sees it
_USERS_A_CALL = 200


class NewRun:
    """Writes a run from the session's state, before its first block."""

    def __init__(self, writer: RunWriter, checkpointer: Checkpointer[Session]) -> None:
        self._writer, self._checkpointer = writer, checkpointer

    async def write(self, session: Session, rows: Rows, claimed: Claimed) -> None:
        """The whole of it; raises Lost."""
        state = session.state
        state.clock = max([state.clock, *state.user_clocks()])
        base, alert_base = _new_numbers(rows.checkpoint, claimed)
        session.run, session.seq, session.alert_seq = uuid4().hex, base, alert_base
        # A new run 1: run, building, the jump; no journal, no hashes
        await self._writer.begin_run(session, max(1, base))
        if "seq" in claimed.meta:  # also if only `run` is gone: so a rebuild is asked for
            await self._writer.clear_users(session)
        # 2: the users, in batches
        users, counts = iter(state.user_ids()), Counts()
        while batch := list(islice(users, _USERS_A_CALL)):
            add(counts, state.counts_of(batch))
            await self._writer.put_users(session, [(u, state.snapshot(u)) for u in batch])
        await self._writer.put_communities(session, counts)
        # 3: positions, clock, server; building is over
        await self._writer.end_run(session)
        # 4: a checkpoint, before the first block
        await self._checkpointer.checkpoint(session)


def _new_numbers(checkpoint: Checkpoint | None, claimed: Claimed) -> tuple[int, int]:
    """The seq and alert_seq that a new run begins with: far above all that were given out."""
    seq = max(int(claimed.meta.get("seq", "0")), checkpoint.seq if checkpoint else 0)
    alert_seq = max(
        int(claimed.meta.get("alert_seq", "0")), checkpoint.alert_seq if checkpoint else 0
    )
    first = checkpoint is None and not seq and not alert_seq
    return (0, 0) if first else (seq + NEW_RUN_JUMP, alert_seq + NEW_RUN_JUMP)
