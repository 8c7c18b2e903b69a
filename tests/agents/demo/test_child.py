"""A child process of ours, with `sleep` and a shell in the part of the server."""

import signal
from pathlib import Path

import pytest

from agents.demo.child import Child, ServerFailed

SLEEPER = ["sleep", "60"]
STUBBORN = ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"]


def at_once() -> bool:
    """Ready from the start."""
    return True


def test_a_server_that_ends_while_starting_says_its_last_words(tmp_path: Path) -> None:
    """The error names the server and shows what it printed."""
    child = Child("Broken", ["sh", "-c", "echo port is taken; exit 1"], tmp_path / "log")
    with pytest.raises(ServerFailed, match=r"Broken ended while starting(.|\n)*port is taken"):
        child.start(ready=lambda: False)
    assert not child.running


def test_a_server_that_is_never_ready_is_ended(tmp_path: Path) -> None:
    """After the time given nothing is left running."""
    child = Child("Slow", SLEEPER, tmp_path / "log")
    with pytest.raises(ServerFailed, match=r"Slow was not ready after 0\.05 s"):
        child.start(ready=lambda: False, within_s=0.05)
    assert not child.running


def test_a_start_that_is_broken_off_leaves_nothing_running(tmp_path: Path) -> None:
    """Ctrl-C while waiting ends the server too."""

    def interrupted() -> bool:
        raise KeyboardInterrupt

    child = Child("Early", SLEEPER, tmp_path / "log")
    with pytest.raises(KeyboardInterrupt):
        child.start(interrupted)
    assert not child.running


def test_a_server_that_ignores_sigterm_is_ended_by_force(tmp_path: Path) -> None:
    """`stop` insists."""
    log = tmp_path / "log"
    child = Child("Stubborn", STUBBORN, log)
    child.start(ready=lambda: log.read_bytes() == b"ready\n")
    child.stop(within_s=0.1)
    assert not child.running


def test_a_server_can_be_started_again_after_any_end(tmp_path: Path) -> None:
    """Killed by us, dead by itself, frozen and stopped: `start` works after each."""
    child = Child("Often", SLEEPER, tmp_path / "log")
    child.start(at_once)
    child.kill()
    child.start(at_once)
    child.signal(signal.SIGKILL)
    while child.running:
        pass
    child.start(at_once)
    child.pause()
    child.stop()
    assert not child.running


def test_a_running_server_is_not_started_twice(tmp_path: Path) -> None:
    """The first would be lost."""
    child = Child("Once", SLEEPER, tmp_path / "log")
    child.start(at_once)
    with pytest.raises(ServerFailed, match="Once is already running"):
        child.start(at_once)
    child.stop()


def test_a_server_that_does_not_run_has_no_process_id(tmp_path: Path) -> None:
    """Asking for it is a mistake of the caller, and says so."""
    with pytest.raises(ServerFailed, match="Idle is not running"):
        _ = Child("Idle", SLEEPER, tmp_path / "log").pid
