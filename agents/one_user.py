"""The state of one user, out of the changelog: for commands that ask what only the state knows.

No worker is asked, and none need run (docs/decisions/0016). The state is that of the last
checkpoint, so up to TAGSTREAM_CHECKPOINT_S behind what a running worker has published.
"""

from collections.abc import Callable

from agents.adopting import is_adoption
from agents.clock import WallClock
from agents.errors import FoundWrong, Unreachable, WrongUse
from agents.kafka_client import client_options, reaching
from agents.names import Names
from agents.recovery import Rows
from agents.settings import Settings
from agents.topics.manage import input_partitions, require_topics
from agents.transport.changelog import Changelog, Unknown
from schemas.murmur2 import partition_of
from streams.engine import Engine, LayoutChanged, Partition


async def read_user(
    settings: Settings, engine: Engine, user: str, progress: Callable[[float], None]
) -> Partition:
    """The user's partition as its last checkpoint left it, with nobody else in it.

    `progress` is told the share of the changelog that is read. FoundWrong if the user is not
    known, WrongUse if another catalogue than the engine's wrote the state.
    """
    await require_topics(settings, configs=False)
    names, number = Names.of(settings), partition_of(user, await input_partitions(settings))
    rows = Rows(engine.partition(number, names.topics), -1, only=user)
    changelog = Changelog(names.changelog, client_options(settings), WallClock(lambda _: None))
    with reaching(settings):
        await _read(changelog, number, rows, progress)
    try:
        rows.finish()
    except LayoutChanged:
        raise _other_catalogue(changelog.topic, rows) from None
    if rows.checkpoint is None or user not in rows.state:
        raise FoundWrong(f"user {user!r} is not known: there is no state")
    if is_adoption(rows.state, rows.checkpoint, ()):
        raise _other_catalogue(changelog.topic, rows)
    return rows.state


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


def _other_catalogue(topic: str, rows: Rows) -> WrongUse:
    wrote = rows.checkpoint.catalogue if rows.checkpoint else "another one"
    return WrongUse(
        f"{topic} was written under another catalogue ({wrote}): name it in TAGSTREAM_CATALOGUE, "
        "or start a worker with yours first"
    )
