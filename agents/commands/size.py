"""`tagstream size`: how much of everything a deployment needs."""

from math import ceil
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.output import Json, print_json, print_table

if TYPE_CHECKING:
    from streams.sizing import Load, Size

Events = Annotated[float, typer.Option(min=0.001, help="Events a second, at the peak.")]
Users = Annotated[int, typer.Option(min=1, help="Users with state.")]
Tags = Annotated[
    int | None, typer.Option(min=1, help="Tags; default: those of the catalogue of the settings.")
]
EventBytes = Annotated[
    float | None, typer.Option(min=1, help="Bytes of an event, key and value; default: measured.")
]
Changes = Annotated[
    float | None, typer.Option(min=0, help="Changes of tags an event; default: measured.")
]


def size(
    *,
    events: Events,
    users: Users,
    tags: Tags = None,
    event_bytes: EventBytes = None,
    changes: Changes = None,
    json: Json = False,
) -> None:
    """Say how many workers, partitions, memory and disk a load takes.

    Figures rest on measurements on one small machine (docs/sizing.md names each with its
    benchmark) and leave room: half of each core, half of what a Redis can write, half as much
    memory again. Measure with your own catalogue and events before you buy.

    Examples to try:

    ```
    tagstream size --events 50000 --users 20000000
    tagstream size --events 1000 --users 100000 --tags 10
    tagstream size --events 50000 --users 20000000 --changes 0.2 --event-bytes 400 --json
    ```
    """
    from dataclasses import asdict, replace

    from streams.sizing import size as sized

    load = _load(events, users, tags)
    if event_bytes is not None:
        load = replace(load, event_bytes=event_bytes)
    if changes is not None:
        load = replace(load, changes_an_event=changes)
    found = sized(load)
    if json:
        print_json({"load": asdict(load), "size": asdict(found)})
        return
    print_table("", ("what", "needed#", "because"), _rows(load, found))


def _load(events: float, users: int, tags: int | None) -> "Load":
    """What was asked for; the rest as it is set here."""
    from agents.catalogue_file import require_engine
    from agents.settings import Settings
    from streams.sizing import Load

    settings = Settings.load()
    if tags is None:
        tags = len(require_engine(settings.catalogue).catalogue.tags)
    return Load(events, users, tags, settings.stream_length)


def _rows(load: "Load", found: "Size") -> list[tuple[str, str, str]]:
    users_each = load.users // found.workers
    return [
        (
            "workers",
            f"{found.workers}",
            f"{found.cores_of_workers:.1f} cores busy, half of each free, {users_each:,} users",
        ),
        ("partitions", f"{found.partitions}", "four times the workers: none can be added later"),
        ("memory a worker", _bytes(found.memory_a_worker), "its users, half as much again"),
        ("memory of Redis", _bytes(found.redis_memory), "users and streams, half as much again"),
        ("writes to Redis", f"{found.redis_share:.0%}", _of_redis(found.redis_share)),
        ("changelog", _bytes(found.changelog_disk), "disk of all brokers: three copies"),
        ("inputs", _bytes(found.inputs_disk), "the same: seven days, before compression"),
        ("a worker restarts in", f"{found.recovery_s:.0f} s", "with all partitions that it had"),
        ("a partition moves in", f"{found.recovery_of_one_s:.0f} s", "alone, in a running worker"),
    ]


def _of_redis(share: float) -> str:
    if share <= 1:
        return "of what one Redis takes, half of which is kept free"
    return (
        f"of what one Redis takes: TOO MUCH. Deploy {ceil(share)} tagstreams, each for a part of "
        "the users (docs/sizing.md)"
    )


def _bytes(number: float) -> str:
    """For people.

    >>> _bytes(1_500_000_000), _bytes(2_000_000)
    ('1.5 GB', '2.0 MB')
    """
    for unit, factor in (("TB", 1e12), ("GB", 1e9)):
        if number >= factor:
            return f"{number / factor:,.1f} {unit}"
    return f"{number / 1e6:,.1f} MB"
