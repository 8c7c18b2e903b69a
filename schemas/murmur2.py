"""Which partition a user belongs to: Kafka's default partitioner, for everybody who asks."""

from struct import unpack_from

_SEED = 0x9747B28C
_M = 0x5BD1E995
_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Return the 32-bit hash (unsigned) that the Java producer takes of a key.

    >>> murmur2(b"u0000001") & 0x7FFFFFFF
    992391481
    """
    words = len(data) >> 2
    h = _SEED ^ len(data)
    for word in unpack_from(f"<{words}I", data):
        k = word * _M & _MASK
        h = (h * _M ^ (k ^ k >> 24) * _M) & _MASK
    tail = data[words << 2 :]
    if tail:
        h = (h ^ int.from_bytes(tail, "little")) * _M & _MASK
    h = (h ^ h >> 13) * _M & _MASK
    return h ^ h >> 15


def partition_of(user_id: str, partitions: int) -> int:
    """Return the partition of this user's events, rows and Redis keys."""
    return (murmur2(user_id.encode()) & 0x7FFFFFFF) % partitions
