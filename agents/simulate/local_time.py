"""The clock on the wall in Shanghai, and when traffic starts if nobody says so."""

HOUR = 3_600_000
DAY = 24 * HOUR
_SHANGHAI = 8 * HOUR  # no daylight saving since 1991


def local_hour(at: int) -> int:
    """The hour of the day in Shanghai.

    >>> local_hour(1_748_793_600_000)  # 2025-06-02 00:00 there
    0
    """
    return (at + _SHANGHAI) % DAY // HOUR


def start_for_file(now: int, span: int) -> int:
    """The last midnight in Shanghai from which the whole span is over by now.

    So the same command writes the same file all day, and no event lies in the future.
    """
    return (now - span + _SHANGHAI) // DAY * DAY - _SHANGHAI
