"""Checks that every anomaly has to pass: whoever adds one is tested by its line in the list."""

import msgspec
import pytest

from agents.simulate.anomalies import ANOMALIES, RINGS
from agents.simulate.anomalies.story import Anomaly, Draft, Ring, RingScript, Script
from agents.simulate.chance import dice
from schemas.decode import Decoder
from schemas.events import TOPIC_OF

RING_SCRIPTS = [
    pytest.param(script, id=f"{detector}-{script.__name__}")
    for detector, ring in RINGS.items()
    for script in (ring.script, *ring.lookalikes)
]
START = 1_748_793_600_000
MINUTE, DAY = 60_000, 86_400_000
SCRIPTS = [
    pytest.param(script, id=f"{detector}-{script.__name__}")
    for detector, anomaly in ANOMALIES.items()
    for script in (anomaly.script, *anomaly.lookalikes)
]


@pytest.mark.parametrize("anomaly", ANOMALIES.values(), ids=ANOMALIES)
@pytest.mark.parametrize("span", [MINUTE, DAY, 14 * DAY])
def test_an_anomaly_has_enough_events_to_be_found_however_short_the_span(
    anomaly: Anomaly, span: int
) -> None:
    """The demo lasts half a minute; a long silence has no room there, and says so."""
    for seed in range(50):
        told = anomaly.script(dice(seed, "test"), START, span)
        assert len(told) >= (anomaly.enough or 1) if span >= anomaly.room else not told


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("span", [MINUTE, DAY, 14 * DAY])
def test_a_story_stays_within_its_span_and_its_events_are_valid(script: Script, span: int) -> None:
    """In order of time, each accepted by the decoder."""
    for seed in range(50):
        check(script(dice(seed, "test"), START, span), span)


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS)
@pytest.mark.parametrize("span", [MINUTE, DAY, 14 * DAY])
def test_a_ring_has_enough_members_to_be_found_however_short_the_span(
    ring: Ring, span: int
) -> None:
    """Each of them does something."""
    for seed in range(50):
        parts = ring.script(dice(seed, "test"), START, span)
        assert ring.enough <= len(parts) <= ring.most
        assert all(parts)


@pytest.mark.parametrize("script", RING_SCRIPTS)
@pytest.mark.parametrize("span", [MINUTE, DAY, 14 * DAY])
def test_each_part_of_a_ring_is_a_story(script: RingScript, span: int) -> None:
    """Within the span, in order, of valid events."""
    for seed in range(50):
        for part in script(dice(seed, "test"), START, span):
            check(part, span)


def check(drafts: list[Draft], span: int) -> None:
    """In order of time within the span, each accepted by the decoder."""
    times = [draft.at for draft in drafts]
    assert times == sorted(times)
    assert all(START <= at < START + span for at in times)
    for draft in drafts:
        head = f'{{"id":"1","source":"s","type":"{draft.type}","user_id":"u","time":{draft.at}'
        line = f"{head}{draft.fields}}}".encode()
        assert msgspec.json.decode(line)
        Decoder("CNY").decode(TOPIC_OF[draft.type], line, (), draft.at)
