"""How good the packaged detectors are on simulated weeks, where it is known what was planted.

    python -m benchmarks.detectors [--users 20000] [--events 1000000] [--seed 1] [--svg FILE]

A fortnight of traffic goes through the offline engine under the packaged catalogue, together
with the detector across users that comes beside it; then once more under a catalogue that has
each detector with several thresholds. Prints recall and precision of each. Nothing is written
but, if asked for, the plot of docs/detectors.md.
"""

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from agents.offline.lines import Line
from agents.offline.replay import Replay
from agents.offline.sink import Tags
from agents.simulate.plan import Plan
from agents.simulate.planting import Truth
from agents.simulate.traffic import Traffic
from benchmarks.curves import Dot, svg
from benchmarks.found import Score, scores
from schemas.alerts import Alert
from schemas.changes import TagChange
from schemas.decode import Decoder
from schemas.events import Event
from schemas.rejects import Rejected
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Detector
from streams.detectors.kind import duration
from streams.engine import Engine

PACKAGED = Path(__file__).parent.parent / "schemas/catalogue/community_lending.yaml"
ACROSS_USERS = PACKAGED.parent / "across_users.yaml"
START = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
HOUR, DAY = 3_600_000, 86_400_000
FORTNIGHT_S = 14 * 86_400

SWEEPS: Mapping[str, tuple[str, tuple[int, ...]]] = {
    "small_frequent_borrowing": ("count", (2, 3, 4, 5)),
    "unusual_amount": ("factor", (2, 3, 4, 5, 10, 20, 50)),
    "split_transfers": ("count", (2, 3, 4, 5)),
    "woken_account": ("idle", (2 * DAY, 4 * DAY, 8 * DAY, 10 * DAY, 12 * DAY)),
    "post_flood": ("count", (10, 14, 20, 26, 30)),
    "copied_advert": ("communities", (2, 3, 4, 5)),
    "overdue_loan": ("grace", (0, DAY, 3 * DAY, 5 * DAY, 7 * DAY)),
    "advert_ring": ("users", (2, 3, 4, 5)),
}
"""For each detector, the parameter that is its threshold, and values to try."""


def with_all_detectors() -> Catalogue:
    """The packaged catalogue, and the detectors that are there to be copied into it."""
    packaged, across = (load(file.read_text(), file.name) for file in (PACKAGED, ACROSS_USERS))
    return replace(packaged, detectors={**packaged.detectors, **across.detectors})


@dataclass(slots=True)
class Alerts:
    """Keeps the alerts of a replay, and nothing else."""

    told: list[Alert] = field(default_factory=list)

    def changes(self, changes: Sequence[TagChange]) -> None:
        """Not asked for."""

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Keep them."""
        self.told += alerts

    def reject(self, line: Line, rejected: Rejected) -> None:
        """None is expected."""
        raise AssertionError(f"{rejected}: {line.data!r}")

    def tags(self, users: Iterable[Tags]) -> None:
        """Not asked for."""


def run(catalogue: Catalogue, plan: Plan) -> tuple[list[Alert], list[Truth]]:
    """All alerts of a plan's traffic, and what was planted in it."""
    traffic, sink = Traffic(plan), Alerts()
    Replay(Engine(catalogue), TOPICS, sink, plan.start).run(_decoded(traffic, catalogue.currency))
    return sink.told, traffic.truth()


def _decoded(traffic: Traffic, currency: str) -> Iterator[Event]:
    decode = Decoder(currency).decode
    for sent in traffic:
        yield decode(sent.topic, sent.value, (), sent.due)


def plan_of(users: int, events: int, seed: int) -> Plan:
    """A fortnight in which everything is planted."""
    rate = events / FORTNIGHT_S
    return Plan(START, users, rate, FORTNIGHT_S, seed, across_users=True)


def by_detector(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    """The alerts of each."""
    found = defaultdict[str, list[Alert]](list)
    for alert in alerts:
        found[alert.detector].append(alert)
    return found


def variant(detector: Detector, parameter: str, value: int) -> Detector:
    """The detector with another threshold, under a name of its own."""
    parameters = {**detector.parameters, parameter: Decimal(value)}
    return replace(detector, name=f"{detector.name}_{value}", parameters=parameters)


def swept(catalogue: Catalogue) -> Catalogue:
    """Only detectors, each with all values of its sweep."""
    variants = [
        variant(catalogue.detectors[name], parameter, value)
        for name, (parameter, values) in SWEEPS.items()
        for value in values
    ]
    return replace(catalogue, measures={}, tags={}, detectors={d.name: d for d in variants})


def sweep(catalogue: Catalogue, plan: Plan) -> dict[str, list[tuple[int, Score]]]:
    """The score of each detector at each threshold."""
    alerts, truths = run(swept(catalogue), plan)
    told = by_detector(alerts)
    return {
        name: [(value, scores(truths, {name: told[f"{name}_{value}"]})[name]) for value in values]
        for name, (_, values) in SWEEPS.items()
    }


def shown(name: str, value: int) -> str:
    """A threshold as the catalogue writes it."""
    parameter = SWEEPS[name][0]
    if parameter in ("idle", "grace"):
        return duration(value) if value else "0s"
    return str(value)


def table(result: Mapping[str, Score]) -> str:
    """Markdown: one line a detector."""
    lines = ["| detector | planted | found | alerts | right | recall | precision |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [
        f"| `{name}` | {s.planted} | {s.found} | {s.alerts} | {s.right} "
        f"| {s.recall:.3f} | {s.precision:.3f} |"
        for name, s in result.items()
    ]
    return "\n".join(lines)


def sweep_table(catalogue: Catalogue, result: Mapping[str, Sequence[tuple[int, Score]]]) -> str:
    """Markdown: recall / precision at each threshold, the packaged one in bold."""
    lines = ["| detector | threshold | recall / precision |", "|---|---|---|"]
    for name, points in result.items():
        packaged = catalogue.detectors[name].parameters[SWEEPS[name][0]]
        cells = []
        for value, score in points:
            cell = f"{shown(name, value)}: {score.recall:.2f} / {score.precision:.2f}"
            cells.append(f"**{cell}**" if value == packaged else cell)
        lines.append(f"| `{name}` | `{SWEEPS[name][0]}` | {', '.join(cells)} |")
    return "\n".join(lines)


def plot(catalogue: Catalogue, result: Mapping[str, Sequence[tuple[int, Score]]]) -> str:
    """The SVG of the sweep."""
    return svg(
        {
            f"{name}: {SWEEPS[name][0]}": [
                Dot(
                    shown(name, value),
                    score.recall,
                    score.precision,
                    value == catalogue.detectors[name].parameters[SWEEPS[name][0]],
                )
                for value, score in points
            ]
            for name, points in result.items()
        }
    )


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detectors")
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg", type=Path)
    given = parser.parse_args(arguments)
    plan = plan_of(given.users, given.events, given.seed)
    catalogue, began = with_all_detectors(), time.perf_counter()
    alerts, truths = run(catalogue, plan)
    told = by_detector(alerts)
    found = scores(truths, {name: told[name] for name in catalogue.detectors})
    sys.stdout.write(f"{table(found)}\n\n")
    result = sweep(catalogue, plan)
    sys.stdout.write(f"{sweep_table(catalogue, result)}\n")
    if given.svg:
        given.svg.write_text(plot(catalogue, result))
    sys.stdout.write(f"\n{plan.events:,} events twice in {time.perf_counter() - began:.0f} s\n")


if __name__ == "__main__":
    main(sys.argv[1:])
