"""An alert reads as other people's programs expect it."""

import json
from decimal import Decimal

from schemas.alerts import Alert, Evidence, Title, decode_alert, encode_alert, evidence_of
from schemas.changes import EventCause

CAUSE = EventCause("transactions", 0, 7, "bank", "e3")


def test_an_alert_has_the_fields_of_the_contract_in_order() -> None:
    """Evidence first shows the events, then the detector's figures."""
    evidence = evidence_of([Evidence("bank", "e3", 5, Decimal("99.5"))], count=3, within=86_400_000)
    alert = Alert(
        1, "u1", "fast", "warning", Title("快", "Fast"), 5, CAUSE, evidence, 2, stale=True
    )
    written = json.loads(encode_alert(alert))
    assert list(written) == [
        *("seq", "user_id", "detector", "severity", "title", "time", "cause", "evidence"),
        *("suppressed", "stale"),
    ]
    assert written["evidence"] == {
        "events": [{"source": "bank", "id": "e3", "time": 5, "amount": 99.5}],
        "count": 3,
        "within": 86_400_000,
    }
    assert decode_alert(encode_alert(alert)).title == Title("快", "Fast")


def test_at_most_ten_events_are_shown() -> None:
    """The latest ones."""
    events = [Evidence("bank", f"e{n}", n) for n in range(12)]
    shown = evidence_of(events)["events"]
    assert [event.id for event in shown] == [f"e{n}" for n in range(2, 12)]
