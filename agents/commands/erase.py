"""`tagstream erase`: forget a user everywhere."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.lookup import User
from agents.commands.output import Json, at, print_json
from agents.errors import FoundWrong

if TYPE_CHECKING:
    from agents.orders import Sent
    from agents.settings import Settings
    from schemas.records import Erasure
    from streams.engine import Engine

Wait = Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for the proof.")]


def erase(user: User, *, wait: Wait = 30.0, json: Json = False) -> None:
    """Forget a user: tags, state, everything.

    Sends the event and waits for the proof: Redis shows no tag of the user, and the changelog
    has a tombstone instead of the state. A hash of the id stays for 30 days, to drop events
    that are older than the erasure; newer ones make a new user. Exit code 1 if the proof is not
    seen in time. docs/corrections.md says what else may know the user.

    Examples to try:

    ```
    tagstream erase u-1017
    tagstream erase u-1017 --wait 5 --json
    ```
    """
    from agents.settings import Settings

    sent, marker = asyncio.run(_erase(Settings.load(), user, wait))
    if json:
        place = {"user_id": user, "partition": sent.partition, "offset": sent.offset}
        print_json(place | {"older_than": marker.time, "dropped_until": marker.until})
    else:
        typer.echo(
            f"user {user!r} is forgotten; until {at(marker.until)} a hash of the id keeps away "
            f"what is older than {at(marker.time)}"
        )


async def _erase(settings: "Settings", user: str, wait_s: float) -> "tuple[Sent, Erasure]":
    from agents.catalogue_file import require_engine
    from agents.orders import order, send, wait_until_taken
    from agents.redis.client import TagClient
    from agents.redis.connection import reaching_redis

    engine, begun = require_engine(settings.catalogue), time.monotonic()
    now = int(time.time() * 1000)
    event = order("erase", user, now, engine.catalogue.currency)
    sent = await send(settings, event)
    await wait_until_taken(settings, sent, wait_s)
    left_s = wait_s - (time.monotonic() - begun)
    marker = await _marker(settings, engine, user, sent, now, left_s)
    async with TagClient.of(settings) as client:
        with reaching_redis(settings):
            left = await client.tags(user)
    if left is not None:
        raise FoundWrong(f"user {user!r} has tags again: events have come since")
    return sent, marker


async def _marker(
    settings: "Settings", engine: "Engine", user: str, sent: "Sent", time_ms: int, wait_s: float
) -> "Erasure":
    """What the changelog keeps of the erasure, once a checkpoint has made it durable.

    The user's tombstone stands before it: so this is the proof.
    """
    from agents.stored import read_rows
    from streams.erasures import key_of

    until = time.monotonic() + wait_s
    while True:
        await asyncio.sleep(settings.checkpoint_s)
        rows = await read_rows(settings, engine, sent.partition, lambda _: None, only=user)
        marker = rows.state.erasures.kept.get(key_of(user))
        if marker is not None and marker.time >= time_ms:
            return marker
        if time.monotonic() > until:
            raise FoundWrong(
                f"user {user!r} is gone from Redis, but no checkpoint has made it durable within "
                "the time; see tagstream status"
            )
