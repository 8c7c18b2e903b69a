"""Ways in which an upstream gets events wrong: each event is refused, for another reason."""

from collections.abc import Callable
from random import Random

from agents.simulate.chance import pick

_DEEP = "[" * 40 + "]" * 40


def _without_source(event: str) -> str:
    return event.replace('"source":', '"origin":', 1)


def _bad_time(event: str) -> str:
    return event.replace('"time":', '"time":"yesterday","was":', 1)


def _far_future(event: str) -> str:
    return event.replace('"time":', '"time":"9999-12-31T23:59:59Z","was":', 1)


def _too_deep(event: str) -> str:
    return f'{event[:-1]},"extra":{_DEEP}}}'


def _not_a_number(event: str) -> str:
    return f'{event[:-1]},"weight":NaN}}'


def _cut_off(event: str) -> str:
    return event[:-5]


WAYS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("missing_field", _without_source),
    ("bad_field", _bad_time),
    ("future_time", _far_future),
    ("too_deep", _too_deep),
    ("not_json", _not_a_number),
    ("not_json", _cut_off),
)
"""The reason of rejection, and what makes a good event deserve it; its type stays readable."""


def spoil(rng: Random, event: str) -> str:
    """The event, broken in one of the ways."""
    _, break_it = pick(rng, WAYS)
    return break_it(event)
