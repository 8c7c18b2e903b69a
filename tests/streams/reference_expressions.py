"""Expressions for the reference: computed one step at a time, as a reader would."""

import operator
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from typing import Any

from schemas.events import Event
from streams.catalogue.model import Binary, Call, Constant, Logical, Membership, Name, Unary

EXACT, ROUNDED = Context(prec=2000), Context(prec=28)
UNITS = {"hours_since": 3_600_000, "days_since": 86_400_000}
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
STEPS: dict[str, Callable[..., Any]] = {
    "+": EXACT.add,
    "-": EXACT.subtract,
    "*": EXACT.multiply,
    "negate": EXACT.minus,
    "/": lambda a, b: ROUNDED.divide(Decimal(a), Decimal(b)) if b != 0 else None,
    "min": min,
    "max": max,
    "abs": EXACT.abs,
    "len": len,
}


def evaluate(e: Any, name: Callable[[Name], Any], at: int) -> Any:  # noqa: PLR0911 - a case each
    """An expression; `name` gives the value of a name, None is missing."""
    match e:
        case None:
            return None
        case Constant():
            return e.value
        case Name():
            return name(e)
        case Unary(op="not"):
            return evaluate(e.operand, name, at) is not True
        case Logical():
            truths = [evaluate(part, name, at) is True for part in e.operands]
            return all(truths) if e.op == "and" else any(truths)
        case Membership():
            value = evaluate(e.operand, name, at)
            return value is not None and (value in [c.value for c in e.choices]) != e.negated
    values = [evaluate(part, name, at) for part in parts(e)]
    # a set that is no tag, because it is empty, is an empty set
    values = [
        [] if part.type == "set" and v is None else v
        for part, v in zip(parts(e), values, strict=True)
    ]
    step = "negate" if isinstance(e, Unary) else e.function if isinstance(e, Call) else e.op
    if None in values:
        return False if step in (*COMPARISONS, "in", "not in") else None
    if step in ("in", "not in"):
        return (values[0] in values[1]) == (step == "in")
    if step in UNITS:
        return Decimal(at - values[0]) / UNITS[step]
    return (COMPARISONS | STEPS)[step](*values)


def parts(e: Any) -> tuple[Any, ...]:
    """What an expression is made of."""
    match e:
        case Binary():
            return (e.left, e.right)
        case Unary() | Membership():
            return (e.operand,)
        case Logical():
            return e.operands
        case Call():
            return e.arguments
    return ()


def ages(e: Any) -> Iterator[tuple[str, Decimal]]:
    """Each `hours_since` or `days_since` with the constant that it is compared with."""
    if isinstance(e, Binary) and isinstance(e.left, Call) and e.left.function in UNITS:
        assert isinstance(e.right, Constant)
        yield e.left.function, Decimal(e.right.value)
    for part in parts(e):
        yield from ages(part)


def shown(value: Any) -> Any:
    """A value as the text of a tag."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return str(value).lower() if isinstance(value, bool) else value
    text = f"{Decimal(value or 0):f}"  # no minus before 0
    return text.rstrip("0").rstrip(".") if "." in text else text


def holds(condition: Any, e: Event) -> bool:
    """Whether an event meets a condition on its own fields."""
    return evaluate(condition, lambda n: carried(e, n.name), 0) is True


def carried(e: Event, name: str | None) -> Any:
    """A field of an event, money as a plain number."""
    value = getattr(e, name or "", None)
    return Decimal(value) / 100 if name == "amount" and value is not None else value
