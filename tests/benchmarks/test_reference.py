import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.events import events
from benchmarks.reference import Ring, reference

SIZE = 5


@given(st.lists(st.integers(min_value=SIZE, max_value=40)))
def test_a_ring_counts_what_lies_in_its_last_buckets(buckets: list[int]) -> None:
    """Against all buckets ever added that were not too old when they came."""
    ring, counted, newest = Ring(SIZE), list[int](), 0
    for bucket in buckets:
        newest = max(newest, bucket)
        ring.move(bucket)
        ring.add(bucket)
        if bucket > newest - SIZE:
            counted.append(bucket)
        assert ring.total() == sum(1 for one in counted if one > newest - SIZE)


def test_outputs_are_changes_of_two_tags() -> None:
    """One user with three small payments: the flag comes once, the tier stays silent."""
    paid = [e for e in events(2_000, 10) if e.type == "payment"][:3]
    small = [e._replace(key=b"u", time=paid[0].time, value=with_amount(e.value)) for e in paid]
    assert (reference(small).users, reference(small).outputs) == (1, 1)


def with_amount(value: bytes) -> bytes:
    """The same event, of a small amount."""
    return msgspec.json.encode({**msgspec.json.decode(value), "amount": 1.5})


@pytest.mark.long
def test_a_million_events_give_the_number_that_all_peers_gave() -> None:
    """161,652: what all peers gave."""
    assert reference(events(1_000_000)).outputs == 161_652
