from decimal import Decimal

import pytest

from streams.catalogue.detectors import KINDS
from streams.catalogue.load import load
from streams.catalogue.model import Detector
from tests.streams.catalogue.texts import CONTRACT, HEAD

HOUR, DAY = 3_600_000, 86_400_000

EXAMPLES: dict[str, tuple[str, dict[str, int | Decimal]]] = {
    "velocity": ("of: [borrow], count: 3, within: 24h", {"count": 3, "within": DAY}),
    "spike": (
        "of: [payment], factor: 3.5, min_events: 10",
        {"factor": Decimal("3.5"), "min_events": 10},
    ),
    "structuring": (
        "of: [transfer], threshold: 50000, band: 4999.99, count: 3, within: 7d",
        {
            "threshold": Decimal(50000),
            "band": Decimal("4999.99"),
            "count": 3,
            "within": 7 * DAY,
        },
    ),
    "dormant": ("of: [payment, borrow], idle: 90d", {"idle": 90 * DAY}),
    "burst": (
        "of: [post], count: 20, within: 1h, distinct_content: 3",
        {"count": 20, "within": HOUR, "distinct_content": 3},
    ),
    "duplicate_content": (
        "of: [post], communities: 3, within: 24h",
        {"communities": 3, "within": DAY},
    ),
    "overdue": ("grace: 0d", {"grace": 0}),
}


def detector(text: str) -> Detector:
    """The detector that a text declares."""
    return load(f"{HEAD}detectors:\n  d: {{{text}}}\n", "test.yaml").detectors["d"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_own_parameters(kind: str) -> None:
    """Durations in milliseconds, money and factors exact, counts whole."""
    text, parameters = EXAMPLES[kind]
    assert detector(f"kind: {kind}, {text}").parameters == parameters


def test_what_is_not_said_has_a_default() -> None:
    """A warning whose flag stays a day, and no second alert for six hours."""
    quiet = detector("kind: velocity, of: [borrow], count: 3, within: 24h")
    assert (quiet.severity, quiet.flag, quiet.cooldown) == ("warning", DAY, 6 * HOUR)
    assert quiet.title == {"zh": "d", "en": "d"}


def test_the_example_of_the_contract() -> None:
    """Small, frequent borrowing."""
    found = load(CONTRACT, "contract.yaml").detectors["small_frequent_borrowing"]
    assert (found.kind, found.of, found.where_text) == ("velocity", ("borrow",), "amount < 5000")
    assert found.title["en"] == "Small, frequent borrowing"


def test_overdue_knows_its_events() -> None:
    """Loans are opened, settled and missed by four types."""
    assert detector("kind: overdue, grace: 3d").of == ("borrow", "repay", "overdue", "default")
