"""`tagstream status`: servers, topics, lag, clocks, runs, catalogue and workers on one screen."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, TypeVar

import typer

from agents.commands.output import Json, at, print_json, print_table
from agents.errors import Problem, Unreachable, WrongUse

if TYPE_CHECKING:
    from agents.settings import Settings
    from agents.status.kafka import KafkaStatus, TopicStatus
    from agents.status.redis import RedisStatus

    Answers = tuple[KafkaStatus | Problem, KafkaStatus | Problem | None, RedisStatus | Problem]

T = TypeVar("T")


def status(*, json: Json = False) -> None:
    """Show how everything stands, on one screen.

    Servers, topics and their lag, clocks and runs, the catalogue, the workers. Lag is what stands
    in a topic and is not in Redis yet. What compares contents across users is shown if the
    catalogue asks for it or there is anything to compare; its lag is what is not committed.
    Exit code 3 if a server does not answer (the other one is shown all the same), 1 if a topic
    is missing.

    Examples to try:

    ```
    tagstream status
    watch -n 1 tagstream status
    tagstream status --json | jq '.redis.partitions[].seq'
    ```
    """
    from agents.settings import Settings

    settings = Settings.load()
    kafka, contents, redis = asyncio.run(_ask(settings, across=_looks_across(settings)))
    if json:
        answers = {"kafka": kafka, "contents": contents, "redis": redis}
        print_json({name: _or_error(answer) for name, answer in answers.items()})
    else:
        _print_kafka(settings, kafka, redis)
        if not isinstance(kafka, Problem):  # else it is said already that Kafka does not answer
            _print_contents(settings, contents)
        _print_redis(settings, redis)
    raise typer.Exit(_exit_code(kafka, contents, redis))


def _looks_across(settings: "Settings") -> bool:
    """Whether the catalogue compares contents across users.

    One that is broken asks for nothing here: `check` tells, and it is no reason to show less.
    """
    from agents.catalogue_file import require_catalogue
    from streams.contents import rules_of

    try:
        return bool(rules_of(require_catalogue(settings.catalogue)))
    except WrongUse:
        return False


async def _ask(settings: "Settings", *, across: bool) -> "Answers":
    from agents.status.kafka import ask_contents, ask_kafka
    from agents.status.redis import ask_redis

    return await asyncio.gather(
        _try(ask_kafka(settings)),
        _try(ask_contents(settings, wanted=across)),
        _try(ask_redis(settings)),
    )


async def _try(asking: Awaitable[T]) -> T | Problem:
    try:
        return await asking
    except Problem as problem:
        return problem


def _or_error(answer: object) -> object:
    return {"error": str(answer)} if isinstance(answer, Problem) else answer


def _exit_code(*answers: "KafkaStatus | RedisStatus | Problem | None") -> int:
    problems = [answer for answer in answers if isinstance(answer, Problem)]
    if any(isinstance(problem, Unreachable) for problem in problems):
        return Unreachable.exit_code
    if problems:
        return problems[0].exit_code
    return 1 if any(getattr(answer, "missing", ()) for answer in answers) else 0


def _print_kafka(
    settings: "Settings", kafka: "KafkaStatus | Problem", redis: "RedisStatus | Problem"
) -> None:
    if isinstance(kafka, Problem):
        typer.echo(f"Kafka   {kafka}")
        return
    group = f"group {settings.app_id}: {kafka.group}"
    typer.echo(f"Kafka   {settings.kafka}, {kafka.brokers} broker(s); {group}")
    _print_missing(kafka)
    columns = ("topic", "partitions#", "end#", "committed#", "in Redis#", "lag#")
    print_table("", columns, [_topic_row(topic, redis) for topic in kafka.topics])
    _print_workers(kafka, "no worker is running")


def _print_contents(settings: "Settings", contents: "KafkaStatus | Problem | None") -> None:
    if contents is None:
        return
    if isinstance(contents, Problem):
        typer.echo(f"Across users  {contents}")
        return
    from agents.names import Names

    group = Names.of(settings).contents_group
    typer.echo(f"Across users  group {group}: {contents.group}")
    _print_missing(contents)
    rows = [
        (t.name, len(t.ends), sum(t.ends), t.done, sum(t.ends) - t.done) for t in contents.topics
    ]
    print_table("", ("topic", "partitions#", "end#", "committed#", "lag#"), rows)
    _print_workers(contents, "no worker compares contents")


def _print_missing(kafka: "KafkaStatus") -> None:
    for name in kafka.missing:
        typer.echo(f"        topic {name} is missing: create it with: tagstream topics")


def _print_workers(kafka: "KafkaStatus", none: str) -> None:
    workers = [(w.client_id, w.host, " ".join(map(str, w.partitions))) for w in kafka.workers]
    if workers:
        print_table("", ("worker", "host", "partitions"), workers)
    else:
        typer.echo(f"        {none}\n")


def _topic_row(topic: "TopicStatus", redis: "RedisStatus | Problem") -> tuple[object, ...]:
    end = sum(topic.ends)
    published = _published(topic, redis)
    shown, lag = ("?", "?") if published is None else (sum(published), end - sum(published))
    return topic.name, len(topic.ends), end, topic.done, shown, lag


def _published(topic: "TopicStatus", redis: "RedisStatus | Problem") -> list[int] | None:
    """Next offset of each partition that is in Redis; None if Redis does not tell."""
    if isinstance(redis, Problem):
        return None
    positions = {one.partition: one.positions.get(topic.name, 0) for one in redis.partitions}
    return [positions.get(partition, 0) for partition in range(len(topic.ends))]


def _print_redis(settings: "Settings", redis: "RedisStatus | Problem") -> None:
    if isinstance(redis, Problem):
        typer.echo(f"Redis   {redis}")
        return
    from agents.settings_values import mask_url

    memory = f"{redis.used_memory / 1e6:,.1f} MB"
    typer.echo(f"Redis   {mask_url(settings.redis)}, {redis.server}, {memory}")
    if redis.catalogue is None:
        typer.echo(f"        nothing is published under the prefix {settings.prefix!r} yet")
        return
    typer.echo(f"        catalogue {redis.catalogue}")
    columns = ("partition#", "clock", "behind now", "changes#", "alerts#", "run")
    print_table("", columns, _partition_rows(redis, now=int(time.time() * 1000)))


def _partition_rows(redis: "RedisStatus", now: int) -> Iterator[tuple[object, ...]]:
    for one in redis.partitions:
        clock, behind = (at(one.clock), _span(now - one.clock)) if one.clock >= 0 else ("-", "-")
        run = f"{one.run}{' (being written)' if one.building else ''}"
        yield one.partition, clock, behind, one.seq, one.alert_seq, run


def _span(ms: int) -> str:
    """Return a span of time for people, in its two largest units.

    >>> _span(1_500), _span(90_000), _span(26 * 3_600_000)
    ('1.5 s', '1 min 30 s', '1 d 2 h')
    """
    seconds = max(ms, 0) / 1000
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    parts, rest = [], int(seconds)
    for name, size in units:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2])
