"""An owner who does not look any more whether all is as he left it."""

import asyncio

import pytest

from agents.owning import Owning
from agents.session import Session


def end_watched(patch: pytest.MonkeyPatch) -> None:
    """An owner with nothing to write does not look at the end of the changelog."""

    async def never(_: Owning[Session]) -> None:
        await asyncio.Event().wait()

    patch.setattr(Owning, "_keep_watched", never)


def idle_owner_checks(patch: pytest.MonkeyPatch) -> None:
    """An owner with nothing to publish does not ask whether Redis is as it left it."""

    async def never(_: Owning[Session]) -> None:
        await asyncio.Event().wait()

    patch.setattr(Owning, "_keep_checked", never)
