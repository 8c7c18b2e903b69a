"""A record of which no metric tells."""

from tests.chaos.invariants.accounts import summed, unaccounted


def test_i9_a_record_that_no_metric_tells_of_is_found() -> None:
    text = (
        'tagstream_events_total{outcome="applied",topic="interactions"} 7.0\n'
        'tagstream_events_total{outcome="late",topic="interactions"} 2.0\n'
        'tagstream_events_total{outcome="applied",topic="transactions"} 1.0\n'
    )
    outcomes = summed([text, text], "tagstream_events_total")
    assert outcomes == {"applied": 16, "late": 4}
    assert list(unaccounted(outcomes, 20)) == []
    assert len(list(unaccounted(outcomes, 21))) == 1
