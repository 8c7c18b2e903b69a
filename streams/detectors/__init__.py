"""Every detector, in one list: read this first to know what the system warns about."""

from collections.abc import Mapping

from streams.catalogue.model import Catalogue
from streams.compiler.code import Unsupported
from streams.detectors.kind import Kind
from streams.detectors.velocity import Velocity

DETECTORS: Mapping[str, type[Kind]] = {
    "velocity": Velocity,  # many events within a short time, exact to the millisecond
}


def kinds_of(catalogue: Catalogue) -> Mapping[str, Kind]:
    """The detectors of a catalogue; Unsupported, naming the line, if one is not here yet."""
    kinds: dict[str, Kind] = {}
    for name, detector in catalogue.detectors.items():
        kind = DETECTORS.get(detector.kind)
        if kind is None:
            what = f"kind {detector.kind!r} is not supported yet"
            raise Unsupported(f"line {detector.line}: detector {name}: {what}")
        kinds[name] = kind(detector)
    return kinds
