"""The changelog as it was at an earlier moment: what checkpoints after it brought is left out."""

from collections.abc import Iterable
from typing import Any

from agents.recovery.rows import Rows
from schemas.records import CHECKPOINT_KEY, decode_checkpoint, epoch_and_body, full_value
from streams.engine import Partition

Moment = tuple[str, int]
"""A run, and the number of a call in it."""


class RowsAsOf(Rows):
    """Rows up to the last checkpoint that covers no call after `moment`, and not one more.

    Rows count only together with the checkpoint record behind them, so the state is exactly that
    of its call. The log keeps each version for `min.compaction.lag.ms`, an hour or more.
    """

    def __init__(self, state: Partition, moment: Moment) -> None:
        super().__init__(state, -1)
        self._moment, self._passed = moment, False
        self._waiting: list[Any] = []

    def add(self, records: Iterable[Any]) -> None:
        """Take records in the order of the log."""
        for record in records:
            if self._passed:
                return
            self._waiting.append(record)
            if record.key == CHECKPOINT_KEY:
                self._passed = self._is_later(record)
                if not self._passed:
                    super().add(self._waiting)
                self._waiting.clear()

    def _is_later(self, record: Any) -> bool:
        _, body = epoch_and_body(full_value(record.value, record.headers))
        found, (run, calls) = decode_checkpoint(body), self._moment
        if found.run == run:
            return found.calls > calls
        return self.checkpoint is not None and self.checkpoint.run == run  # of a run after it
