"""Overrides that no rule of the catalogue could give are rejected: a person must hear of them.

Judged where events come in and not in the engine: what was applied once is applied again in a
replay, whatever the catalogue says by then.
"""

from collections.abc import Mapping
from typing import cast

from schemas.events import Event, Profile
from schemas.rejects import Rejected
from streams.domains import Domain, correction_fault


def refuse_impossible(event: Event, domains: Mapping[str, Domain]) -> None:
    """Raises Rejected for an override of an unknown tag, or to a value that it cannot have."""
    if event.type == "override":
        said = cast("Profile", event)
        fault = correction_fault(domains, said.tag or "", said.value)
        if fault is not None:
            raise Rejected("bad_field", fault)
