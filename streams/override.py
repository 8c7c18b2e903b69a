"""A person's word about a tag, as the state keeps it, and the rules that go on underneath it.

While an override is on, the state's `tag_...` and `since_...` are what the person said: what is
published and what other tags see. What the rules say is kept here. `settle_with_overrides`
makes the catalogue's `settle` once more, with every decision wrapped: the rule decides
on its own value and its own hold, then the person's value stands before it. Users without
overrides never come here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FunctionType
from typing import Any

import msgspec

from schemas.changes import TagValue, Why
from schemas.events import Profile
from streams.effects import Move

Decide = Callable[[Any, int, list[Move]], None]
Explain = Callable[[Any, int, Any], Why]

Said = Mapping[str, str]
"""For tags that a person decided, what stands in their `why` in place of a rule."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SAID, _ON, _TAKEN_BACK = 0, 1, 2


class Override(msgspec.Struct, array_like=True):
    """The last word about one tag of one user, also when it is over.

    `key` is time, source and id of the event: the latest word by event time counts, in
    whichever order they arrive. `value` None: the rules decide; False: no tag. `ruled` and
    `since` are what the rules would show. `stage`: whether the change to it, or back, is made.
    """

    key: tuple[int, str, str]
    value: str | bool | list[str] | None = None
    until: int | None = None
    by: str | None = None
    reason: str | None = None
    ruled: str | bool | list[str] | None = None
    since: int = 0
    stage: int = _SAID

    @property
    def forced(self) -> TagValue | None:
        """The value that the person gave; None for no tag."""
        return None if self.value is False else self.value

    def why(self, tag: str) -> Why:
        """`override by ann until ...: reason`, with the value that the rules give."""
        by = f" by {self.by}" if self.by else ""
        until = f" until {_instant(self.until)}" if self.until is not None else ""
        reason = f": {self.reason}" if self.reason else ""
        return Why(f"override{by}{until}{reason}", {tag: self.ruled})


def word_of(event: Profile, at: int) -> Override:
    """What an event says; an end that has passed at the clock makes it no value at all."""
    value = event.value
    if isinstance(value, list):
        value = sorted(set(value)) or False
    if event.until is not None and event.until <= at:
        value = None
    key = (event.time, event.source, event.id)
    return Override(key, value, event.until, event.by, event.reason)


def said_of(overrides: Mapping[str, Override] | None) -> Said:
    """What persons said of the tags that they decide now."""
    every = (overrides or {}).items()
    return {tag: over.why(tag).rule for tag, over in every if over.value is not None}


def set_override(
    overrides: dict[str, Override], tag: str, said: Override, shown: TagValue | None, since: int
) -> None:
    """Take in a correction; `shown` and `since` are the tag as it is.

    A word older than the last changes nothing, one without value ends what is on. `said.until`
    is in the future.
    """
    held = overrides.get(tag)
    if held is not None and said.key < held.key:
        return
    if held is not None and held.value is not None:
        if said.value is None:  # its text stays until the tag has gone back: `why` shows it
            held.key, held.stage = said.key, _TAKEN_BACK
            return
        said.ruled, said.since = held.ruled, held.since
    else:
        said.ruled, said.since = shown, since
    overrides[tag] = said if said.value is not None else Override(said.key)


def settle_with_overrides(
    namespace: Mapping[str, Any], explain: Mapping[str, Explain]
) -> Callable[[Any, int, list[Move], list[Any]], None]:
    """`settle` of this namespace for users with overrides."""
    wrapped = {
        f"decide_{tag}": partial(_decide, tag, namespace[f"decide_{tag}"], why)
        for tag, why in explain.items()
    }
    return FunctionType(namespace["settle"].__code__, {**namespace, **wrapped})


def _decide(tag: str, decide: Decide, explain: Explain, s: Any, at: int, moves: list[Move]) -> None:
    """Let the rules decide, then let the person's word stand before it."""
    over: Override | None = s.overrides.get(tag)
    if over is None or over.value is None:
        decide(s, at, moves)
        return
    value, since = f"tag_{tag}", f"since_{tag}"
    shown, shown_since = getattr(s, value), getattr(s, since)
    setattr(s, value, over.ruled)
    setattr(s, since, over.since)
    decide(s, at, [])
    over.ruled, over.since = getattr(s, value), getattr(s, since)
    is_over = over.stage == _TAKEN_BACK or (over.until is not None and over.until <= at)
    new = over.ruled if is_over else over.forced
    if is_over:
        why = over.why(tag) if new is None else explain(s, at, new)
        s.overrides[tag] = Override(over.key)
    else:
        why = over.why(tag)
        if over.until is not None and over.until < s.deadline:
            s.deadline = over.until
    setattr(s, value, new)
    # the same value for another reason is a change too, or `why` would name the wrong one
    changed = new != shown or (new is not None and (is_over or over.stage == _SAID))
    setattr(s, since, at if changed else shown_since)
    over.stage = _ON
    if changed:
        moves.append((tag, shown, new, why))


def _instant(ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
