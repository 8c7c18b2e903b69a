"""Which events a user has had: the last 32 of a topic, as 64-bit hashes in one string.

Sources send again what they are not sure of. A repeat among the last 32 applied events of
the user and topic is recognised by `(source, id)`, which a producer never reuses.

>>> seen = remember(b"", "app", "e1")
>>> is_repeat(seen, mark("app", "e1")), is_repeat(seen, mark("app", "e2"))
(True, False)
"""

from xxhash import xxh3_64_digest

WIDTH = 8
KEPT = 32 * WIDTH


def mark(source: str, name: str) -> bytes:
    """The 8 bytes that stand for one event."""
    return xxh3_64_digest(f"{source}\0{name}".encode())


def is_repeat(seen: bytes, digest: bytes) -> bool:
    """Whether the digest is one of those in `seen`."""
    place = seen.find(digest)
    while place % WIDTH and place >= 0:  # found across the border of two others
        place = seen.find(digest, place + 1)
    return place >= 0


def remember(seen: bytes, source: str, name: str) -> bytes:
    """`seen` with one more event, the oldest forgotten if there are too many."""
    return (seen + mark(source, name))[-KEPT:]
