"""Whose rows count."""

from dataclasses import replace

from tests.chaos.changelog import Changelog
from tests.chaos.small.histories import one_run


def test_what_a_zombie_wrote_is_not_taken_for_an_owners() -> None:
    """Rows of an epoch below one seen before."""
    records = one_run().records
    good, claim = Changelog().add(records), replace(records[0], offset=100)
    late = [replace(r, offset=r.offset + 100) for r in records if r.key.startswith(b"u")]
    after = Changelog().add([*records, claim, *late])
    assert (after.rows, after.refused) == (good.rows, len(late))
