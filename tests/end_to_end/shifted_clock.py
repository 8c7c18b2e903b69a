"""A worker on a host whose clock is wrong: `time.time` is off by what a file says (seconds)."""

import os
import time
from pathlib import Path

from agents.commands import main

SHIFT_FILE = "TAGSTREAM_TEST_CLOCK_SHIFT"

if __name__ == "__main__":
    right, shift = time.time, Path(os.environ[SHIFT_FILE])
    time.time = lambda: right() + float(shift.read_text())
    main()
