"""What is found while a user's events are taken in, beside their tags: hits, and counts moved."""

from streams.communities import Counts
from streams.detectors.kind import Hit


class Findings(list[Hit]):
    """The hits of detectors; `counts`: by how much the counts of communities differ since."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counts = {}

    def take_counts(self) -> Counts:
        """The differences since the last call."""
        taken, self.counts = self.counts, {}
        return taken
