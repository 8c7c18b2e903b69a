"""A real Prometheus that scrapes given workers and evaluates the alerts that we hand out."""

import json
import shutil
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from agents.demo.child import Child
from agents.demo.ports import free_port
from tests.servers.missing import ServerMissing
from tests.servers.one import OneServer

ALERTS = Path(__file__).parents[2] / "deploy" / "monitoring" / "alerts.yaml"
CONFIG = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}}
JOB = "tagstream-worker"


class Prometheus(OneServer):
    """Sees the workers at `targets` (host:port) once a second, from its start on.

    The alerts are those of `deploy/monitoring`, evaluated each second; how long a condition has to
    last before somebody is told (`for`) is left to promtool's tests: see `alerting`.
    """

    def __init__(self, targets: Sequence[str]) -> None:
        program = shutil.which("prometheus")
        if program is None:
            raise ServerMissing("prometheus: Debian and Ubuntu have it in the package prometheus")
        folder, port = Path(mkdtemp(prefix="tagstream-prometheus-")), free_port()
        self._url, self._targets = f"http://127.0.0.1:{port}", len(targets)
        rules, config = folder / "alerts.yaml", folder / "prometheus.yml"
        text = ALERTS.read_text(encoding="utf-8").replace("interval: 1m", "interval: 1s")
        rules.write_text(text, encoding="utf-8")
        scraped = {"job_name": JOB, "static_configs": [{"targets": list(targets)}]}
        config.write_text(
            json.dumps({**CONFIG, "rule_files": [str(rules)], "scrape_configs": [scraped]})
        )
        options = {
            "config.file": config,
            "storage.tsdb.path": folder / "data",
            "web.listen-address": f"127.0.0.1:{port}",
            "log.level": "warn",
        }
        argv = [program, *(f"--{name}={value}" for name, value in options.items())]
        super().__init__(Child("Prometheus", argv, folder / "prometheus.log"), folder)

    def start(self) -> None:
        """Start it and wait until it has looked at all targets."""
        self.child.start(self._has_looked, within_s=60)

    def ask(self, expression: str) -> list[tuple[Mapping[str, str], float]]:
        """The series of an instant query, each with its labels."""
        answer = self._get("query", query=expression)["result"]
        return [(one["metric"], float(one["value"][1])) for one in answer]

    def value(self, expression: str) -> float:
        """The one value of an expression; nan if it has none."""
        (found,) = self.ask(expression) or [({}, float("nan"))]
        return found[1]

    def alerting(self) -> set[str]:
        """The alerts whose condition holds now, whether or not for long enough to tell somebody."""
        return {alert["labels"]["alertname"] for alert in self._get("alerts")["alerts"]}

    def wait_for(self, holds: Callable[[], object], within_s: float = 60.0) -> None:
        """Until it is true; at the end the alerts that held instead are told."""
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"alerting: {sorted(self.alerting())}"
            time.sleep(0.2)

    def wait_for_alert(self, name: str, within_s: float = 60.0) -> None:
        """Until the condition of an alert holds."""
        self.wait_for(lambda: name in self.alerting(), within_s)

    def wait_for_calm(self, name: str, within_s: float = 60.0) -> None:
        """Until it does not hold any more."""
        self.wait_for(lambda: name not in self.alerting(), within_s)

    def _has_looked(self) -> bool:
        """Each target twice, so that whatever was there can be told to stand still."""
        try:
            return len(list(self._looked())) == self._targets
        except OSError:
            return False

    def _looked(self) -> Iterator[Any]:
        for labels, times in self.ask(f'count_over_time(up{{job="{JOB}"}}[1m])'):
            if times > 1:
                yield labels

    def _get(self, what: str, **parameters: str) -> Any:
        url = f"{self._url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]
