"""How fast `tagstream replay` is: events a second, on the tag job and with the packaged catalogue.

    python -m benchmarks.replay [--events N] [--users N] [--runs 3] [--processes N] [--json]

The command itself, from start to end, results written to disk; by default as many processes
as it takes by itself, whose memory is that of the largest. The tag
job's input is that of the benchmark with the peers (100,000 users); that of the packaged
catalogue is simulated, thirty days of `--users` members.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from agents.commands.output import print_json, print_table
from agents.settings import PACKAGED_CATALOGUE
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from benchmarks.events import events
from benchmarks.figures import Spread
from benchmarks.machine import described
from benchmarks.place import CATALOGUE as TAG_JOB

START_MS = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
DAYS = 30
ASKED = {"tag job": 100_000, "packaged catalogue": 40_000}


@dataclass(frozen=True, slots=True)
class Figure:
    """One replay: wall and CPU time of all its processes, memory of the largest."""

    what: str
    events: int
    changes: int
    wall_s: float
    cpu_s: float
    rss_mb: float


def measure(
    number: int, users: int, runs: int, folder: Path, options: Sequence[str] = ()
) -> Iterator[Figure]:
    """Write both inputs, then replay each so many times in turn."""
    job, lending = folder / "job.ndjson", folder / "lending.ndjson"
    write(job, (event.ours for event in events(number)))
    plan = Plan(START_MS, users, number / 1000, 1000.0, speed=DAYS * 86.4)
    write(lending, (sent.value for sent in Traffic(plan)))
    for _ in range(runs):
        yield replay("tag job", job, TAG_JOB, folder / "out", options)
        yield replay("packaged catalogue", lending, PACKAGED_CATALOGUE, folder / "out", options)


def write(file: Path, lines: Iterator[bytes]) -> None:
    """Write a line each."""
    with file.open("wb") as out:
        out.writelines(line + b"\n" for line in lines)


def replay(
    what: str, file: Path, catalogue: Path, out: Path, options: Sequence[str] = ()
) -> Figure:
    """Run the command once."""
    argv = [sys.executable, "-m", "agents.commands", "replay", str(file), "--json"]
    argv += ["--catalogue", str(catalogue), "--out", str(out), *options]
    begun = time.perf_counter()
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own command
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)  # tells what this child alone has used
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    figures, cpu = json.loads(told), used.ru_utime + used.ru_stime
    return Figure(what, figures["lines"], figures["changes"], wall, cpu, used.ru_maxrss / 1024)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=1_000_000)
    arguments.add_argument("--users", type=int, default=20_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--processes", type=int)
    arguments.add_argument("--json", action="store_true")
    given = arguments.parse_args(argv)
    options = ["--processes", str(given.processes)] if given.processes else []
    machine = described()
    with TemporaryDirectory() as folder:
        found = list(measure(given.events, given.users, given.runs, Path(folder), options))
    if given.json:
        rated = [_rate(what, found) for what in ASKED]
        print_json({"machine": machine, "rates": rated, "runs": [asdict(one) for one in found]})
        return
    rates = ("events/s: least#", "median#", "most#", "asked#")
    columns = ("what", *rates, "per CPU second#", "changes an event#", "memory, MB#")
    print_table(f"{given.runs} runs", columns, (_row(what, found) for what in ASKED))


def _rate(what: str, found: list[Figure]) -> dict[str, object]:
    """Events a second by the wall clock, beside what was asked."""
    rates = Spread.of([one.events / one.wall_s for one in found if one.what == what])
    return {"what": what, "asked": ASKED[what], **asdict(rates)}


def _row(what: str, found: list[Figure]) -> tuple[object, ...]:
    mine, rate = [figure for figure in found if figure.what == what], _rate(what, found)
    return (
        what,
        *(f"{rate[which]:,.0f}" for which in ("least", "middle", "most", "asked")),
        round(median(figure.events / figure.cpu_s for figure in mine)),
        f"{mine[0].changes / mine[0].events:.2f}",
        round(max(figure.rss_mb for figure in mine)),
    )


if __name__ == "__main__":
    main()
