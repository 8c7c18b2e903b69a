"""An expression of the catalogue as a Python expression.

Two ways to ask: `truth` gives one that is True or False (missing counts as false), `value` one
that is the value or None. Money stands in cents, so a comparison of money with a constant is a
comparison of whole numbers; where a rule calculates, money becomes a plain number first.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count

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
from streams.compiler.uses import since_comparison, span_reached

_LONGEST_LINE = 120
_NEW_LINE = "\n" + 8 * " "
_ARITHMETIC = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
_FUNCTIONS = {"min": "smallest", "max": "largest", "abs": "absolute"}


class Writer:
    """Writes expressions; `source_of` gives the Python of a name and whether it may be missing.

    `choices_of`: the values of an exclusive tag, which stand in the state by number.
    """

    def __init__(
        self,
        source_of: Callable[[Name], tuple[str, bool]],
        choices_of: Callable[[str], tuple[str, ...]] = lambda _: (),
    ) -> None:
        self._source_of, self._choices_of = source_of, choices_of
        self._fresh = count(1)
        self.constants: dict[str, object] = {}  # what is no literal: Decimals

    def truth(self, e: Expression) -> str:
        """A Python condition: `True` or `False`, never None."""
        match e:
            case Logical():
                return _joined(e.op, [self.truth(part) for part in e.operands])
            case Unary(op="not"):
                return f"(not {self.truth(e.operand)})"
            case Membership():
                return self._membership(e)
            case Binary(op="in" | "not in"):
                return self._contains(e)
            case Binary(op="==" | "!=" | "<" | "<=" | ">" | ">="):
                return self._comparison(e)
            case _:
                source = self.value(e)
                return f"({source} is True)" if self._may_be_none(e) else source

    def value(self, e: Expression, *, cents: bool = False) -> str:  # noqa: PLR0911 - one case a line
        """A Python expression for the value, None if missing; `cents` leaves money in cents."""
        match e:
            case Constant():
                return self._literal(e.value)
            case Name():
                source, _ = self._source_of(e)
                return source if cents or e.type != "money" else f"money({source})"
            case Unary(op="-"):
                return f"negate({self.value(e.operand)})"
            case Binary(op="+" | "-" | "*" | "/"):
                return f"{_ARITHMETIC[e.op]}({self.value(e.left)}, {self.value(e.right)})"
            case Call(function="len"):
                counted = self.value(e.arguments[0])
                return f"len({counted} or ())" if _is_size(e) else f"length({counted})"
            case Call(function="min" | "max" | "abs"):
                inner = ", ".join(self.value(part) for part in e.arguments)
                return f"{_FUNCTIONS[e.function]}({inner})"
            case Call():
                raise AssertionError(f"{e.function} stands only in comparisons")
            case _:
                return self.truth(e)

    def _comparison(self, e: Binary) -> str:
        if since := since_comparison(e):
            return self._age(*since)
        left, right = e.left, e.right
        for tag, value in ((left, right), (right, left)):
            if isinstance(value, Constant) and self._is_exclusive(tag):
                return self._is_one_of(tag, [value], negated=e.op == "!=")
        if _is_money(left) and isinstance(right, Constant):
            right = _in_cents(right)
        elif _is_money(right) and isinstance(left, Constant):
            left = _in_cents(left)
        cents = _is_money(left) or _is_money(right)
        both_money = cents and all(_is_money(x) or isinstance(x, Constant) for x in (left, right))
        sides = [self._present(side, cents=both_money) for side in (left, right)]
        guards = "".join(f"{guard} and " for _, guard in sides if guard)
        return f"({guards}{sides[0][0]} {e.op} {sides[1][0]})"

    def _age(self, call: Call, op: str, bound: Decimal | int) -> str:
        since, guard = self._present(call.arguments[0])
        turn = ">=" if op in (">=", ">") else "<"
        age = f"at - {since} {turn} {span_reached(call.function, op, bound)}"
        return f"({guard} and {age})" if guard else f"({age})"

    def _is_exclusive(self, e: Expression) -> bool:
        return isinstance(e, Name) and bool(self._choices_of(e.name))

    def _is_one_of(self, tag: Expression, values: Sequence[Constant], *, negated: bool) -> str:
        """Whether the number of a tag's value is among those; a missing one (0) never is."""
        # `check` refuses what is no value of the tag; who compiles without it gets "never"
        assert isinstance(tag, Name)
        choices = self._choices_of(tag.name)
        named = [str(value.value) for value in values]
        numbers = [choices.index(name) + 1 for name in named if name in choices]
        if negated:
            return f"(s.is_{tag.name} not in {(0, *numbers)})"
        if len(numbers) == 1:
            return f"(s.is_{tag.name} == {numbers[0]})"
        return f"(s.is_{tag.name} in {(*numbers,)})"

    def _membership(self, e: Membership) -> str:
        if self._is_exclusive(e.operand):
            return self._is_one_of(e.operand, e.choices, negated=e.negated)
        cents = _is_money(e.operand)
        choices = [_in_cents(choice) if cents else choice for choice in e.choices]
        operand, guard = self._present(e.operand, cents=cents)
        listed = "".join(f"{self._literal(choice.value)}, " for choice in choices)
        test = f"{operand} {'not in' if e.negated else 'in'} ({listed})"
        return f"({guard} and {test})" if guard else f"({test})"

    def _contains(self, e: Binary) -> str:
        member, guard = self._present(e.left)
        test = f"{member} {e.op} ({self.value(e.right)} or ())"
        return f"({guard} and {test})" if guard else f"({test})"

    def _present(self, e: Expression, *, cents: bool = False) -> tuple[str, str]:
        """The operand and the condition that it is not missing ("" if it never is)."""
        source = self.value(e, cents=cents)
        if not self._may_miss(e):
            return source, ""
        if source.replace(".", "").replace("_", "").isalnum():
            return source, f"{source} is not None"
        name = f"v{next(self._fresh)}"
        return name, f"({name} := {source}) is not None"

    def _may_be_none(self, e: Expression) -> bool:
        return isinstance(e, Name) and self._source_of(e)[1]

    def _may_miss(self, e: Expression) -> bool:
        if isinstance(e, Name):
            return self._source_of(e)[1]
        return not (isinstance(e, Constant) or e.type == "bool" or _is_size(e))

    def _literal(self, value: Decimal | int | str | bool) -> str:  # noqa: FBT001 - any literal
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        if not isinstance(value, Decimal):
            return repr(value)
        name = "N_" + str(value).replace(".", "_").replace("-", "minus_").replace("+", "")
        self.constants[name] = value
        return name


def _is_size(e: Expression) -> bool:
    """`len` of a set: 0 where there is none. That of a missing text is missing."""
    return isinstance(e, Call) and e.function == "len" and e.arguments[0].type == "set"


def _joined(op: str, parts: Sequence[str]) -> str:
    """The parts in parentheses; a case a line if one line would be too long to read."""
    short = sum(map(len, parts)) <= _LONGEST_LINE
    return f"({f' {op} '.join(parts) if short else f'{_NEW_LINE}{op} '.join(parts)})"


def _is_money(e: Expression) -> bool:
    return isinstance(e, Name) and e.type == "money"


def _in_cents(constant: Constant) -> Constant:
    assert isinstance(constant.value, Decimal | int)
    return Constant(Decimal(constant.value) * 100, "money")
