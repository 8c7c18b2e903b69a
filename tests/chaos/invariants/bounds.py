"""I11: neither memory nor streams grow without bound."""

from collections.abc import Mapping

from tests.chaos.invariants import Violations


def unbounded(peaks_mb: Mapping[str, float], most_mb: float) -> Violations:
    """I11: no worker's memory went beyond the limit."""
    for name, peak in peaks_mb.items():
        if peak > most_mb:
            yield f"I11: worker {name} used {peak:.0f} MB, allowed are {most_mb:.0f}"


def overlong(lengths: Mapping[str, int], kept: int) -> Violations:
    """I11: streams keep about `kept` entries (Redis cuts whole nodes: a tenth or 200 more)."""
    for stream, length in lengths.items():
        if length > kept + max(200, kept // 10):
            yield f"I11: {stream} has {length} entries, about {kept} are to be kept"
