"""How full a Redis is, in the words of its `INFO memory`."""


def memory_of(info: bytes | str) -> tuple[int, int]:
    """Bytes used for data, and the limit for them (0: none is set, the machine is the limit).

    >>> memory_of(b"used_memory:1000")
    (1000, 0)
    """
    text = info.decode() if isinstance(info, bytes) else info
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return int(fields["used_memory"]), int(fields.get("maxmemory", 0))
