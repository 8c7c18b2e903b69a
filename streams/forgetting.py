"""`forget_after`: a user without an event for so long is dropped, as if they had never been.

What counts is the latest time among the user's events (`active` in the state), so it does not
matter in which order they come. An event that is as old itself keeps nobody: it brings back
no user who was forgotten, and makes none.
"""

from collections.abc import Container, Iterable
from typing import Any

from schemas.changes import Why
from streams.detectors.kind import duration
from streams.effects import Move
from streams.row import State


def farewell(state: Any, tags: Iterable[str], forget_after: int) -> list[Move]:
    """All tags of a forgotten user go."""
    why = Why(f"forget_after: {duration(forget_after)}", {"last_event": state.active})
    had = ((tag, getattr(state, f"tag_{tag}")) for tag in tags)
    return [(tag, value, None, why) for tag, value in had if value is not None]


def strip(state: State, fresh: State, kept: Container[str]) -> None:
    """Make a state as if nothing had been, in place, but for these fields."""
    for field in state.__struct_fields__:
        if field not in kept:
            setattr(state, field, getattr(fresh, field))
