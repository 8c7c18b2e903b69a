"""The Faust table of users: declared so that Faust's assignor keeps co-partitioned topics together.

Its rows live in the sessions and Faust's store stays empty: Faust neither writes nor reads the
changelog.
"""

from typing import Any

import faust


class StateTable(faust.Table[bytes, bytes]):
    """The declaration; every write is refused."""

    def on_key_get(self, _: bytes) -> None:
        """Nothing to track."""

    def on_key_set(self, _: bytes, __: Any) -> None:
        """Refuses: rows change in a session alone."""
        raise TypeError("rows change in a session alone")

    def on_key_del(self, _: bytes) -> None:
        """Refuses: rows change in a session alone."""
        raise TypeError("rows change in a session alone")
