"""What a peer says of itself: one JSON line at its first record and one at its last.

Runs inside the peers, in whatever environment they have: nothing but the standard library.
"""

import json
import os
import sys
import time
from pathlib import Path

N = int(os.environ["BENCH_N"])
_PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


class Probe:
    """Counts records: `begin` before the first one, `seen` after each (or so many)."""

    def __init__(self) -> None:
        self.records = 0
        self.outputs = 0
        self._begun = False

    def begin(self) -> None:
        """The first record is here; later calls do nothing."""
        if not self._begun:
            self._begun = True
            self._say("first")

    def seen(self, records: int = 1) -> None:
        """So many more records are processed."""
        before, self.records = self.records, self.records + records
        if before < N <= self.records:
            self._say("last")

    def _say(self, mark: str) -> None:
        times = os.times()
        figures = {
            "mark": mark,
            "wall": time.time(),
            "cpu_s": times.user + times.system + times.children_user + times.children_system,
            "rss_mb": int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_MB,
            "records": self.records,
            "outputs": self.outputs,
        }
        out = sys.__stdout__  # Faust redirects sys.stdout into its log
        assert out is not None
        out.write(json.dumps(figures) + "\n")
        out.flush()
