"""`tagstream status`: servers, topics, lag, clocks, runs, catalogue and workers on one screen."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, TypeVar

import typer

from agents.commands.output import Json, at, print_json, print_table
from agents.errors import Problem, Unreachable

if TYPE_CHECKING:
    from agents.settings import Settings
    from agents.status.kafka import KafkaStatus, TopicStatus
    from agents.status.redis import RedisStatus

T = TypeVar("T")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(status)


def status(*, json: Json = False) -> None:
    """Show how everything stands, on one screen.

    Servers, topics and their lag, clocks and runs, the catalogue, the workers. Lag is what stands
    in a topic and is not in Redis yet. Exit code 3 if a server does not answer (the other one is
    shown all the same), 1 if a topic is missing.

    Examples to try:

    ```
    tagstream status
    watch -n 1 tagstream status
    tagstream status --json | jq '.redis.partitions[].seq'
    ```
    """
    from agents.settings import Settings  # noqa: PLC0415 - heavy

    settings = Settings.load()
    kafka, redis = asyncio.run(_ask(settings))
    if json:
        print_json({"kafka": _or_error(kafka), "redis": _or_error(redis)})
    else:
        _print_kafka(settings, kafka, redis)
        _print_redis(settings, redis)
    raise typer.Exit(_exit_code(kafka, redis))


async def _ask(settings: "Settings") -> "tuple[KafkaStatus | Problem, RedisStatus | Problem]":
    from agents.status.kafka import ask_kafka  # noqa: PLC0415 - heavy
    from agents.status.redis import ask_redis  # noqa: PLC0415

    return await asyncio.gather(_try(ask_kafka(settings)), _try(ask_redis(settings)))


async def _try(asking: Awaitable[T]) -> T | Problem:
    try:
        return await asking
    except Problem as problem:
        return problem


def _or_error(answer: object) -> object:
    return {"error": str(answer)} if isinstance(answer, Problem) else answer


def _exit_code(kafka: "KafkaStatus | Problem", redis: "RedisStatus | Problem") -> int:
    problems = [answer for answer in (kafka, redis) if isinstance(answer, Problem)]
    if any(isinstance(problem, Unreachable) for problem in problems):
        return Unreachable.exit_code
    if problems:
        return problems[0].exit_code
    assert not isinstance(kafka, Problem)
    return 1 if kafka.missing else 0


def _print_kafka(
    settings: "Settings", kafka: "KafkaStatus | Problem", redis: "RedisStatus | Problem"
) -> None:
    if isinstance(kafka, Problem):
        typer.echo(f"Kafka   {kafka}")
        return
    group = f"group {settings.app_id}: {kafka.group}"
    typer.echo(f"Kafka   {settings.kafka}, {kafka.brokers} broker(s); {group}")
    for name in kafka.missing:
        typer.echo(f"        topic {name} is missing: create it with: tagstream topics")
    columns = ("topic", "partitions#", "end#", "committed#", "in Redis#", "lag#")
    print_table("", columns, [_topic_row(topic, redis) for topic in kafka.topics])
    workers = [(w.client_id, w.host, " ".join(map(str, w.partitions))) for w in kafka.workers]
    if workers:
        print_table("", ("worker", "host", "partitions"), workers)
    else:
        typer.echo("        no worker is running\n")


def _topic_row(topic: "TopicStatus", redis: "RedisStatus | Problem") -> tuple[object, ...]:
    end = sum(topic.ends)
    committed = sum(offset or 0 for offset in topic.committed)
    published = _published(topic, redis)
    shown, lag = ("?", "?") if published is None else (sum(published), end - sum(published))
    return topic.name, len(topic.ends), end, committed, shown, lag


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
    from agents.settings_values import mask_url  # noqa: PLC0415 - heavy

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
