"""Every aggregate, in one list: read this first to know what a measure can be.

A new one is a file in this folder, a line here, a test; what its YAML may say, the loader and
the JSON Schema for editors read from its class. An aggregate is computed from a user's own events
alone; what compares users is a detector.
"""

from collections.abc import Mapping

from streams.aggregates.attribute import Attribute
from streams.aggregates.count import Count
from streams.aggregates.days import Days
from streams.aggregates.distinct import Distinct
from streams.aggregates.extreme import Max, Min
from streams.aggregates.figure import Figure
from streams.aggregates.latest import First, Last
from streams.aggregates.mean import Mean
from streams.aggregates.score import Score
from streams.aggregates.set import SetOf
from streams.aggregates.sum import Sum
from streams.aggregates.top import Top
from streams.catalogue.model import Catalogue
from streams.compiler.uses import uses_of

AGGREGATES: Mapping[str, type[Figure]] = {
    "count": Count,  # how many events
    "sum": Sum,  # the total of a field
    "mean": Mean,  # its average
    "min": Min,  # the least value of a field
    "max": Max,  # the greatest
    "last": Last,  # the value of the latest event
    "first": First,  # the value of the earliest
    "distinct": Distinct,  # how many different values
    "top": Top,  # the most frequent value
    "days": Days,  # on how many calendar days
    "score": Score,  # points for each type of event
    "attribute": Attribute,  # what the profile says
    "set": SetOf,  # what was joined and not left
}


def figures_of(catalogue: Catalogue) -> Mapping[str, Figure]:
    """The measures of a catalogue, each knowing how the rules use it."""
    uses = uses_of(catalogue)
    return {
        name: AGGREGATES[measure.aggregate](measure, uses[name], catalogue.timezone)
        for name, measure in catalogue.measures.items()
    }
