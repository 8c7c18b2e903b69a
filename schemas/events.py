"""The three kinds of event, field by field: what may come in, as types that check themselves.

The JSON decoder, the sentences about rejected events and the JSON Schemas are all made from
these types. A field is checked whatever the event's `type`; unknown fields are ignored.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

from msgspec import Meta, Struct

from schemas.money import TEXT as AMOUNT_TEXT
from schemas.times import EARLIEST, LATEST, RFC3339
from schemas.topics import InputTopic

Text = Annotated[str, Meta(min_length=1, max_length=128, description="text of 1 to 128 characters")]
Source = Annotated[
    str, Meta(min_length=1, max_length=256, description="text of 1 to 256 characters")
]
Content = Annotated[str, Meta(max_length=4096, description="text of at most 4,096 characters")]
UserId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="text of 1 to 128 characters without control characters",
        extra_json_schema={"pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"},
    ),
]
Currency = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description="an ISO 4217 code: the catalogue's currency, which is also the default",
        extra_json_schema={"pattern": "^[A-Z]{3}$"},
    ),
]
Seconds = Annotated[int, Meta(ge=0, le=86400, description="an integer from 0 to 86400")]
Score = Annotated[int, Meta(ge=1, le=5, description="an integer from 1 to 5")]
Days = Annotated[int, Meta(ge=1, le=36500, description="an integer from 1 to 36500")]
Purpose = Literal["working_capital", "equipment", "project", "other"]

_TIME: Final = (
    "RFC 3339 text with an offset, or integer epoch milliseconds, within the years 1990 to 9999"
)
_AMOUNT: Final = (
    "a number or text above 0 and at most 1e12, with at most 2 decimals; text as 123, 123.4, 123.45"
)
_TAG_VALUE: Final = "text of 1 to 128 characters, true, false, or a list of texts"

if TYPE_CHECKING:
    Instant = int
    Cents = int
    Attributes = dict[str, Any]
    TagText = str | bool | list[str]
else:
    # As written on the wire. The decoder replaces both at once, so that the rest of the program
    # only ever sees an int: epoch milliseconds and hundredths.
    Instant = (
        Annotated[int, Meta(ge=EARLIEST, le=LATEST, description=_TIME)]
        | Annotated[str, Meta(extra_json_schema={"format": "date-time", "pattern": f"^{RFC3339}$"})]
    )
    Cents = Annotated[
        Any,
        Meta(
            description=_AMOUNT,
            extra_json_schema={
                "anyOf": [
                    {"type": "number", "exclusiveMinimum": 0, "maximum": 10**12},
                    {"type": "string", "pattern": f"^{AMOUNT_TEXT}$"},
                ]
            },
        ),
    ]
    Attributes = Annotated[
        dict[str, Any], Meta(description="an object; a null value removes that attribute")
    ]
    TagText = (
        Annotated[str, Meta(min_length=1, max_length=128, description=_TAG_VALUE)]
        | bool
        | list[str]
    )


class Event(Struct, kw_only=True, gc=False):
    """What every event has. `(source, id)` is never used twice; `time` is in epoch ms.

    Written to by the decoder alone. Without a place in the garbage collector: an event has no
    cycles, and a block of them would otherwise be walked again and again.
    """

    id: Text
    source: Source
    type: str
    user_id: UserId
    time: Instant


class Interaction(Event, kw_only=True, gc=False):
    """What a user did in the community. `score` is for feedback; money for enquiries."""

    type: Literal[
        "visit",
        "like",
        "comment",
        "share",
        "post",
        "view",
        "consult",
        "enquiry",
        "join",
        "leave",
        "attend",
        "feedback",
    ]
    community_id: Text | None = None
    duration_s: Seconds | None = None
    topic: Text | None = None
    content: Content | None = None
    product: Text | None = None
    score: Score | None = None
    amount: Cents | None = None
    purpose: Purpose | None = None
    term_days: Days | None = None


class Transaction(Event, kw_only=True, gc=False):
    """Money that moved, or failed to. `amount` is in hundredths of `currency`."""

    type: Literal[
        "payment",
        "purchase",
        "transfer",
        "invest",
        "redeem",
        "borrow",
        "repay",
        "overdue",
        "default",
    ]
    amount: Cents | None = None
    currency: Currency | None = None
    purpose: Purpose | None = None
    term_days: Days | None = None
    product: Text | None = None
    counterparty: Text | None = None
    loan_id: Text | None = None


class Profile(Event, kw_only=True, gc=False):
    """What is known about a user (`profile`), a person's correction, or the wish to be forgotten.

    An `override` with `value` absent gives the tag back to the rules.
    """

    type: Literal["profile", "override", "erase"]
    attributes: Attributes | None = None
    tag: Text | None = None
    value: TagText | None = None
    until: Instant | None = None
    reason: Text | None = None
    by: Text | None = None


EVENTS: Final[Mapping[InputTopic, type[Event]]] = {
    "interactions": Interaction,
    "transactions": Transaction,
    "profiles": Profile,
}
COMMON: Final = ("id", "source", "user_id", "time")
"""Required of every event, besides `type`."""

NEEDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("payment", "purchase", "transfer", "invest", "redeem", "borrow", "repay"), "amount"
    ),
    "profile": "attributes",
    "override": "tag",
}
"""The further field that a type requires."""


def types_of(event: type[Event]) -> tuple[str, ...]:
    """Return the values that `type` may have in this kind of event."""
    return get_args(event.__annotations__["type"])


TOPIC_OF: Final[Mapping[str, InputTopic]] = {
    kind: topic for topic, event in EVENTS.items() for kind in types_of(event)
}
"""The topic of each type: they are disjoint."""
