"""Which events a user has had: the last 32 of a topic, by hash, in one string.

Sources send again what they are not sure of. A repeat among the last 32 applied events of
the user and topic is recognised by `(source, id)`, which a producer never reuses.

>>> seen = mark("app", "e0") + mark("app", "e1")
>>> is_repeat(seen, mark("app", "e1")), is_repeat(seen, mark("app", "e2"))
(True, False)

Of the 64-bit hash 48 bits are kept: of 10,000,000,000,000 events about one would be taken for a
repeat that it is not. It is a sixth of a row.
"""

from xxhash import xxh3_64_digest

WIDTH = 6
KEPT = 32 * WIDTH


def digest_of(source: str, name: str) -> bytes:
    """The whole hash of an event, 8 bytes."""
    return xxh3_64_digest(f"{source}\0{name}".encode())


def mark(source: str, name: str) -> bytes:
    """The bytes that stand for one event."""
    # not by `digest_of`: a call more at every event
    return xxh3_64_digest(f"{source}\0{name}".encode())[:WIDTH]


def is_repeat(seen: bytes, digest: bytes) -> bool:
    """Whether the digest is one of those in `seen`."""
    place = seen.find(digest)
    while place % len(digest) and place >= 0:  # found across the border of two others
        place = seen.find(digest, place + 1)
    return place >= 0
