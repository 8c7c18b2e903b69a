"""How a crashed worker leaves that does not come to an orderly stop, and what a fetch may bring."""

import subprocess
import sys

import pytest

from agents.app import CRASH_STATUS, fetched_bytes


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


@pytest.mark.parametrize("partitions", [1, 4, 12, 64])
def test_a_backlog_takes_the_same_room_over_however_many_partitions_it_lies(
    partitions: int,
) -> None:
    assert partitions * fetched_bytes(partitions) == pytest.approx(32 << 20, abs=partitions)


def test_a_fetch_brings_enough_to_be_worth_its_while() -> None:
    assert fetched_bytes(1_000) == 512 << 10
