"""Numbers that stand in rows and the journal never change."""

from schemas.topics import INPUT_TOPICS, TOPICS


def test_the_order_of_topics_is_fixed() -> None:
    """It is the merge order, and a topic's index is stored: append, never reorder."""
    assert TOPICS == ("interactions", "transactions", "profiles", "repartition", "derived")
    assert TOPICS[: len(INPUT_TOPICS)] == INPUT_TOPICS
