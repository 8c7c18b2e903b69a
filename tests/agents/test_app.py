"""How a crashed worker leaves that does not come to an orderly stop."""

import subprocess
import sys

import pytest

from agents.app import CRASH_STATUS


@pytest.mark.parametrize(
    ("reason", "code"),
    [("agents.errors.Unreachable('no Redis')", 3), ("ValueError('no Redis')", CRASH_STATUS)],
)
def test_it_says_why_and_leaves_with_the_code_of_the_reason(reason: str, code: int) -> None:
    """Threads that hang do not hold it up."""
    program = (
        "import logging, threading, agents.app, agents.errors;"
        "logging.basicConfig(format='%(message)s', force=True);"
        "threading.Thread(target=threading.Event().wait).start();"
        f"agents.app.leave({reason})"
    )
    left = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (left.returncode, left.stdout) == (code, "")
    assert left.stderr == "worker ends without an orderly stop: no Redis\n"
