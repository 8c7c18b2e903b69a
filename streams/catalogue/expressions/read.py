"""One expression of a catalogue, from its place in the YAML to a checked value."""

from streams.catalogue.expressions.check import Checker
from streams.catalogue.expressions.scope import Scope
from streams.catalogue.expressions.syntax import SyntaxFault, parse, position
from streams.catalogue.faults import Faults
from streams.catalogue.model import Expression
from streams.catalogue.tree import Scalar


def read_condition(text: Scalar, where: str, scope: Scope, faults: Faults) -> Expression | None:
    """An expression that is true or false; None if it is wrong, which `faults` then says."""
    return _read(text, scope, faults, where)


def read_expression(text: Scalar, scope: Scope, faults: Faults) -> Expression | None:
    """An expression of any type; None if it is wrong."""
    return _read(text, scope, faults, None)


def _read(scalar: Scalar, scope: Scope, faults: Faults, where: str | None) -> Expression | None:
    text = scalar.text

    def report(byte_offset: int, message: str) -> None:
        faults.add(scalar.at(position(text, byte_offset)), message)

    try:
        tree = parse(text)
    except SyntaxFault as fault:
        faults.add(scalar.at(fault.offset), str(fault))
        return None
    checker = Checker(text, scope, report)
    return checker.condition(tree, where) if where else checker.expression(tree)
