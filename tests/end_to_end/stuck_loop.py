"""A worker whose main loop stands still for a while each time that a file appears."""

import os
import time
from pathlib import Path

from agents import health
from agents.commands import main

FILE = "TAGSTREAM_TEST_STUCK_FILE"
STUCK_S, HANGS_S = 2.0, 5.0

if __name__ == "__main__":
    health.STUCK_S = STUCK_S
    tick, file = health.Health.tick, Path(os.environ[FILE])

    def hang(self: health.Health) -> None:
        """In the main loop."""
        tick(self)
        if file.exists():
            file.unlink()
            time.sleep(HANGS_S)

    health.Health.tick = hang  # type: ignore[method-assign] # this is the fault
    main()
