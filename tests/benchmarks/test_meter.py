import os
import subprocess
import sys
import time

import pytest

from benchmarks.meter import read


def test_cpu_time_is_that_of_the_process() -> None:
    """As the process itself counts it, up to the 10 ms in which Linux counts."""
    before, own = read(os.getpid()), time.process_time()
    while time.process_time() - own < 0.1:
        pass
    after = read(os.getpid())
    assert after.cpu_s - before.cpu_s == pytest.approx(time.process_time() - own, abs=0.03)
    assert after.wall - before.wall >= 0.05
    assert 1 < after.rss_mb < 10_000


def test_a_process_that_ended_cannot_be_read() -> None:
    """The measurement fails and does not count zero."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(ProcessLookupError):
        read(ended.pid)
