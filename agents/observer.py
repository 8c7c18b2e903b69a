"""What the parts of a worker tell while they work, and the listener who does not care."""

from typing import Protocol


class Observer(Protocol):
    """Told by the parts that reach servers, restore and write; nothing waits for it."""

    def redis_away(self, why: str | None) -> None:
        """Redis does not answer, each time; None: it does again."""
        ...

    def restoring(self, partition: int, share: float) -> None:
        """So much of a partition's changelog is read, 0 to 1."""
        ...

    def checkpointed(self, seconds: float) -> None:
        """A checkpoint was written, in that time."""
        ...


class Unobserved:
    """Nobody listens: for commands, which say what they did by themselves."""

    def redis_away(self, why: str | None) -> None:
        """See Observer."""

    def restoring(self, partition: int, share: float) -> None:
        """See Observer."""

    def checkpointed(self, seconds: float) -> None:
        """See Observer."""
