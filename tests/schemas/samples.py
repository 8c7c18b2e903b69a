"""Valid events that tests start from, and the clock they live by."""

import json
from typing import Any

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z, the timestamp of every record

COMMON: dict[str, Any] = {"id": "e1", "source": "app", "user_id": "u1", "time": NOW}
VISIT = COMMON | {"type": "visit", "community_id": "c1", "duration_s": 120, "topic": "tax"}
POST = COMMON | {"type": "post", "content": "大家好 \U0001f600", "community_id": "c1"}
ENQUIRY = COMMON | {"type": "enquiry", "amount": "50000.5", "purpose": "equipment", "term_days": 90}
FEEDBACK = COMMON | {"type": "feedback", "score": 5, "product": "loan-a"}
BORROW = COMMON | {
    "type": "borrow",
    "amount": 123.45,
    "currency": "CNY",
    "purpose": "working_capital",
    "term_days": 30,
    "loan_id": "l1",
}
OVERDUE = COMMON | {"type": "overdue", "loan_id": "l1"}
PROFILE = COMMON | {
    "type": "profile",
    "attributes": {"grade": "A", "staff": 12, "share": 0.5, "gone": None, "deep": {"a": [1]}},
}
OVERRIDE = COMMON | {
    "type": "override",
    "tag": "activity",
    "value": "low",
    "until": "2026-02-01T00:00:00+08:00",
    "reason": "called",
    "by": "li",
}
ERASE = COMMON | {"type": "erase"}

TOPIC_AND_EVENT: list[tuple[str, dict[str, Any]]] = [
    ("interactions", VISIT),
    ("interactions", POST),
    ("interactions", ENQUIRY),
    ("interactions", FEEDBACK),
    ("transactions", BORROW),
    ("transactions", OVERDUE),
    ("profiles", PROFILE),
    ("profiles", OVERRIDE),
    ("profiles", ERASE),
]


def encoded(event: Any) -> bytes:
    """Return the event as a producer writes it."""
    return json.dumps(event, ensure_ascii=False).encode()
