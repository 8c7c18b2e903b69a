"""`tagstream erase`: forget a user everywhere."""

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.lookup import User
from agents.commands.output import Json, print_json
from agents.errors import FoundWrong

if TYPE_CHECKING:
    from agents.orders import Sent
    from agents.settings import Settings

Wait = Annotated[float, typer.Option("--wait", min=0.0, help="Seconds to wait for the proof.")]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(erase)


def erase(user: User, *, wait: Wait = 30.0, json: Json = False) -> None:
    """Forget a user: tags, state, everything.

    Sends the event and waits until a worker has carried it out and Redis shows no tag of the
    user. Events that come later make a new user. Exit code 1 if that is not seen in time.

    Examples to try:

    ```
    tagstream erase u-1017
    tagstream erase u-1017 --wait 5 --json
    ```
    """
    from agents.settings import Settings  # noqa: PLC0415 - heavy

    sent = asyncio.run(_erase(Settings.load(), user, wait))
    if json:
        print_json({"user_id": user, "partition": sent.partition, "offset": sent.offset})
    else:
        typer.echo(f"user {user!r} is forgotten")


async def _erase(settings: "Settings", user: str, wait_s: float) -> "Sent":
    from agents.catalogue_file import require_catalogue  # noqa: PLC0415 - heavy
    from agents.orders import order, send, wait_until_taken  # noqa: PLC0415
    from agents.redis.client import TagClient  # noqa: PLC0415
    from agents.redis.connection import reaching_redis  # noqa: PLC0415

    currency = require_catalogue(settings.catalogue).currency
    event = order("erase", user, int(time.time() * 1000), currency)
    sent = await send(settings, event)
    await wait_until_taken(settings, sent, wait_s)
    async with TagClient.of(settings) as client:
        with reaching_redis(settings):
            left = await client.tags(user)
    if left is not None:
        raise FoundWrong(f"user {user!r} has tags again: events have come since")
    return sent
