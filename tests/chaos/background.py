"""What goes on beside the faults: a thread with an event loop of its own, until `finish`."""

import asyncio
import threading
from typing import ClassVar


class Background(threading.Thread):
    """Runs `work` until it sees `self._ending`; what it raised, `finish` raises in the harness."""

    patience_s: ClassVar[float]  # of `finish`

    def __init__(self, name: str) -> None:
        super().__init__(daemon=True, name=name)
        self._ending = threading.Event()
        self.error: BaseException | None = None

    async def work(self) -> None:
        """What is done; the heirs say it."""
        raise NotImplementedError

    def run(self) -> None:
        try:
            asyncio.run(self.work())
        except BaseException as error:  # noqa: BLE001 - told by `finish`, in the harness's thread
            self.error = error

    def finish(self) -> None:
        self._ending.set()
        self.join(self.patience_s)
        if self.error is not None:
            raise self.error
