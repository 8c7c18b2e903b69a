"""The section `tags`: which label a user has, by rules over measures and other tags."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from streams.catalogue.expressions.read import read_condition, read_expression
from streams.catalogue.expressions.scope import Scope, Symbol
from streams.catalogue.faults import Faults
from streams.catalogue.fields import Fields
from streams.catalogue.model import Expression, Name, Rule, Tag, Type
from streams.catalogue.titles import read_title
from streams.catalogue.tree import Entries, Scalar, Tree

Kind = Literal["values", "flag", "value", "set"]

DIMENSIONS = ("customer", "need", "behaviour", "risk", "composite")
OPTIONS: Mapping[str, tuple[str, ...]] = {
    "values": ("hold",),
    "when": ("hold",),
    "value": ("levels",),
    "set": (),
}
"""The four kinds of tag, and what may stand beside each."""

COMMON = ("title", "dimension", "description")
_KINDS: Mapping[str, Kind] = {"values": "values", "when": "flag", "value": "value", "set": "set"}
_TYPES: Mapping[str, Type] = {"values": "text", "when": "bool", "value": "text", "set": "set"}


@dataclass(frozen=True, slots=True)
class Outline:
    """A tag before its rules are read: enough for other tags to refer to it."""

    name: Scalar
    fields: Fields
    kind: str | None  # the key that says which kind it is; None: it is wrong

    def symbol(self) -> Symbol:
        """What expressions may know about this tag."""
        values: tuple[str, ...] | None = None
        if self.kind == "values":
            values = tuple(key.text for key, _ in _entries(self.fields.get("values")))
        known = _TYPES[self.kind] if self.kind and (values is None or values) else None
        return Symbol(self.name.text, "tag", known, values)


def outlines(tree: Tree | None, faults: Faults) -> list[Outline]:
    """All tags of the section, in the order of the file."""
    return [_outline(name, tag, faults) for name, tag in _entries(tree)]


def _outline(name: Scalar, tree: Tree, faults: Faults) -> Outline:
    """A tag with its kind and its keys checked."""
    fields = Fields(f'tag "{name.text}"', name.place, tree, faults)
    kind = fields.one_of(tuple(OPTIONS), "kind of rule")
    if kind is not None:
        fields.only((kind, *OPTIONS[kind], *COMMON))
    return Outline(name, fields, kind)


def read_tag(outline: Outline, scope: Scope) -> Tag | None:
    """One tag with its rules; None if anything about it is wrong."""
    fields, name, kind = outline.fields, outline.name, outline.kind
    before = len(fields.faults)
    description = fields.scalar("description", "a text")
    common = read_title(fields, name.text), fields.choice("dimension", DIMENSIONS, "behaviour")
    hold, levels = fields.duration("hold", zero=True), fields.integers("levels", 1, 64)
    rules = tuple(_rules(outline, scope))
    if kind is None or len(fields.faults) > before:
        return None
    return Tag(
        name=name.text,
        line=name.place.line,
        kind=_KINDS[kind],
        rules=rules,
        title=common[0],
        dimension=common[1],
        hold=hold or 0,
        levels=levels,
        description=description.text.strip() if description else None,
    )


def _rules(outline: Outline, scope: Scope) -> Iterator[Rule]:
    """The rules of a tag, those that are right."""
    fields, kind = outline.fields, outline.kind
    if kind == "values":
        yield from _value_rules(fields, scope)
    elif kind is not None:
        text = fields.scalar(kind, _EXPECTED[kind])
        condition = _READERS[kind](text, fields, scope) if text else None
        if text and condition:
            value = True if kind == "when" else None
            yield Rule(value, condition, text.text.strip(), text.place.line)


def _value_rules(fields: Fields, scope: Scope) -> Iterator[Rule]:
    """`values`: the first whose condition holds is the tag's value."""
    tree = fields.get("values")
    if not isinstance(tree, Entries) or not tree.entries:
        place = fields.value_place("values")
        fields.wrong(place, '"values" must be a mapping of values to conditions, not empty')
        return
    last = tree.entries[-1][0].text
    conditions = Fields('"values"', tree.place, tree, fields.faults)
    for value, _ in tree.entries:
        fields.plain(value, "a value")
        text = conditions.scalar(value.text, "a condition")
        if text is not None:
            yield from _value_rule(value, text, scope, fields.faults, is_last=value.text == last)


def _value_rule(
    value: Scalar, text: Scalar, scope: Scope, faults: Faults, *, is_last: bool
) -> Iterator[Rule]:
    """One value and when it holds."""
    line = value.place.line
    if text.text.strip() == "else":
        if not is_last:
            faults.add(text.place, f'"else" must be the last value, "{value.text}" is not')
        yield Rule(value.text, None, "else", line)
    elif condition := read_condition(text, f'"{value.text}"', scope, faults):
        yield Rule(value.text, condition, text.text.strip(), line)


def _read_when(text: Scalar, fields: Fields, scope: Scope) -> Expression | None:
    """`when`: a flag's condition."""
    if text.text.strip() == "else":
        fields.wrong(text.place, '"else" belongs to "values"; "when" needs a condition')
        return None
    return read_condition(text, '"when"', scope, fields.faults)


def _read_value(text: Scalar, fields: Fields, scope: Scope) -> Expression | None:
    """`value`: any expression that has one value."""
    expression = read_expression(text, scope, fields.faults)
    if expression is not None and expression.type == "set":
        fields.wrong(text.place, f'{text.text} is a set; write "set: {text.text}"')
    return expression


def _read_set(text: Scalar, fields: Fields, scope: Scope) -> Expression | None:
    """`set`: the name of a measure that is a set."""
    expression = read_expression(text, scope, fields.faults)
    if expression is None or _is_set_measure(expression):
        return expression
    fields.wrong(text.place, f'"set" takes a measure that is a set, not {text.text}')
    return None


def _is_set_measure(expression: Expression) -> bool:
    return (
        isinstance(expression, Name)
        and expression.type == "set"
        and cast("str", expression.kind) == "measure"
    )


_READERS = {"when": _read_when, "value": _read_value, "set": _read_set}
_EXPECTED = {
    "when": "a condition",
    "value": "an expression",
    "set": "a measure that is a set",
}


def _entries(tree: Tree | None) -> tuple[tuple[Scalar, Tree], ...]:
    return tree.entries if isinstance(tree, Entries) else ()
