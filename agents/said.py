"""What was said already: an outage of an hour is one line in the log, not one a second."""

from collections.abc import Hashable


class Said:
    """Tells the first time from the repeats.

    >>> said = Said()
    >>> said.is_new("partition 3", "Kafka is away"), said.is_new("partition 3", "Kafka is away")
    (True, False)
    >>> said.forget("partition 3")
    >>> said.is_new("partition 3", "Kafka is away")
    True
    """

    def __init__(self) -> None:
        self._said: dict[Hashable, str] = {}

    def is_new(self, about: Hashable, what: str) -> bool:
        """Whether this is another thing than what was said last about it."""
        if self._said.get(about) == what:
            return False
        self._said[about] = what
        return True

    def forget(self, about: Hashable) -> None:
        """It is over: the next time is news again."""
        self._said.pop(about, None)
