"""What was measured, as tables for people and as one JSON document for programs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeVar

from benchmarks.bench import Results
from benchmarks.figures import Run, Spread
from benchmarks.latency import Latency
from benchmarks.plan import Plan
from benchmarks.recovery import Recovered
from benchmarks.storm import Storm

T = TypeVar("T")
BASELINE = "faust"
FIGURES = ("figure", "value#")


@dataclass(frozen=True, slots=True)
class Table:
    """A table; columns whose name ends in `#` are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def as_json(plan: Plan, results: Results, machine: Mapping[str, object]) -> dict[str, object]:
    """Return everything: where, what, each run, and what they say together."""
    return {
        "machine": dict(machine),
        "plan": asdict(plan),
        "runs": [run.as_json() for run in results.runs],
        "tag_job": {name: _summary(runs, results.runs) for name, runs in by_name(results.runs)},
        "latency": [one.as_json() for one in results.latency],
        "recovery": [one.as_json() for one in results.recovery],
        "storm": [one.as_json() for one in results.storm],
        "faults": results.faults,
    }


def tables(results: Results) -> Iterator[Table]:
    """Return one table for each thing that was measured."""
    if results.runs:
        yield _tag_job(results.runs)
    if results.latency:
        yield _latency(results.latency)
    if results.recovery:
        yield _recovery(results.recovery)
    if results.storm:
        yield _storm(results.storm)


def by_name(runs: Sequence[Run]) -> list[tuple[str, list[Run]]]:
    """Return each contestant's runs, in the order in which they came on."""
    names = dict.fromkeys(run.contestant for run in runs)
    return [(name, [run for run in runs if run.contestant == name]) for name in names]


def against(runs: Sequence[Run], baseline: Sequence[Run]) -> float | None:
    """Return how many times the baseline's events per CPU second, median by median."""
    if not baseline:
        return None
    ours, theirs = (Spread.of([run.per_cpu_s for run in some]).middle for some in (runs, baseline))
    return ours / theirs


def _summary(runs: Sequence[Run], all_runs: Sequence[Run]) -> dict[str, object]:
    spreads = {
        "events_per_cpu_s": _spread(runs, lambda run: run.per_cpu_s),
        "events_per_s": _spread(runs, lambda run: run.per_s),
        "rss_mb": _spread(runs, lambda run: run.rss_mb),
    }
    return {
        **{name: asdict(spread) for name, spread in spreads.items()},
        "times_faust": against(runs, [run for run in all_runs if run.contestant == BASELINE]),
    }


def _tag_job(runs: Sequence[Run]) -> Table:
    columns = (
        *(
            "",
            "events#",
            "events per CPU second#",
            "events/s, wall#",
            "times Faust#",
            "memory, MB#",
        ),
        *("outputs#", "changelog#", "right"),
    )
    baseline = [run for run in runs if run.contestant == BASELINE]
    rows = [_job_row(name, some, against(some, baseline)) for name, some in by_name(runs)]
    return Table("The tag job: least / median / most of all runs", columns, rows)


def _job_row(name: str, runs: Sequence[Run], times: float | None) -> tuple[str, ...]:
    last = runs[-1]
    return (
        name,
        f"{last.events:,}",
        _three(runs, lambda run: run.per_cpu_s),
        _three(runs, lambda run: run.per_s),
        "" if times is None else f"{times:.1f}",
        _three(runs, lambda run: run.rss_mb),
        f"{last.outputs:,}",
        "" if last.changelog_records is None else _three(runs, lambda r: r.changelog_records or 0),
        "NO" if any(run.faults for run in runs) else "yes",
    )


def _latency(measured: Sequence[Latency]) -> Table:
    first = measured[0]
    named: Sequence[tuple[str, Callable[[Latency], float]]] = (
        ("p50, ms", lambda one: one.p50_ms),
        ("p90, ms", lambda one: one.p90_ms),
        ("p99, ms", lambda one: one.p99_ms),
        ("max, ms", lambda one: one.max_ms),
        ("p50 from arrival at the broker, ms", lambda one: one.arrived_p50_ms),
        ("p99 from arrival at the broker, ms", lambda one: one.arrived_p99_ms),
        ("producer behind, ms", lambda one: one.behind_ms),
        ("worker, % of a core", lambda one: 100 * one.cpu_share),
    )
    rows = [(name, _three(measured, figure, 1)) for name, figure in named]
    title = f"From sent to seen at {first.rate:,} events/s for {first.seconds} s"
    return Table(f"{title}: least / median / most", FIGURES, rows)


def _recovery(measured: Sequence[Recovered]) -> Table:
    named: Sequence[tuple[str, Callable[[Recovered], float], int]] = (
        ("ready again, s", lambda one: one.ready_s, 2),
        ("of that: from assignment, s", lambda one: one.taking_s, 2),
        ("of that: reading the changelog, s", lambda one: one.reading_s, 1),
        ("records read", lambda one: one.records, 0),
        ("records/s", lambda one: one.records_per_s, 0),
        ("memory, MB", lambda one: one.rss_mb, 0),
        ("memory a user, bytes", lambda one: one.bytes_a_user, 0),
    )
    rows = [(name, _three(measured, figure, digits)) for name, figure, digits in named]
    title = f"Recovery of {measured[0].users:,} users after SIGKILL: least / median / most"
    return Table(title, FIGURES, rows)


def _storm(measured: Sequence[Storm]) -> Table:
    first = measured[0]
    named: Sequence[tuple[str, Callable[[Storm], float], int]] = (
        ("users a second, first to last seen gone", lambda one: one.users_per_s, 0),
        ("users a CPU second of the worker", lambda one: one.users_per_cpu_s, 0),
        ("first seen gone after the instant, ms", lambda one: one.began_ms, 0),
        ("first to last, s", lambda one: one.took_s, 2),
        ("events in the storm", lambda one: one.events, 0),
        ("p50 of them, ms", lambda one: one.p50_ms, 1),
        ("p99, ms", lambda one: one.p99_ms, 1),
        ("max, ms", lambda one: one.max_ms, 1),
        ("p50 before and after, ms", lambda one: one.calm_p50_ms, 1),
        ("p99 before and after, ms", lambda one: one.calm_p99_ms, 1),
        ("producer behind, ms", lambda one: one.behind_ms, 1),
        ("CPU of the worker, first to last, s", lambda one: one.cpu_s, 2),
        ("CPU of who looks, s", lambda one: one.watcher_cpu_s, 2),
    )
    rows = [(name, _three(measured, figure, digits)) for name, figure, digits in named]
    title = f"{first.users:,} users due at once, {first.rate:,} events/s of others"
    return Table(f"{title}: least / median / most", FIGURES, rows)


def _spread(all_: Sequence[T], figure: Callable[[T], float]) -> Spread:
    return Spread.of([figure(one) for one in all_])


def _three(all_: Sequence[T], figure: Callable[[T], float], digits: int = 0) -> str:
    """Least, median and most; one figure where there is but one."""
    spread = _spread(all_, figure)
    three = (spread.least, spread.middle, spread.most)
    return " / ".join(f"{value:,.{digits}f}" for value in (three if len(all_) > 1 else three[:1]))
