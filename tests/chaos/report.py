"""The table of a run: for the terminal, line by line, and of a results file as Markdown."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.chaos.result import Result

ROW = "{:>5}  {:>6}  {:>7}  {:>8}  {:>5}  {:>6}  {:>5}  {}"
HEAD = ROW.format("seed", "faults", "events", "changes", "runs", "fenced", "s", "verdict")


def row(result: Result) -> str:
    """One line of the table."""
    return ROW.format(
        result.seed,
        len(result.faults),
        result.events,
        result.changes,
        result.runs,
        int(result.refused),
        round(result.seconds),
        result.verdict,
    )


def markdown(lines: Iterable[str]) -> Iterator[str]:
    """The same of a results file, by seed; a seed that was played again counts as it came last."""
    played = {result["seed"]: result for result in map(json.loads, lines)}
    yield "| seed | faults | events | changes | runs | verdict |"
    yield "|---|---|---|---|---|---|"
    for seed in sorted(played):
        yield _line(played[seed])
    held = sum(result["verdict"] == "held" for result in played.values())
    faults = sum(len(result["faults"]) for result in played.values())
    events = sum(result["events"] for result in played.values())
    yield f"| {len(played)} | {faults} | {events:,} | | | {held} held |"


def _line(result: Mapping[str, Any]) -> str:
    faults = ", ".join(result["faults"])
    numbers = " | ".join(f"{result[name]:,}" for name in ("events", "changes", "runs"))
    return f"| {result['seed']} | {faults} | {numbers} | {result['verdict']} |"
