from decimal import Decimal

import pytest

from streams.catalogue.faults import CatalogueError
from streams.catalogue.load import load
from streams.catalogue.model import Detector
from streams.detectors import DETECTORS
from tests.streams.catalogue.texts import EVERYTHING, HEAD

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
        "of: [post], communities: 3, users: 4, within: 24h, min_letters: 12",
        {"communities": 3, "users": 4, "within": DAY, "min_letters": 12},
    ),
    "overdue": ("grace: 0d", {"grace": 0}),
}


def detector(text: str) -> Detector:
    """The detector that a text declares."""
    return load(f"{HEAD}detectors:\n  d: {{{text}}}\n", "test.yaml").detectors["d"]


@pytest.mark.parametrize("kind", DETECTORS)
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
    found = load(EVERYTHING, "everything.yaml").detectors["small_frequent_borrowing"]
    assert (found.kind, found.of, found.where_text) == ("velocity", ("borrow",), "amount < 5000")
    assert found.title["en"] == "Small, frequent borrowing"


def test_overdue_knows_its_events() -> None:
    """Loans are opened, settled and missed by four types."""
    assert detector("kind: overdue, grace: 3d").of == ("borrow", "repay", "overdue", "default")


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("kind: overdue, grace: 0s, of: [borrow]", "[b", 'needs "repay" beside "borrow"'),
        ("kind: overdue, grace: 0s, of: [payment]", "[p", 'not at "payment"'),
        ("kind: spike, of: [like], factor: 3, min_events: 5", "[l", 'looks at "amount"'),
        ("kind: spike, of: [payment], factor: 0, min_events: 5", "0,", '"factor" must be a number'),
        ("kind: dormant, of: [visit]", "", 'needs "idle"'),
        ("kind: burst, of: [post], count: 0, within: 1h, distinct_content: 1", "0,", '"count"'),
        ("kind: duplicate_content, of: [post], within: 1h", "", '"communities", "users" or both'),
        (
            "kind: duplicate_content, of: [post], min_letters: 5, within: 1h",
            *("", '"communities", "users" or both'),
        ),
        (
            "kind: structuring, of: [transfer], threshold: 5, band: 6, count: 3, within: 1d",
            *("6,", '"band" may not exceed "threshold"'),
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_and_column(text: str, at: str, message: str) -> None:
    """And what is wrong, in words; what is missing is told where the detector begins."""
    with pytest.raises(CatalogueError, match=message) as caught:
        detector(text)
    line = HEAD.count("\n") + 2
    column = f"  d: {{{text}".index(at) + 1 if at else 3
    assert str(caught.value).startswith(f"test.yaml:{line}:{column}: ")
