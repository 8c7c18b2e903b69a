"""Every detector, in one list: read this first to know what the system warns about.

A new one is a file in this folder, a line here, a test; what its YAML may say, the loader and
the JSON Schema for editors read from its class. A detector says that something is unusual and how
much; a label that simply follows from a measure is a tag, in the catalogue.
"""

from collections.abc import Mapping

from streams.catalogue.model import Catalogue
from streams.detectors.burst import Burst
from streams.detectors.dormant import Dormant
from streams.detectors.duplicate_content import DuplicateContent
from streams.detectors.kind import Kind
from streams.detectors.overdue import Overdue
from streams.detectors.spike import Spike
from streams.detectors.structuring import Structuring
from streams.detectors.velocity import Velocity

DETECTORS: Mapping[str, type[Kind]] = {
    "velocity": Velocity,  # many events within a short time, exact to the millisecond
    "spike": Spike,  # an amount far above this user's own baseline
    "structuring": Structuring,  # several amounts just below a threshold
    "dormant": Dormant,  # the first event after a long silence
    "burst": Burst,  # many events in a short time that say nearly nothing
    "duplicate_content": DuplicateContent,  # the same words in many communities, or by many users
    "overdue": Overdue,  # a loan that was not paid back in time
}


def kinds_of(catalogue: Catalogue) -> Mapping[str, Kind]:
    """The detectors of a catalogue; Unsupported, naming the line, if one is not here yet."""
    return {
        name: DETECTORS[detector.kind](detector) for name, detector in catalogue.detectors.items()
    }
