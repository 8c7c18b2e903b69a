"""The state of one user, out of the changelog: for commands that ask what only the state knows."""

from collections.abc import Callable

from agents.errors import FoundWrong
from agents.settings import Settings
from agents.stored import read_partition
from agents.topics.manage import input_partitions, require_topics
from schemas.murmur2 import partition_of
from streams.engine import Engine, Partition


async def read_user(
    settings: Settings, engine: Engine, user: str, progress: Callable[[float], None]
) -> Partition:
    """The user's partition as its last checkpoint left it, with nobody else in it.

    `progress` is told the share of the changelog that is read. FoundWrong if the user is not
    known, WrongUse if another catalogue than the engine's wrote the state.
    """
    await require_topics(settings, configs=False)
    number = partition_of(user, await input_partitions(settings))
    rows = await read_partition(settings, engine, number, progress, only=user)
    if rows.checkpoint is None or user not in rows.state:
        raise FoundWrong(f"user {user!r} is not known: there is no state")
    return rows.state
