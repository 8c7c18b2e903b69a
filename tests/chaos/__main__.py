"""`python -m tests.chaos`: plays seeds, prints a table, keeps plan and logs of a failure."""

import argparse
import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkdtemp

from tests.chaos.faults import FAULTS
from tests.chaos.plan import PER_SEED, plan_of
from tests.chaos.play import play
from tests.chaos.report import HEAD, markdown, row
from tests.chaos.result import Result
from tests.chaos.without_redis import endure
from tests.chaos.worker import LEFT_OUT
from tests.servers import Kafka, ServerMissing

EXAMPLES = """\
examples:
  python -m tests.chaos --seeds 2 --faults 6
  python -m tests.chaos --seeds 30 --jobs 1 --results chaos.ndjson
  python -m tests.chaos --first 17 --seeds 1              the same plan once more
  python -m tests.chaos --seeds 5 --only zombie,failover
"""

_printing = threading.Lock()


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 0 if everything held, 1 if not, 2 for a wrong command."""
    asked = _parser().parse_args(arguments)
    kinds = asked.only.split(",") if asked.only else list(FAULTS)
    if unknown := sorted(set(kinds) - FAULTS.keys()):
        sys.stderr.write(f"unknown: {', '.join(unknown)}; there are {', '.join(FAULTS)}\n")
        return 2
    if asked.table:
        with Path(asked.table).open(encoding="utf-8") as lines:
            _say("\n".join(markdown(lines)))
        return 0
    if asked.without_redis:
        return _without_redis(asked.without_redis)
    out = Path(asked.out or mkdtemp(prefix="tagstream-chaos-"))
    seeds = list(range(asked.first, asked.first + asked.seeds))
    _say(HEAD)
    try:
        with ThreadPoolExecutor(asked.jobs) as pool:
            lots = [seeds[n :: asked.jobs] for n in range(asked.jobs)]
            played = pool.map(lambda lot: list(_play_lot(lot, kinds, asked, out)), lots)
            results = [result for lot in played for result in lot]
    except ServerMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    return _sum_up(results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m tests.chaos",
        description="Real workers, a real Kafka and Redis, faults by seed, invariants checked.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=10, help="how many (10)")
    parser.add_argument("--first", type=int, default=1, help="the first one (1)")
    parser.add_argument("--faults", type=int, default=PER_SEED, help=f"a seed ({PER_SEED})")
    parser.add_argument("--only", default="", help="these kinds of faults, comma separated")
    parser.add_argument("--jobs", type=int, default=1, help="seeds side by side (1)")
    parser.add_argument("--out", default="", help="folder for failures (a new one)")
    parser.add_argument("--results", default="", help="file that results are appended to, as JSON")
    text = "run workers without this step (tests/agents/protocol/left_out.py): is it missed?"
    parser.add_argument("--leave-out", default="", metavar="STEP", help=text)
    text = "print the results of this file as a table in Markdown, and play nothing"
    parser.add_argument("--table", default="", metavar="FILE", help=text)
    text = "begin no seed after so many seconds, where a command is cut off"
    parser.add_argument("--within", type=float, default=float("inf"), metavar="S", help=text)
    text = "so many seconds with no Redis under traffic: is memory bounded?"
    parser.add_argument("--without-redis", type=float, default=0.0, metavar="S", help=text)
    return parser


def _without_redis(seconds: float) -> int:
    with Kafka() as kafka:
        violations = endure(kafka, seconds)
    _say("\n".join(violations) or f"{seconds:.0f} s without Redis: memory and streams bounded")
    return 1 if violations else 0


def _play_lot(
    seeds: Sequence[int], kinds: Sequence[str], asked: argparse.Namespace, out: Path
) -> Iterator[Result]:
    """Seeds one after the other on one broker."""
    if not seeds:
        return
    begun = time.monotonic()
    with Kafka() as kafka:
        for seed in seeds:
            if time.monotonic() - begun > asked.within:
                return
            plan, left_out = plan_of(seed, kinds, asked.faults), {LEFT_OUT: asked.leave_out}
            result = play(plan, kafka, out / f"seed-{seed}", **left_out)
            _report(result, asked.results)
            yield result


def _report(result: Result, file: str) -> None:
    with _printing:
        _say(row(result))
        for violation in result.violations:
            _say(f"       {violation}")
        if result.violations:
            _say(f"       plan, story and logs: {result.folder}")
        if file:
            with Path(file).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(result.as_json()) + "\n")


def _sum_up(results: Sequence[Result]) -> int:
    faults = sum(len(result.faults) for result in results)
    bad = [result.seed for result in results if result.violations]
    events = sum(result.events for result in results)
    _say(f"{len(results)} seeds, {faults} faults, {events:,} events: ", end="")
    _say(f"VIOLATED by seeds {', '.join(map(str, bad))}" if bad else "all invariants held")
    return 1 if bad else 0


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
