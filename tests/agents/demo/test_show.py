"""The whole demo, as a user sees it."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEMO = "from agents.commands.demo import demo; demo(rate=200, users=50)"


def read_until(lines: list[str], program: "subprocess.Popen[str]", wanted: str) -> None:
    """Collect what the demo prints, up to the line with `wanted`."""
    assert program.stdout is not None
    for line in program.stdout:
        lines.append(line)
        if wanted in line:
            return
    pytest.fail(f"never printed {wanted!r}:\n{''.join(lines)}")


def test_the_demo_shows_tags_and_ends_cleanly_on_ctrl_c() -> None:
    """Servers, worker, traffic, first tags, Ctrl-C, a summary with a user and reasons, exit 0."""
    lines: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-c", DEMO],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            read_until(lines, program, "first tags within")
            program.send_signal(signal.SIGINT)
            read_until(lines, program, "nothing is left behind")
            program.wait(20)
        finally:
            program.kill()  # a demo that hangs must not hang the tests
    text = "".join(lines)
    assert program.returncode == 0, text
    found = re.search(r"([\d,]+) events sent, ([\d,]+) handled", text)
    assert found, text
    assert found[1] == found[2]
    assert "read back from Redis" in text
    assert "because" in text
