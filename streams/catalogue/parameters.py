"""Parameters of detectors: how the loader reads each, and what editors show of it.

A kind of detector states its own in its file (`Kind.takes`): loader and JSON Schema read that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from streams.catalogue.fields import Fields
from streams.catalogue.shapes import Schema
from streams.catalogue.shapes import duration as duration_shape

MAX_COUNT = 10_000

Value = int | Decimal


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` reports what is wrong; `shape` is its JSON Schema. All are needed but `optional`s."""

    read: Callable[[Fields, str], Value | None]
    shape: Schema
    optional: bool = False


def count(said: str, *, optional: bool = False) -> Parameter:
    """How many; each costs memory of every user."""
    shape = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT, "description": said}
    return Parameter(lambda fields, key: fields.integer(key, 1, MAX_COUNT), shape, optional)


def span(said: str, *, zero: bool = False) -> Parameter:
    """How long, in milliseconds; `zero`: may be no time at all."""
    return Parameter(lambda fields, key: fields.duration(key, zero=zero), duration_shape(said))


def number(said: str, places: int) -> Parameter:
    """Above 0, exact, with so many decimals."""
    shape = {"type": "number", "exclusiveMinimum": 0, "description": said}
    return Parameter(lambda fields, key: fields.decimal(key, Decimal(0), places), shape)


COUNT = count("how many events")
WITHIN = span("the span of time, exact to the millisecond")
