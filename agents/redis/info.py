"""What a Redis says of itself: its answer to INFO, and how full it is."""

from collections.abc import Mapping


def info_in(answer: bytes | str) -> Mapping[str, str]:
    """The fields of an INFO."""
    text = answer.decode() if isinstance(answer, bytes) else answer
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def memory_of(answer: bytes | str) -> tuple[int, int]:
    """Bytes used for data, and the limit for them (0: none is set, the machine is the limit).

    >>> memory_of(b"used_memory:1000")
    (1000, 0)
    """
    fields = info_in(answer)
    return int(fields["used_memory"]), int(fields.get("maxmemory", 0))
