"""The id of an event says when it was sent: the subscriber and the broker's log need no list."""


def stamped(now_ns: int, number: int) -> str:
    """Return the id of an event that is sent now (epoch ns).

    >>> sent_at(stamped(1_700_000_000_000_000_000, 7))
    1700000000000000000
    """
    return f"{now_ns}-{number}"


def sent_at(event_id: str) -> int:
    """Return when the event with this id was sent (epoch ns)."""
    return int(event_id.partition("-")[0])
