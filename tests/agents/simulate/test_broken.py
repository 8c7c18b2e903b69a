"""Tests of agents/simulate/broken.py."""

from collections import Counter

import pytest

from agents.send.routing import address
from agents.simulate.broken import WAYS
from agents.simulate.plan import Plan
from agents.simulate.traffic import Sent, Traffic
from schemas.decode import Decoder, Rejected

START = 1_748_793_600_000
DECODER = Decoder("CNY")
PLAN = Plan(START, users=100, rate=100, seconds=100, broken=0.1)


def reason(sent: Sent) -> str | None:
    """Why a worker rejects it; None if it does not."""
    try:
        DECODER.decode(sent.topic, sent.value, (), sent.due)
    except Rejected as rejected:
        return rejected.reason
    return None


def test_the_wanted_share_is_rejected_for_all_the_reasons() -> None:
    """And for no other."""
    reasons = Counter(map(reason, Traffic(PLAN)))
    good = reasons.pop(None)
    assert reasons.keys() == {why for why, _ in WAYS}
    assert 0.05 < reasons.total() / (reasons.total() + good) < 0.12


@pytest.mark.parametrize(("why", "break_it"), WAYS)
def test_each_way_is_rejected_for_its_reason_and_can_still_be_routed(
    why: str,
    break_it: object,
) -> None:
    """`send` brings it to its topic, where the worker judges it."""
    assert callable(break_it)
    for sent in list(Traffic(Plan(START, users=20, seconds=3)))[:200]:
        broken = break_it(sent.value.decode()).encode()
        assert reason(sent._replace(value=broken)) == why
        assert address(broken)[:2] == (sent.topic, sent.user_id)
