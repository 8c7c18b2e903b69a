"""What the changelog says of a partition: its state as of the last checkpoint, for commands.

No worker is asked, and none need run (docs/decisions/0016). The state is up to
TAGSTREAM_CHECKPOINT_S behind what a running worker has published.
"""

from collections.abc import Callable

from agents.as_of import Moment, RowsAsOf
from agents.clock import WallClock
from agents.errors import Unreachable, WrongUse
from agents.kafka_client import client_options, reaching
from agents.names import Names
from agents.recovery.adopting import is_adoption
from agents.recovery.rows import Rows
from agents.settings import Settings
from agents.transport.changelog import Changelog, Unknown
from streams.engine import Engine, LayoutChanged


async def read_partition(
    settings: Settings,
    engine: Engine,
    number: int,
    progress: Callable[[float], None],
    only: str | None = None,
    moment: Moment | None = None,
) -> Rows:
    """The partition as its last checkpoint left it; with `only`, nobody but this user in it.

    With `moment`: as the last checkpoint before it did.

    `progress` is told the share of the changelog that is read. No `checkpoint` in it: there is
    no state yet. WrongUse if another catalogue than the engine's wrote the state.
    """
    rows = await read_rows(settings, engine, number, progress, only, moment)
    try:
        rows.finish()
    except LayoutChanged:
        raise _other_catalogue(settings, rows) from None
    if rows.checkpoint is not None and is_adoption(rows.state, rows.checkpoint, ()):
        raise _other_catalogue(settings, rows)
    return rows


async def read_rows(
    settings: Settings,
    engine: Engine,
    number: int,
    progress: Callable[[float], None],
    only: str | None = None,
    moment: Moment | None = None,
) -> Rows:
    """The same before it is known whether the engine can use the rows: to see what there is."""
    names = Names.of(settings)
    state = engine.partition(number, names.topics)
    rows = RowsAsOf(state, moment) if moment else Rows(state, -1, only=only)
    changelog = Changelog(names.changelog, client_options(settings), WallClock(lambda _: None))
    with reaching(settings):
        await _read(changelog, number, rows, progress)
    return rows


async def _read(
    changelog: Changelog, number: int, rows: Rows, progress: Callable[[float], None]
) -> None:
    try:
        end = await changelog.end(number)
    except Unknown as reason:
        raise Unreachable(f"Kafka does not tell how long the changelog is: {reason}") from None
    async for records in changelog.read(number, end - 1, lambda: True):
        rows.add(records)
        progress((records[-1].offset + 1) / end)


def _other_catalogue(settings: Settings, rows: Rows) -> WrongUse:
    wrote = rows.checkpoint.catalogue if rows.checkpoint else "another one"
    topic = Names.of(settings).changelog
    return WrongUse(
        f"{topic} was written under another catalogue ({wrote}): name it in TAGSTREAM_CATALOGUE, "
        "or start a worker with yours first"
    )
