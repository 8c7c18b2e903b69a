"""The topics by their logical names, in the order that merging and the journal rely on.

A topic's place in `TOPICS` is its *topic index*: rows and the journal store that number, so the
order may grow at the end and never change. Full names (prefix, app id) are made elsewhere.
"""

from typing import Final, Literal

InputTopic = Literal["interactions", "transactions", "profiles"]
Topic = Literal["interactions", "transactions", "profiles", "repartition", "derived"]

INPUT_TOPICS: Final[tuple[InputTopic, ...]] = (
    "interactions",  # what a user does in the community: visits, posts, enquiries
    "transactions",  # money: payments, borrows, repayments
    "profiles",  # what is known about a user, corrections by people, requests to forget
)
TOPICS: Final[tuple[Topic, ...]] = (
    *INPUT_TOPICS,
    "repartition",  # events found in a partition that is not their user's, sent on once
    "derived",  # facts that we found across users
)
