"""Every aggregate, in one list: read this first to know what a measure can be."""

from collections.abc import Mapping

from streams.aggregates.attribute import Attribute
from streams.aggregates.count import Count
from streams.aggregates.extreme import Max, Min
from streams.aggregates.figure import Figure
from streams.aggregates.latest import First, Last
from streams.aggregates.score import Score
from streams.aggregates.sum import Sum
from streams.catalogue.model import Catalogue
from streams.compiler.code import Unsupported
from streams.compiler.uses import uses_of

AGGREGATES: Mapping[str, type[Figure]] = {
    "count": Count,  # how many events
    "sum": Sum,  # the total of a field
    "score": Score,  # points for each type of event
    "max": Max,  # the greatest value of a field
    "min": Min,  # the least
    "last": Last,  # the value of the latest event
    "first": First,  # the value of the earliest
    "attribute": Attribute,  # what the profile says
}


def figures_of(catalogue: Catalogue) -> Mapping[str, Figure]:
    """The measures of a catalogue; Unsupported, naming the line, if one is not here yet."""
    uses = uses_of(catalogue)
    figures: dict[str, Figure] = {}
    for name, measure in catalogue.measures.items():
        kind = AGGREGATES.get(measure.aggregate)
        if kind is None:
            what = f"aggregate {measure.aggregate!r} is not supported yet"
            raise Unsupported(f"line {measure.line}: measure {name}: {what}")
        if kind is Attribute:
            figures[name] = Attribute(measure, uses[name], catalogue.timezone)
        else:
            figures[name] = kind(measure, uses[name])
    return figures
