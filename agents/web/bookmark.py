"""Ids of stream events: opaque for readers, for us where in every partition the reader is.

Eight bytes of the run and eight of the number, a partition: whoever comes back with the last id is
told exactly what followed, or that something is missing.
"""

import struct
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence

from xxhash import xxh64_intdigest

from agents.redis.news import Position
from agents.web.problems import Refused

_PLACE = struct.Struct(">QQ")
_BEFORE = "before"  # no run is called so: they are random ids


class Bookmark:
    """Where a reader is; moves with what is sent. A partition without position: nothing read.

    >>> mark = Bookmark({0: Position("run", 7)}, partitions=3)
    >>> mark.moved(1, Position("run", 3))
    >>> positions_at(mark.id, ["run", "other", "run"])
    {0: Position(run='run', seq=7), 1: Position(run='before', seq=3)}
    """

    def __init__(self, positions: Mapping[int, Position], partitions: int) -> None:
        self._places = bytearray(_PLACE.size * partitions)
        for partition, position in positions.items():
            self.moved(partition, position)

    def moved(self, partition: int, position: Position) -> None:
        """Take down where the reader is in a partition."""
        place = partition * _PLACE.size
        _PLACE.pack_into(self._places, place, _digest(position.run), position.seq)

    @property
    def id(self) -> str:
        """The id of an event that brings a reader here."""
        return urlsafe_b64encode(self._places).decode().rstrip("=")


def positions_at(last_id: str, runs: Sequence[str]) -> dict[int, Position]:
    """Return the positions behind an id; `runs` are the present ones, by partition.

    Refused (400) if it is none of ours. Partitions of which nothing was read are left out.
    """
    try:
        padded = last_id + "=" * (-len(last_id) % 4)
        places = list(_PLACE.iter_unpack(b64decode(padded, altchars=b"-_", validate=True)))
    except (ValueError, struct.error):
        places = []
    if len(places) != len(runs):
        raise Refused(400, "Last-Event-ID is not an id of this stream: begin without it")
    return {
        partition: Position(runs[partition] if _digest(runs[partition]) == digest else _BEFORE, seq)
        for partition, (digest, seq) in enumerate(places)
        if seq
    }


def _digest(run: str) -> int:
    return xxh64_intdigest(run.encode())
