"""`tagstream simulate`: synthetic traffic, into a file or live into Kafka."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.instants import instant
from agents.commands.output import Json, at, counted, print_json, progress
from agents.errors import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.simulate.plan import Plan
    from agents.simulate.traffic import Traffic

Users = Annotated[int, typer.Option(min=1, max=10_000_000, help="Members of the community.")]
Rate = Annotated[float, typer.Option(min=0.001, help="Events a second.")]
Seconds = Annotated[
    float | None,
    typer.Option(min=0.001, help="For how long; default: 60 for a file, live without end."),
]
Seed = Annotated[int, typer.Option(help="The same seed and start give the same bytes.")]
Start = Annotated[
    str | None,
    typer.Option(
        help="Time of the first event, RFC 3339 or epoch milliseconds; default: now if live; "
        "for a file the last midnight in Shanghai from which all is over by now."
    ),
]
Speed = Annotated[
    float, typer.Option(min=0.001, help="Seconds of event time that pass in one second.")
]
Late = Annotated[float, typer.Option(min=0, max=1, help="Share of events up to 5 s late.")]
Duplicates = Annotated[float, typer.Option(min=0, max=1, help="Share of events sent twice.")]
Broken = Annotated[float, typer.Option(min=0, max=1, help="Share of events to be rejected.")]
AcrossUsers = Annotated[
    bool,
    typer.Option(
        "--across-users",
        help="Plant also adverts that several members post, for a detector with `users` such as "
        "that of schemas/catalogue/across_users.yaml.",
    ),
]
Out = Annotated[
    Path | None, typer.Option(help="Write events to this file (NDJSON) instead of Kafka.")
]
TruthFile = Annotated[
    Path | None, typer.Option("--truth", help="Write the planted anomalies to this file (NDJSON).")
]


def simulate(
    *,
    users: Users = 2_000,
    rate: Rate = 200,
    seconds: Seconds = None,
    seed: Seed = 1,
    start: Start = None,
    speed: Speed = 1,
    late: Late = 0.02,
    duplicates: Duplicates = 0.002,
    broken: Broken = 0,
    across_users: AcrossUsers = False,
    out: Out = None,
    truth: TruthFile = None,
    json: Json = False,
) -> None:
    """Simulate a lending community: profiles, interactions, transactions, planted anomalies.

    Exactly rate x seconds events, in the order in which they arrive, over seconds x speed of
    event time: quiet at night in Shanghai, half of it by a tenth of the members. Live by
    default, until Ctrl-C; with --out into a file, as fast as can be. --truth lists the planted
    anomalies, with detector, user_id, from and to (ms) and the ids of the events; what several
    members did together (--across-users) is a line for each of them with the ids of all.

    Compressed time (--speed) needs workers with TAGSTREAM_CLOCK=event: else the wall clock
    expires what is hours old.

    Examples to try:

    ```
    tagstream simulate --rate 1000
    tagstream simulate --users 20000 --rate 1 --seconds 1209600 --out fortnight.ndjson
    tagstream simulate --rate 2000 --seconds 100 --speed 864 --out day.ndjson --truth truth.ndjson
    ```
    """
    from agents.simulate.plan import Plan
    from agents.simulate.traffic import Traffic

    if out is not None and seconds is None:
        seconds = 60
    begin = _start(start, None if seconds is None else int(seconds * speed * 1000), speed, out)
    odd = (late, 5_000, duplicates, broken)
    plan = Plan(begin, users, rate, seconds, seed, speed, *odd, across_users=across_users)
    traffic = Traffic(plan)
    began = time.perf_counter()
    with _truth_in(truth, traffic):
        sent = _write(plan, traffic, out) if out else asyncio.run(_play(plan, traffic))
    _report(plan, traffic, sent, time.perf_counter() - began, json=json)


def _start(text: str | None, span: int | None, speed: float, out: Path | None) -> int:
    """When the first event happens, epoch milliseconds."""
    from agents.simulate.local_time import start_for_file

    now = int(time.time() * 1000)
    if text is not None:
        return instant("--start", text)
    if out is not None:
        return start_for_file(now, span or 0)
    if speed <= 1:
        return now
    if span is None:
        raise WrongUse("--speed above 1 without end would run into the future: give --start")
    return now - span


def _write(plan: "Plan", traffic: "Traffic", out: Path) -> Counter[str]:
    """All events into a file, one a line."""
    sent = Counter[str]()
    try:
        with progress("simulating") as bar, out.open("wb", 1 << 20) as file:
            task = bar.add_task("", total=plan.events)
            for number, event in enumerate(traffic, 1):
                file.write(event.value + b"\n")
                sent[event.topic] += 1
                if number % 10_000 == 0:
                    bar.update(task, completed=number)
    except OSError as error:
        raise WrongUse(f"--out {out} cannot be written: {error.strerror}") from None
    return sent


async def _play(plan: "Plan", traffic: "Traffic") -> Counter[str]:
    """All events into Kafka at their pace, until the end or a signal."""
    from agents.kafka_client import producer, reaching
    from agents.names import Names
    from agents.send.batches import Batches
    from agents.settings import Settings
    from agents.simulate.live import play
    from agents.topics.manage import input_partitions

    settings = Settings.load()
    partitions = await input_partitions(settings)
    async with producer(settings) as kafka:
        with progress("simulating") as bar, _until_signal() as goes_on, reaching(settings):
            task = bar.add_task("", total=plan.events)

            def watch(sent: Counter[str]) -> bool:
                bar.update(task, completed=sent.total())
                return goes_on()

            return await play(
                traffic,
                Batches(kafka, partitions),
                Names.of(settings),
                start=plan.start,
                speed=plan.speed,
                clock=time.monotonic,
                watch=watch,
            )


@contextmanager
def _until_signal() -> "Iterator[Callable[[], bool]]":
    """Whether neither SIGINT nor SIGTERM has come: both end the traffic cleanly."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield lambda: not stop.is_set()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


@contextmanager
def _truth_in(file: Path | None, traffic: "Traffic") -> Iterator[None]:
    """Opens the file before the traffic, so that a wrong path is told at once; fills it after."""
    from msgspec.json import Encoder

    if file is None:
        yield
        return
    try:
        opened = file.open("wb")
    except OSError as error:
        raise WrongUse(f"--truth {file} cannot be written: {error.strerror}") from None
    with opened:
        try:
            yield
        finally:
            opened.write(Encoder().encode_lines([one.as_json() for one in traffic.truth()]))


def _report(
    plan: "Plan", traffic: "Traffic", sent: Counter[str], seconds: float, *, json: bool
) -> None:
    planted = len(traffic.truth())
    if json:
        figures = {"sent": dict(sent), "anomalies": planted, "start": plan.start}
        print_json({**figures, "seed": plan.seed, "seconds": round(seconds, 3)})
        return
    by_topic = ", ".join(f"{topic} {count:,}" for topic, count in sent.most_common())
    typer.echo(
        f"{counted(sent.total(), 'event')} in {seconds:.1f} s: {by_topic}; "
        f"{planted} anomalies planted\n"
        f"event time starts at {at(plan.start)}; the same again: "
        f"--start {plan.start} --seed {plan.seed}"
    )
