"""From syntax tree to typed expression: whitelist, names, types, all mistakes at once.

Every method returns None for a part that is wrong; its mistake has then been reported, and
whatever contains it stays silent.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from streams.catalogue.expressions.comparisons import (
    CALLED,
    MIRRORED,
    NUMERIC,
    SINCE,
    Comparison,
    Side,
    objection,
)
from streams.catalogue.expressions.fold import Arithmetic, fold, folded, number
from streams.catalogue.expressions.scope import Scope, Symbol
from streams.catalogue.expressions.syntax import flat
from streams.catalogue.faults import listing, suggest
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
from streams.catalogue.vocabulary import FIELD_TYPES

Function = Literal["min", "max", "abs", "len", "hours_since", "days_since"]

FUNCTIONS: tuple[Function, ...] = get_args(Function)
_ARITHMETIC: Mapping[type[ast.operator], Arithmetic] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}
_COMPARISONS: Mapping[type[ast.cmpop], Comparison] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_LITERAL_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")

Report = Callable[[int, str], None]
"""Takes the byte offset and the message of a mistake."""


class Checker:
    """Checks one expression against the names of `scope`, telling mistakes to `report`."""

    def __init__(self, text: str, scope: Scope, report: Report) -> None:
        self._source = flat(text).encode()
        self._scope, self._report = scope, report
        self._by_node: dict[type[ast.AST], Callable[[Any], Expression | None]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.UnaryOp: self._unary,
            ast.BinOp: self._arithmetic,
            ast.BoolOp: self._logical,
            ast.Compare: self._compare,
            ast.Call: self._call,
        }

    def condition(self, node: ast.expr, where: str) -> Expression | None:
        """An expression that is true or false, as `where` needs it."""
        checked = self.expression(node)
        if checked is None or checked.type == "bool":
            return checked
        return self._wrong(
            node, f"{where} needs a condition, but {self._shown(node)} is {CALLED[checked.type]}"
        )

    def expression(self, node: ast.expr) -> Expression | None:
        """Any expression, typed; None if it is wrong."""
        check = self._by_node.get(type(node))
        if check is None:
            return self._wrong(node, f"{self._shown(node)} is not allowed in an expression")
        return check(node)

    # -- words

    def _wrong(self, node: ast.expr, message: str) -> Expression | None:
        self._report(node.col_offset, message)
        return None

    def _shown(self, node: ast.expr) -> str:
        """The part of the text that a node stands for, shortened."""
        text = self._source[node.col_offset : node.end_col_offset].decode(errors="ignore")
        return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004 - a glance

    # -- values

    def _constant(self, node: ast.Constant) -> Expression | None:
        if isinstance(node.value, bool):
            return Constant(node.value, "bool")
        if isinstance(node.value, str) and not node.kind:
            return self._text(node, node.value)
        written = self._source[node.col_offset : node.end_col_offset].decode()
        if not _LITERAL_NUMBER.fullmatch(written):
            return self._wrong(node, f"{self._shown(node)} is not a literal; numbers: 5, 0.25")
        return number(Decimal(written))

    def _text(self, node: ast.expr, value: str) -> Expression | None:
        if any("\ud800" <= character <= "\udfff" for character in value):
            return self._wrong(node, "half a character (a lone surrogate) in a text")
        return Constant(value, "text")

    def _name(self, node: ast.Name) -> Expression | None:
        if node.id in ("true", "false"):
            return Constant(node.id == "true", "bool")
        symbol = self._scope.symbols.get(node.id)
        if symbol is None:
            return self._wrong(node, self._unknown(node.id))
        return Name(symbol.name, symbol.kind, symbol.type) if symbol.type else None

    def _unknown(self, name: str) -> str:
        """The message for a name that nobody declared."""
        if name in FUNCTIONS:
            return f"{name} is a function: {name}(...)"
        if name in self._all_values():
            return f"unknown {self._scope.what} \"{name}\"; a text stands in quotes: '{name}'"
        if name in FIELD_TYPES and self._scope.what == "field":
            return f'none of these events has a field "{name}"'
        close = suggest(name, self._scope.symbols)
        kind = self._scope.kind_of(close.split('"')[1]) if close else self._scope.what
        return f'unknown {kind} "{name}"{close}'

    def _all_values(self) -> Iterator[str]:
        return (value for s in self._scope.symbols.values() for value in s.values or ())

    # -- operators

    def _unary(self, node: ast.UnaryOp) -> Expression | None:
        if isinstance(node.op, ast.Not):
            operand = self.condition(node.operand, '"not"')
            return folded("not", [operand], Unary("not", operand, "bool")) if operand else None
        if isinstance(node.op, ast.Invert):
            return self._wrong(node, 'operator "~" is not allowed; write "not"')
        operand = self._number(node.operand)
        if operand is None or isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(operand, Constant):
            return number(Decimal(operand.value).copy_negate())
        return Unary("-", operand, "number")

    def _number(self, node: ast.expr) -> Expression | None:
        """An operand of arithmetic."""
        operand = self.expression(node)
        if operand is None or operand.type in NUMERIC:
            return operand
        hint = " (days_since(...) makes it one)" if operand.type == "time" else ""
        return self._wrong(
            node, f"{self._shown(node)} is {CALLED[operand.type]}, not a number{hint}"
        )

    def _arithmetic(self, node: ast.BinOp) -> Expression | None:
        op = _ARITHMETIC.get(type(node.op))
        if op is None:
            return self._wrong(node, f"{self._shown(node)}: only + - * / are operators")
        left, right = self._number(node.left), self._number(node.right)
        if left is None or right is None:
            return None
        if isinstance(right, Constant) and right.value == 0 and op == "/":
            return self._wrong(node.right, "division by zero")
        if isinstance(left, Constant) and isinstance(right, Constant):
            return fold(op, cast("Decimal", left.value), cast("Decimal", right.value))
        return Binary(op, left, right, "number")

    def _logical(self, node: ast.BoolOp) -> Expression | None:
        op: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        operands = [self.condition(value, f'"{op}"') for value in node.values]
        checked = tuple(operand for operand in operands if operand)
        if len(checked) < len(operands):
            return None
        return folded(op, checked, Logical(op, checked))

    # -- comparisons

    def _compare(self, node: ast.Compare) -> Expression | None:
        if len(node.ops) > 1:
            return self._wrong(
                node, f'chained comparison {self._shown(node)}: write two, joined by "and"'
            )
        operator, right = node.ops[0], node.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn):
            return self._in(node.left, right, negated=isinstance(operator, ast.NotIn))
        op = _COMPARISONS.get(type(operator))
        if op is None:
            return self._wrong(node, '"is" is not an operator here; write "=="')
        return self._comparison(node.left, op, right)

    def _comparison(self, left: ast.expr, op: Comparison, right: ast.expr) -> Expression | None:
        a, b = self._side(left), self._side(right)
        if a is None or b is None:
            return None
        if isinstance(a.expression, Constant) and not isinstance(b.expression, Constant):
            a, b, op = b, a, MIRRORED[op]
        if not self._comparable(a, op, b):
            return None
        sides = a.expression, b.expression
        return folded(op, sides, Binary(op, *sides, "bool"))

    def _side(self, node: ast.expr) -> Side | None:
        """A side of a comparison: the one place where `days_since` may stand."""
        checked = self._since(node) if _is_since(node) else self.expression(node)
        if checked is None:
            return None
        return Side(self._shown(node), node.col_offset, checked, self._closed(checked))

    def _closed(self, expression: Expression) -> Symbol | None:
        """The symbol of a name that can only be one of certain texts."""
        if not isinstance(expression, Name):
            return None
        symbol = self._scope.symbols[expression.name]
        return symbol if symbol.values is not None else None

    def _comparable(self, a: Side, op: Comparison, b: Side) -> bool:
        """Whether nothing speaks against comparing these."""
        if blame := objection(a, op, b):
            side, message = blame
            self._report(side.offset, message)
        return blame is None

    # -- membership

    def _in(self, left: ast.expr, right: ast.expr, *, negated: bool) -> Expression | None:
        if isinstance(right, ast.Tuple):
            return self._membership(left, right.elts, negated=negated, at=right)
        if isinstance(right, ast.Constant):  # ('a') is 'a' to Python, and clear to everybody
            return self._membership(left, [right], negated=negated, at=right)
        if isinstance(right, ast.Name):
            return self._in_set(left, right, negated=negated)
        return self._wrong(right, '"in" takes a list in parentheses, or a set tag')

    def _in_set(self, left: ast.expr, right: ast.Name, *, negated: bool) -> Expression | None:
        member, members = self.expression(left), self.expression(right)
        if member is None or members is None:
            return None
        if members.type != "set":
            return self._wrong(right, f"{right.id} is {CALLED[members.type]}, not a set")
        if member.type != "text":
            said = f"{self._shown(left)} is {CALLED[member.type]}"
            return self._wrong(left, f"{said}; sets hold texts")
        return Binary("not in" if negated else "in", member, members, "bool")

    def _membership(
        self, left: ast.expr, choices: list[ast.expr], *, negated: bool, at: ast.expr
    ) -> Expression | None:
        if not choices:
            return self._wrong(at, 'the list after "in" is empty')
        operand = self._member(left)
        checked = [self._choice(operand, choice) for choice in choices]
        constants = tuple(constant for constant in checked if constant)
        if operand is None or len(constants) < len(checked):
            return None
        listed = Membership(operand.expression, constants, negated=negated)
        step = "not in" if negated else "in"
        return folded(step, [operand.expression, *constants], listed)

    def _member(self, node: ast.expr) -> Side | None:
        """The left side of `in`, where `days_since` may not stand."""
        return self._side(node) if not _is_since(node) or self.expression(node) else None

    def _choice(self, operand: Side | None, node: ast.expr) -> Constant | None:
        """A constant of the operand's type that is a value it can have."""
        choice = self._side(node)
        if operand is None or choice is None:
            return None
        constant = choice.expression
        if not isinstance(constant, Constant):
            self._wrong(node, f'{self._shown(node)}: the list after "in" holds constants only')
            return None
        return constant if self._comparable(operand, "==", choice) else None

    # -- functions

    def _call(self, node: ast.Call) -> Expression | None:
        if not isinstance(node.func, ast.Name):
            return self._wrong(node, f"{self._shown(node.func)} is not a function")
        name = node.func.id
        if name not in FUNCTIONS:
            close = suggest(name, FUNCTIONS) or f", there are: {listing(FUNCTIONS)}"
            return self._wrong(node, f'unknown function "{name}"{close}')
        if name in SINCE:
            said = "is compared by < <= > >= with a constant only"
            return self._wrong(node, f"{name}(...) {said}")
        if self._arguments_wrong(node, name):
            return None
        return self._length(node) if name == "len" else self._numeric(node, cast("Function", name))

    def _arguments_wrong(self, node: ast.Call, name: str) -> bool:
        """Reports a wrong number of arguments."""
        several = name in ("min", "max")
        fits = len(node.args) >= 2 if several else len(node.args) == 1  # noqa: PLR2004 - a pair
        if fits and not node.keywords:
            return False
        self._wrong(
            node, f"{name}() takes {'two arguments or more' if several else 'one argument'}"
        )
        return True

    def _length(self, node: ast.Call) -> Expression | None:
        argument = self.expression(node.args[0])
        if argument is None or (argument.type in ("set", "text") and not self._closed(argument)):
            call = Call("len", (argument,), "number") if argument else None
            return folded("len", call.arguments, call) if call else None
        return self._wrong(node, f"len() of {self._shown(node.args[0])}, which is not a set")

    def _numeric(self, node: ast.Call, name: Function) -> Expression | None:
        arguments = [self._number(argument) for argument in node.args]
        checked = tuple(argument for argument in arguments if argument)
        if len(checked) < len(arguments):
            return None
        return folded(name, checked, Call(name, checked, "number"))

    def _since(self, node: ast.expr) -> Expression | None:
        """`days_since(m)`, whose only argument is a measure that is a time."""
        call = cast("ast.Call", node)
        name = cast("Function", cast("ast.Name", call.func).id)
        if not self._scope.clock:
            return self._wrong(node, f"{name}() is for rules; an event has no now")
        if self._arguments_wrong(call, name):
            return None
        argument = self.expression(call.args[0])
        if argument is None:
            return None
        if not isinstance(argument, Name) or argument.type != "time":
            shown = self._shown(call.args[0])
            return self._wrong(node, f"{name}() takes a measure that is a time, not {shown}")
        return Call(name, (argument,), "number")


def _is_since(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SINCE
