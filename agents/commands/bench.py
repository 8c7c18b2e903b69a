"""`tagstream bench`: the tag job on us and on others, latency, recovery, a storm; real servers."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import print_table
from agents.errors import FoundWrong, WrongUse

if TYPE_CHECKING:
    from benchmarks.bench import Results
    from benchmarks.plan import Plan

Events = Annotated[int, typer.Option(min=1_000, help="Events of the tag job.")]
Runs = Annotated[int, typer.Option(min=1, help="Runs of everything.")]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES", help="Who does the tag job: ours,ours-2,packaged,faust,aiokafka."
    ),
]
Peers = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="Fetch these and add them: quix (pip), kstreams (Maven)."),
]
Latency = Annotated[bool, typer.Option("--latency", help="Measure from sent to seen.")]
Rate = Annotated[int, typer.Option(min=1, help="Events a second of --latency and --storm.")]
Seconds = Annotated[int, typer.Option(min=5, help="Length of a run of --latency.")]
Recovery = Annotated[bool, typer.Option("--recovery", help="Measure ready again after SIGKILL.")]
Storm = Annotated[bool, typer.Option("--storm", help="Measure tags that all go at one instant.")]
Users = Annotated[
    int | None,
    typer.Option(min=10, help="Users: a tenth of the events; --recovery 100,000; --storm 200,000."),
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", help="Write all figures to this file, for programs.")
]


def bench(
    *,
    events: Events = 1_000_000,
    runs: Runs = 3,
    only: Only = None,
    peers: Peers = None,
    latency: Latency = False,
    rate: Rate = 1_000,
    seconds: Seconds = 30,
    recovery: Recovery = False,
    storm: Storm = False,
    users: Users = None,
    json: JsonFile = None,
) -> None:
    """Benchmark: the tag job, us and others; latency; recovery; a storm of expiries.

    On a Kafka and a Redis of its own, or on those that TAGSTREAM_TEST_KAFKA and
    TAGSTREAM_TEST_REDIS name. Every run is checked: a wrong answer is exit code 1. With --latency,
    --recovery or --storm the tag job is left out, unless --only or --peers ask for it. What the
    figures mean is in docs/performance.md. From a checkout, on Linux: `make bench ARGS="--runs 1"`.

    Examples to try:

    ```
    tagstream bench
    tagstream bench --events 100000 --runs 1
    tagstream bench --only ours,faust --peers quix,kstreams --json figures.json
    tagstream bench --only ours,ours-2,packaged
    tagstream bench --latency --seconds 30
    tagstream bench --recovery --users 1000000 --runs 1
    tagstream bench --storm --users 1000000 --runs 1
    ```
    """
    pace = latency, rate, seconds
    plan = _plan(events, runs, only, peers, users, pace, recovery=recovery, storm=storm)
    if json is not None:
        _require_writable(json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the servers are to end with us
    _measure(plan, json)


def _plan(
    events: int,
    runs: int,
    only: str | None,
    peers: str | None,
    users: int | None,
    latency: tuple[bool, int, int],
    *,
    recovery: bool,
    storm: bool,
) -> "Plan":
    """What is asked for; WrongUse where it cannot be had."""
    try:
        from benchmarks.plan import DEFAULT, FETCHED, KNOWN, Plan  # not in the package
    except ImportError:
        raise WrongUse(
            "tagstream bench needs a checkout, with its tests' servers: there, make bench"
        ) from None
    default = () if latency[0] or recovery or storm else DEFAULT
    chosen = _names(only, KNOWN, "--only") if only else default
    wanted = (*chosen, *_names(peers, FETCHED, "--peers"))
    return Plan(wanted, events, runs, users, *latency, recovery, storm)


def _names(given: str | None, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    """The names in a comma-separated list."""
    names = tuple(dict.fromkeys(name.strip() for name in (given or "").split(",") if name.strip()))
    if unknown := [name for name in names if name not in known]:
        raise WrongUse(f"{option} {', '.join(unknown)}: allowed is {', '.join(known)}")
    return names


def _require_writable(file: Path) -> None:
    """Tell a wrong path now and not after twenty minutes."""
    try:
        file.touch()
    except OSError as error:
        raise WrongUse(f"--json {file} cannot be written: {error.strerror}") from None


def _measure(plan: "Plan", json: Path | None) -> None:
    from msgspec.json import encode, format  # noqa: A004 - heavy

    from benchmarks.bench import bench as measure
    from benchmarks.machine import described
    from benchmarks.report import as_json

    machine = described()
    results = measure(plan, lambda line: typer.echo(line, err=True))
    _print(machine, results)
    if json is not None:
        json.write_bytes(format(encode(as_json(plan, results, machine))) + b"\n")
    if results.faults:
        raise FoundWrong("a wrong answer:\n" + "\n".join(results.faults))


def _print(machine: dict[str, object], results: "Results") -> None:
    from benchmarks.report import tables

    typer.echo(", ".join(f"{name} {value}" for name, value in machine.items()))
    for table in tables(results):
        print_table(table.title, table.columns, table.rows)
