"""I9: the metrics account for every record."""

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.chaos.invariants import Violations


def unaccounted(outcomes: Mapping[str, float], consumed: int) -> Violations:
    """I9: consumed = applied + duplicate + late + rejected + forwarded; from the metrics."""
    known = ("applied", "duplicate", "late", "rejected", "forwarded")
    told = sum(outcomes.get(name, 0.0) for name in known)
    if told != consumed:
        yield f"I9: {consumed} records consumed, the metrics tell of {told:.0f}: {dict(outcomes)}"


def summed(texts: Iterable[str], metric: str) -> Counter[str]:
    """A metric of several workers, added up by its `outcome` label (or in all, as "")."""
    found: Counter[str] = Counter()
    for text in texts:
        for line in text.splitlines():
            if line.startswith((f"{metric}{{", f"{metric} ")):
                labels, _, value = line.rpartition(" ")
                _, _, rest = labels.partition('outcome="')
                found[rest.partition('"')[0]] += int(float(value))
    return found
