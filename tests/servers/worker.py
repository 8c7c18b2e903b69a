"""Real worker processes, as a user runs them, in a namespace of their own."""

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from agents.demo.child import Child, tail

_METRICS = re.compile(r"metrics at (http://[0-9.:]+)/metrics")


class Worker:
    """One worker process: started, stopped, killed, paused; its log is a file."""

    def __init__(
        self,
        environment: Mapping[str, str],
        name: str = "worker",
        program: str = "agents.commands",
    ) -> None:
        self.log = Path(mkdtemp(prefix="tagstream-worker-")) / f"{name}.log"
        settings = {"TAGSTREAM_LOG_FORMAT": "console", **environment}
        argv = [sys.executable, "-X", "faulthandler", "-m", program, "worker"]
        self.child = Child(
            name, ["env", *(f"{k}={v}" for k, v in settings.items()), *argv], self.log
        )
        self._from = 0

    def start(self, within_s: float = 60.0) -> None:
        """Start it and wait until it is ready: all its partitions restored."""
        self.launch()
        self.wait_until_ready(within_s)

    def wait_until_ready(self, within_s: float = 60.0) -> None:
        """Wait until all partitions that it was assigned are restored."""
        self.child._wait_until(self.ready, within_s)

    def launch(self) -> None:
        """Start it and return at once."""
        self._from = self.log.stat().st_size if self.log.exists() else 0
        self.child.start(lambda: True)

    def ready(self) -> bool:
        """Whether /readyz says so."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, LookupError, urllib.error.URLError):
            return False

    def why_unready(self) -> str:
        """What /readyz answers; empty before the port is open."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as unready:
            return unready.read().decode()
        except (OSError, LookupError):
            return ""

    def metrics(self) -> str:
        """The text of /metrics."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    @property
    def url(self) -> str:
        """Where the metrics of the running process are; LookupError before it said so."""
        said = _METRICS.findall(self.text)
        if not said:
            raise LookupError(tail(self.log))
        return str(said[-1])

    @property
    def text(self) -> str:
        """What the process logged since it was last started."""
        return self.log.read_bytes()[self._from :].decode() if self.log.exists() else ""

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self.child.stop(within_s=60)

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()
