from decimal import Decimal

import pytest

from streams.catalogue.faults import CatalogueError
from streams.catalogue.model import (
    Binary,
    Call,
    Constant,
    Expression,
    Logical,
    Membership,
    Name,
    Unary,
)
from tests.streams.catalogue.texts import condition, with_rule

SEEN = Name("seen", "measure", "number")
SPENT = Name("spent", "measure", "money")
LAST = Name("last_seen", "measure", "time")
GRADE = Name("grade", "measure", "text")
CHECKED = Name("checked", "measure", "bool")
LEVEL = Name("level", "tag", "text")
CLUBS = Name("member_of", "tag", "set")


def number(value: int | str) -> Constant:
    """A number as expressions hold it."""
    return Constant(value if isinstance(value, int) else Decimal(value), "number")


def text(value: str) -> Constant:
    """A text as expressions hold it."""
    return Constant(value, "text")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("max(1, 2.5) < 3 and not ('a' == 'b')", Constant(True, "bool")),  # noqa: FBT003 - a value
        ("seen > abs(-2) + len('ab')", Binary(">", SEEN, number(4), "bool")),
        ("seen >= 5", Binary(">=", SEEN, number(5), "bool")),
        ("5 <= seen", Binary(">=", SEEN, number(5), "bool")),
        ("spent < 0.50", Binary("<", SPENT, number("0.5"), "bool")),
        ("spent == 2.0", Binary("==", SPENT, number(2), "bool")),
        ("seen > -3", Binary(">", SEEN, number(-3), "bool")),
        ("seen > 2 * 3 + 1", Binary(">", SEEN, number(7), "bool")),
        ("seen > +(1 / 4)", Binary(">", SEEN, number("0.25"), "bool")),
        ("spent > 2 * seen", Binary(">", SPENT, Binary("*", number(2), SEEN, "number"), "bool")),
        ("-seen < 0", Binary("<", Unary("-", SEEN, "number"), number(0), "bool")),
        ("grade == 'A'", Binary("==", GRADE, text("A"), "bool")),
        ("'A' != grade", Binary("!=", GRADE, text("A"), "bool")),
        ("grade < 'B'", Binary("<", GRADE, text("B"), "bool")),
        ("level == 'high'", Binary("==", LEVEL, text("high"), "bool")),
        ("checked", CHECKED),
        ("checked == true", Binary("==", CHECKED, Constant(value=True, type="bool"), "bool")),
        ("not checked", Unary("not", CHECKED, "bool")),
        (
            "checked and seen > 1 and true",
            Logical(
                "and",
                (CHECKED, Binary(">", SEEN, number(1), "bool"), Constant(value=True, type="bool")),
            ),
        ),
        ("grade in ('A', 'B')", Membership(GRADE, (text("A"), text("B")), negated=False)),
        ("grade not in ('A',)", Membership(GRADE, (text("A"),), negated=True)),
        ("grade in ('A')", Membership(GRADE, (text("A"),), negated=False)),
        ("seen in (1, -2)", Membership(SEEN, (number(1), number(-2)), negated=False)),
        ("level in ('low', 'high')", Membership(LEVEL, (text("low"), text("high")), negated=False)),
        ("'c1' in member_of", Binary("in", text("c1"), CLUBS, "bool")),
        ("grade not in member_of", Binary("not in", GRADE, CLUBS, "bool")),
        ("len(member_of) > 2", Binary(">", Call("len", (CLUBS,), "number"), number(2), "bool")),
        (
            "max(seen, spent) > 2",
            Binary(">", Call("max", (SEEN, SPENT), "number"), number(2), "bool"),
        ),
        ("abs(seen) > 2", Binary(">", Call("abs", (SEEN,), "number"), number(2), "bool")),
        (
            "days_since(last_seen) >= 1.5",
            Binary(">=", Call("days_since", (LAST,), "number"), number("1.5"), "bool"),
        ),
        (
            "7 * 2 < hours_since(last_seen)",
            Binary(">", Call("hours_since", (LAST,), "number"), number(14), "bool"),
        ),
        ("last_paid > last_seen", Binary(">", Name("last_paid", "measure", "time"), LAST, "bool")),
    ],
)
def test_a_condition_is_checked_into_its_plain_form(rule: str, expected: Expression) -> None:
    """Constants folded and on the right, numbers exact, every node typed."""
    assert condition(rule) == expected


@pytest.mark.parametrize(
    "rule",
    [
        *("seen", "'text'", "1", "not seen", "seen and checked", "spent + 1"),
        *("seen > 'a'", "grade > 1", "checked > 1", "checked < true", "last_seen > 5"),
        *("1 < seen < 3", "seen is 3", "seen == None", "seen ** 2 > 1", "seen % 2 == 0"),
        *("seen // 2 > 1", "~seen > 1", "seen | 1 > 2", "seen if checked else 1"),
        *("(lambda: 1) > 2", "[1] == 1", "{1: 2} == 1", "seen.x > 1", "grade[0] == 'A'"),
        *("open('x') > 1", "len(seen) > 1", "len(level) > 1", "len() > 1", "abs(1, 2) > 1"),
        *("min(1) > 1", "max(*clubs) > 1", "max(seen, key=1) > 1", "min(last_seen, 1) > 1"),
        *("f'{seen}' == 'a'", "b'a' == 'a'", "u'a' == grade", "1j > seen", "1e3 > seen"),
        *("0x10 > seen", "1_000 > seen", "(x := 1) > 2", "seen > ...", "grade == '\\\\ud800'"),
        *("clubs == 'a'", "clubs", "clubs > 1", "'a' in grade", "1 in clubs", "clubs in clubs"),
        *(
            "grade in ()",
            "grade in (1, 2)",
            "grade in (grade,)",
            "grade in ['A']",
            "seen in ('a',)",
        ),
        *("level == 'other'", "level in ('high', 'other')", "level == grade", "level > 'low'"),
        *("level == 1", "level", "level and checked", "member_of == member_of"),
        *("days_since(last_seen) == 3", "days_since(last_seen) > seen", "days_since(seen) > 1"),
        *("days_since(last_seen) in (1, 2)", "min(days_since(last_seen), 1) > 0"),
        *("-days_since(last_seen) > 1", "days_since(last_seen) > days_since(last_paid)"),
        *("days_since() > 1", "days_since(last_seen, 2) > 1", "hours_since(2) > 1"),
        *("seen / 0 > 1", "seen > 1 / 0", "seen = 1", "seen > 1 &&  checked", "seen >", "x y"),
        *("await seen", "yield", "import os", "seen > 1; checked", "seen > 1 # often", "*seen"),
    ],
)
def test_everything_else_is_refused(rule: str) -> None:
    """What is not on the list of what is allowed is not allowed."""
    with pytest.raises(CatalogueError) as caught:
        with_rule(rule)
    assert all(fault.line == 14 for fault in caught.value.faults)


def test_all_mistakes_of_one_expression_are_found() -> None:
    """Each at its own column."""
    with pytest.raises(CatalogueError) as caught:
        with_rule("sen > 1 and grade > 3 or level == 'hihg'")
    assert [(fault.column, fault.message) for fault in caught.value.faults] == [
        (17, 'unknown measure "sen", did you mean "seen"?'),
        (29, "cannot compare grade (a text) with 3 (a number)"),
        (51, 'unknown value "hihg" of "level", did you mean "high"?'),
    ]


def test_digits_are_never_lost() -> None:
    """Nor is the sign of a long number taken at 28 digits."""
    digits = "1234567890" * 6
    checked = condition(f"seen > -{digits}.5")
    assert isinstance(checked, Binary)
    assert checked.right == number(f"-{digits}.5")
