"""One server that runs as our child process: started, watched, and ended by its own process id."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agents.errors import Problem

POLL_S = 0.02
TAIL_BYTES = 2_000

# Its standard input closes when we die, in whatever way: then the server is ended.
LEASH = 'read -r _; kill -9 "$0" 2>/dev/null'


class ServerFailed(Problem):
    """A server did not come up; the message says which, why, and ends with what it printed last."""

    exit_code = 3


class Child:
    """A server process under our control, from `start` to `stop` as often as you like.

    Its output goes to the file `log` (appended over restarts). It is in a session of its own, so
    that Ctrl-C reaches us and we decide the order in which things end; and on a leash, so that it
    does not outlive us even when we are killed. Not for use by several threads.
    """

    def __init__(self, name: str, argv: Sequence[str], log: Path) -> None:
        self.name, self.argv, self.log = name, list(argv), log
        self._process: subprocess.Popen[bytes] | None = None
        self._leash: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process lives now (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the running process; ServerFailed when there is none."""
        if self._process is None or self._process.poll() is not None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process.pid

    def start(self, ready: Callable[[], bool], within_s: float = 30.0) -> None:
        """Start it and wait until `ready()` is true; ServerFailed, nothing left, if it never is."""
        if self.running:
            raise ServerFailed(f"{self.name} is already running")
        self._end(within_s=0)  # what is left of one that died by itself
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command of ours
                self.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        self._leash = leash(self._process.pid)
        try:
            self._wait_until(ready, within_s)
        except BaseException:  # Ctrl-C too: who could not start it will not stop it
            self.kill()
            raise

    def stop(self, within_s: float = 15.0) -> None:
        """End it politely (SIGTERM), after `within_s` by force; idle if it does not run."""
        self.signal(signal.SIGCONT)  # a paused process cannot hear SIGTERM
        self.signal(signal.SIGTERM)
        self._end(within_s)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self.signal(signal.SIGKILL)
        self._end(within_s=15.0)

    def pause(self) -> None:
        """Freeze it (SIGSTOP): connections stay open, nothing answers."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on after `pause`."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone; nothing happens if it does not run."""
        if self._process is not None:
            self._process.send_signal(number)

    def _wait_until(self, ready: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not ready():
            if not self.running:
                self._fail("ended while starting")
            if time.monotonic() > deadline:
                self._fail(f"was not ready after {within_s:g} s")
            time.sleep(POLL_S)

    def _fail(self, what: str) -> None:
        raise ServerFailed(f"{self.name} {what}; its last words:\n{tail(self.log)}")

    def _end(self, within_s: float) -> None:
        if self._process is not None:
            wait_or_kill(self._process, within_s)
        if self._leash is not None:
            self._leash.kill()
            self._leash.communicate()
        self._process = self._leash = None


def leash(pid: int) -> subprocess.Popen[bytes]:
    """A shell that kills process `pid` when we are gone, even if we are killed ourselves."""
    shell = shutil.which("sh") or "/bin/sh"
    return subprocess.Popen(  # noqa: S603 - a fixed command of ours
        [shell, "-c", LEASH, str(pid)], stdin=subprocess.PIPE, start_new_session=True
    )


def wait_or_kill(process: subprocess.Popen[bytes], within_s: float) -> None:
    """Wait for the end of a process that was told to end; insist when it does not."""
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(log: Path) -> str:
    """The end of what a server printed."""
    printed = log.read_bytes() if log.exists() else b""
    return printed[-TAIL_BYTES:].decode(errors="replace").strip() or "(nothing)"
