"""Every reason has its sentence, in the order in which they are looked for."""

from typing import get_args

from schemas.rejects import REASONS, Reason, Rejected


def test_every_reason_has_a_sentence_in_order() -> None:
    """The order that is promised is that of the type."""
    assert tuple(REASONS) == get_args(Reason)


def test_a_rejection_says_reason_and_message() -> None:
    """As text for logs, as fields for programs."""
    rejected = Rejected("bad_field", "id is missing")
    assert str(rejected) == "bad_field: id is missing"
    assert (rejected.reason, rejected.message) == ("bad_field", "id is missing")
