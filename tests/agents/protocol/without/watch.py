"""An owner who does not look any more whether all is as he left it."""

import asyncio

import pytest

from agents.session import Session
from agents.sessions import Sessions


def end_watched(patch: pytest.MonkeyPatch) -> None:
    """An owner with nothing to write does not look at the end of the changelog."""

    async def never(_: Sessions[Session]) -> None:
        await asyncio.Event().wait()

    patch.setattr(Sessions, "_keep_watched", never)


def idle_owner_checks(patch: pytest.MonkeyPatch) -> None:
    """An owner with nothing to publish does not ask whether Redis is as it left it."""

    async def never(_: Sessions[Session]) -> None:
        await asyncio.Event().wait()

    patch.setattr(Sessions, "_keep_checked", never)
