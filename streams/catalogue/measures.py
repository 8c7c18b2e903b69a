"""The section `measures`: what all have in common; each aggregate states what is its own.

The aggregates and their forms are in `streams/aggregates`, one file each.
"""

from streams.aggregates import AGGREGATES
from streams.catalogue.expressions.read import read_condition
from streams.catalogue.expressions.scope import fields_scope
from streams.catalogue.faults import Faults
from streams.catalogue.fields import Fields
from streams.catalogue.model import Expression, Measure
from streams.catalogue.tree import Entries, Scalar, Tree


def read_measure(name: Scalar, tree: Tree, faults: Faults) -> Measure | None:
    """One measure; None if anything about it is wrong."""
    before = len(faults)
    fields = Fields(f'measure "{name.text}"', name.place, tree, faults)
    aggregate = fields.one_of(tuple(AGGREGATES), "aggregate")
    if aggregate is None:
        return None
    form = AGGREGATES[aggregate].form
    fields.only((aggregate, *form.options))
    fields.need(*form.needed)
    own = form.read(fields, aggregate)
    where, where_text = read_where(fields, (*own["types"], *own.get("removes", ())))
    measure = Measure(
        name=name.text,
        line=name.place.line,
        aggregate=aggregate,
        where=where,
        where_text=where_text,
        **own,
    )
    return measure if len(faults) == before else None


def read_where(fields: Fields, types: tuple[str, ...]) -> tuple[Expression | None, str | None]:
    """`where`: a condition over the fields of the event itself."""
    text = fields.scalar("where", "a condition")
    if text is None or not types:
        return None, None
    condition = read_condition(text, '"where"', fields_scope(types), fields.faults)
    return condition, text.text.strip()


def read_measures(tree: Tree | None, faults: Faults) -> dict[str, Measure | None]:
    """All measures by name; None for one that is declared, but wrong."""
    return {
        name.text: read_measure(name, measure, faults)
        for name, measure in (tree.entries if isinstance(tree, Entries) else ())
    }
