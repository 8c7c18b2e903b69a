"""Every peer, in one list: how it is started and what it is asked for."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.peers.fetching import HERE, kstreams_jars, quix_python
from tests.servers.kafka.jars import java

Checked = Literal["outputs", "users"]
"""What is compared with the reference: changes of tags written, or users seen."""


@dataclass(frozen=True, slots=True)
class Program:
    """A peer. `command` may fetch it. `changelog`: the end of its changelog topic's name."""

    command: Callable[[], list[str]]
    checked: Checked = "outputs"
    changelog: str | None = None
    environment: Mapping[str, str] | None = None


def _faust() -> list[str]:
    return [sys.executable, "-m", "faust", "-A", "benchmarks.peers.faust_plain.app", *_FAUST]


_FAUST = ("worker", "--loglevel", "warn", "--without-web")


def _aiokafka() -> list[str]:
    return [sys.executable, "-m", "benchmarks.peers.aiokafka_plain.app"]


def _quix() -> list[str]:
    return [str(quix_python()), str(HERE / "quix" / "job.py")]


def _kstreams() -> list[str]:
    built = kstreams_jars()
    path = f"{built}/*:{built}/lib/*"
    return [java(), "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path, "peer.TagJob"]


PROGRAMS: Mapping[str, Program] = {
    "faust": Program(_faust, changelog="-state-changelog"),  # what a Faust user writes
    "aiokafka": Program(_aiokafka, checked="users"),  # the ceiling: no job, nothing durable
    "quix": Program(_quix, environment={"PYTHONPATH": str(HERE)}),
    "kstreams": Program(
        _kstreams,
        changelog="-users-changelog",
        environment={"CACHE": str(128 << 20), "LINGER": "5"},
    ),
}
"""By the names that --only and --peers take."""

ROOT = Path(__file__).parents[2]
