from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

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
from tests.streams.catalogue.texts import condition


def written(expression: Expression) -> str:  # noqa: PLR0911 - one for each kind of node
    """An expression as a careful person writes it: every part in parentheses."""
    match expression:
        case Constant(value=str() as value):
            return f"'{value}'"
        case Constant(value=value):
            return str(value).lower()
        case Name(name=name):
            return name
        case Unary(op=op, operand=operand):
            return f"({op} {written(operand)})"
        case Binary(op=op, left=left, right=right):
            return f"({written(left)} {op} {written(right)})"
        case Logical(op=op, operands=operands):
            return f"({f' {op} '.join(written(operand) for operand in operands)})"
        case Membership(operand=operand, choices=choices, negated=negated):
            choice = "".join(f"{written(choice)}, " for choice in choices)
            return f"({written(operand)} {'not in' if negated else 'in'} ({choice}))"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(written(argument) for argument in arguments)})"


def constants() -> st.SearchStrategy[Expression]:
    """Whole numbers and such with decimals, in their plainest form."""
    fractions = st.integers(1, 10**6).filter(lambda n: n % 10).map(lambda n: Decimal(n).scaleb(-3))
    return (st.integers(0, 10**30) | fractions).map(lambda value: Constant(value, "number"))


LEAVES = st.sampled_from(
    [
        Name("seen", "measure", "number"),
        Name("spent", "measure", "money"),
        Call("len", (Name("member_of", "tag", "set"),), "number"),
    ]
)


def combined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    """Numbers out of numbers; one side at least is no constant, which would be folded."""
    operators = st.sampled_from(("+", "-", "*"))
    return (
        st.builds(lambda op, a, b: Binary(op, a, b, "number"), operators, parts, constants())
        | st.builds(lambda op, a, b: Binary(op, a, b, "number"), operators, parts, parts)
        | st.builds(lambda a: Unary("-", a, "number"), parts)
        | st.builds(lambda a, b: Call("max", (a, b), "number"), parts, constants())
    )


NUMBERS = st.recursive(LEAVES, combined, max_leaves=4)
TEXTS = st.sampled_from(["A", "c# 1", "小额", "a = b"]).map(lambda value: Constant(value, "text"))
GRADE = Name("grade", "measure", "text")
CLUBS = Name("clubs", "measure", "set")
SINCE = Call("days_since", (Name("last_seen", "measure", "time"),), "number")
ORDERS = st.sampled_from(("<", "<=", ">", ">="))

CONDITIONS = st.recursive(
    st.builds(lambda op, a, b: Binary(op, a, b, "bool"), ORDERS, NUMBERS, NUMBERS | constants())
    | st.builds(lambda op, b: Binary(op, SINCE, b, "bool"), ORDERS, constants())
    | st.builds(lambda b: Binary("==", GRADE, b, "bool"), TEXTS)
    | st.builds(lambda a: Binary("not in", a, CLUBS, "bool"), TEXTS | st.just(GRADE))
    | st.builds(
        lambda choices, negated: Membership(GRADE, tuple(choices), negated=negated),
        *(st.lists(TEXTS, min_size=1, max_size=3), st.booleans()),
    ),
    lambda parts: (
        st.builds(lambda a: Unary("not", a, "bool"), parts)
        | st.builds(
            lambda op, a: Logical(op, tuple(a)),
            *(st.sampled_from(("and", "or")), st.lists(parts, min_size=2, max_size=3)),
        )
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(CONDITIONS.filter(lambda tree: len(written(tree)) <= 1_000))
def test_what_is_written_is_read_back_as_it_was_meant(expression: Expression) -> None:
    """The tree of an expression, written down and loaded again, is the same tree."""
    assert condition(written(expression)) == expression
