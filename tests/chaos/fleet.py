"""The workers, and who starts them again: as an orchestrator does, whatever they ended with."""

import re
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path

from tests.chaos.watching import wait_until
from tests.end_to_end.deployment import Deployment
from tests.servers.worker import Worker

READY_S = 60.0
_FENCED = re.compile(r"^tagstream_fenced_total (\S+)$", re.MULTILINE)
_RSS = re.compile(r"VmRSS:\s+(\d+)")


class Member:
    """One place in the fleet: a worker that should run, started anew as often as it takes."""

    def __init__(self, deployment: Deployment, name: str, *, static: bool) -> None:
        self._deployment, self.name = deployment, name
        self._settings = {"TAGSTREAM_INSTANCE_ID": name} if static else {}
        self.wanted, self.peak_mb, self.ends = False, 0.0, list[str]()
        self.workers: list[Worker] = []  # all that ever were, for their logs

    def use(self, catalogue: Path) -> None:
        """From its next start on."""
        self._settings["TAGSTREAM_CATALOGUE"] = str(catalogue)

    @property
    def worker(self) -> Worker:
        """The present one."""
        return self.workers[-1]

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return bool(self.workers) and self.worker.child.running

    def launch(self, settings: Mapping[str, str] = {}) -> None:
        """Starts it and returns at once."""
        given = {**self._settings, **settings}
        self.workers.append(self._deployment.worker("tests.chaos.worker", **given))
        self.worker.launch()
        self.wanted = True

    def launch_deaf(self) -> None:
        """Starts it with logs that cannot be written."""
        worker = self._deployment.worker("tests.chaos.worker", **self._settings)
        worker.log.unlink(missing_ok=True)
        worker.child.log = Path("/dev/full")
        self.workers.append(worker)
        worker.launch()
        self.wanted = True

    def kill(self) -> None:
        """SIGKILL."""
        self.worker.kill()

    def leave(self) -> None:
        """SIGTERM, and it stays away."""
        self.wanted = False
        self.worker.stop()

    def ready(self, within_s: float = READY_S) -> bool:
        """Waits until it has restored what it was assigned; False if it does not or ends."""
        wait_until(lambda: not self.running or self.worker.ready(), within_s)
        return self.running and self.worker.ready()

    def look_after(self) -> None:
        """Starts it again if it ended by itself; notes its memory."""
        if not self.wanted:
            return
        if self.running:
            self._measure()
            return
        process = self.worker.child._process
        if process is not None:  # else it was killed
            said = (self.worker.text.strip().splitlines() or ["nothing"])[-1]
            log = f"{self.name}-{len(self.workers) - 1}.log"
            self.ends.append(f"{log}: ended by itself with {process.returncode}: {said}")
        self.launch()

    def _measure(self) -> None:
        try:
            status = Path(f"/proc/{self.worker.child.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return
        found = _RSS.search(status)
        self.peak_mb = max(self.peak_mb, int(found[1]) / 1024 if found else 0.0)

    def is_frozen(self) -> bool:
        """Whether its process is stopped by SIGSTOP."""
        stat = Path(f"/proc/{self.worker.child.pid}/stat").read_text(encoding="utf-8")
        return stat.rpartition(")")[2].split()[0] in ("T", "t")

    def fenced(self) -> float:
        """How often it was refused, by its metrics; 0 if it does not answer."""
        try:
            found = _FENCED.search(self.worker.metrics())
        except (OSError, LookupError):
            return 0.0
        return float(found[1]) if found else 0.0

    def assigned(self) -> int:
        """How many partitions it was assigned last, by its log."""
        said = re.findall(r"assigned partitions: (.*)", self.worker.text)
        return len(said[-1].split(",")) if said and said[-1].strip() != "none" else 0


class Fleet:
    """All members; two are static ones of their group, the third comes and goes.

    They begin with the first of `catalogues`.
    """

    def __init__(self, deployment: Deployment, catalogues: Sequence[Path]) -> None:
        self._catalogues = cycle(catalogues)
        self.members = [
            Member(deployment, "a", static=True),
            Member(deployment, "b", static=True),
            Member(deployment, "c", static=False),
        ]
        self.change_catalogue()

    def change_catalogue(self) -> str:
        """Everybody has the next one when they start again; return its name."""
        catalogue = next(self._catalogues)
        for member in self.members:
            member.use(catalogue)
        return catalogue.name

    @property
    def wanted(self) -> list[Member]:
        """Those who should run now."""
        return [member for member in self.members if member.wanted]

    def start(self) -> None:
        """The first two, and waits for them."""
        for member in self.members[:2]:
            member.launch()
        for member in self.members[:2]:
            assert member.ready(), member.worker.text[-3000:]

    def look_after(self) -> None:
        """Starts again who ended."""
        for member in self.members:
            member.look_after()

    def sleep(self, seconds: float) -> None:
        """Time passes; who ends is started again."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.look_after()
            time.sleep(min(0.2, left))

    def end(self) -> None:
        """SIGKILL, whoever runs."""
        for member in self.members:
            member.wanted = False
            for worker in member.workers:
                worker.kill()
