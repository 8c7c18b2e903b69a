"""What a changelog says, read in the order of the log: good rows, the checkpoint, refused keys."""

from collections.abc import Callable, Iterable
from typing import Any

from schemas.records import (
    CHECKPOINT_KEY,
    CLAIM_KEY,
    LAYOUT_KEYS,
    Checkpoint,
    decode_checkpoint,
    epoch_and_body,
    full_value,
)
from streams.compiler.layout import Described, decode_layout, fingerprint
from streams.engine import Partition

Load = Callable[[str, bytes | None], None]
"""Takes in a row by its key."""


class Records:
    """What a changelog says, read in order: the good rows, the last checkpoint, refused keys.

    Taking a partition 3: a record whose epoch is below one seen earlier is refused; within an
    epoch the later record wins. `load` is given each good row, None where there is none any more.
    """

    def __init__(self, load: Load, epoch: int) -> None:
        self.epoch, self._load = epoch, load
        self.checkpoint: Checkpoint | None = None
        self.read = 0
        self.layouts: dict[int, Described] = {}
        self._fence = -1  # the highest epoch seen so far
        self._refused: set[bytes] = set()

    def add(self, records: Iterable[Any]) -> None:
        """Takes records in the order of the log."""
        load, fence = self._load, self._fence
        for record in records:
            self.read += 1
            key = record.key
            if key == CLAIM_KEY:
                fence = max(fence, record.offset)
                continue
            epoch, body = epoch_and_body(full_value(record.value, record.headers))
            if key.startswith(LAYOUT_KEYS):  # good whoever wrote it
                self.layouts[fingerprint(body)] = decode_layout(body)
                continue
            if epoch < fence:
                self._refused.add(key)
                continue
            fence = epoch
            if key == CHECKPOINT_KEY:
                self.checkpoint = decode_checkpoint(body)
            else:
                load(key.decode(), body or None)
        self._fence = fence

    @property
    def refused(self) -> set[bytes]:
        """Rows that a zombie overwrote: they are to be written again."""
        return self._refused - {CHECKPOINT_KEY}


class Rows(Records):
    """The changelog of users. `only`: rows of other users are judged, but not kept."""

    def __init__(self, state: Partition, epoch: int, only: str | None = None) -> None:
        super().__init__(state.load if only is None else _load_only(state, only), epoch)
        self.state = state

    def finish(self) -> None:
        """Builds the deadline index; rows that a zombie overwrote are to be written again."""
        self.state.loaded(self.layouts)
        for key in self.refused:
            self.state.mark_dirty(key.decode())
        if self.checkpoint is not None:
            self.state.clock = self.checkpoint.clock
            self.state.ticked = self.checkpoint.ticked
            self.state.origins.update(self.checkpoint.origins)
            self.state.predecessors.count_since(self.checkpoint.counted_since)


def _load_only(state: Partition, only: str) -> Load:
    """Load the rows of one user and no others, and all erasures."""

    def load(user: str, row: bytes | None) -> None:
        if user == only or user < " ":
            state.load(user, row)

    return load
