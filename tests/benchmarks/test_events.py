import hashlib

import msgspec
import pytest

from benchmarks.events import events, everybody
from schemas.decode import Decoder


def checksum(number: int, users: int) -> str:
    """Of keys, values and timestamps, in order."""
    digest = hashlib.sha256()
    for event in events(number, users):
        digest.update(b"%b\0%b\0%d\n" % (event.key, event.value, event.time))
    return digest.hexdigest()


@pytest.mark.parametrize(
    ("number", "users", "right"),
    [
        (10_000, 100_000, "9772767316c80d01f1b75beffd151cac188797c83c5ac32c153d159adb0975c0"),
        (50_000, 1_000, "0912312695c530a093546b00af594617da63b82bb15ea1580e03216b7c3e8974"),
    ],
)
def test_the_events_are_those_that_the_peers_were_measured_on(
    number: int, users: int, right: str
) -> None:
    """Byte for byte what the producer for the peers made: the sums were taken of its output."""
    assert checksum(number, users) == right


def test_ours_are_the_same_events_in_the_words_of_the_contract() -> None:
    """Only the community's name differs; every one is accepted by its topic's decoder."""
    decoder = Decoder("CNY")
    for event in events(500, 50):
        decoded = decoder.decode(event.topic, event.ours, (), event.time)
        plain = msgspec.json.decode(event.value)
        assert (decoded.id, decoded.user_id, decoded.time) == (
            plain["id"],
            plain["user_id"],
            event.time,
        )
        assert b'"community_id":"c' in event.ours


def test_everybody_has_one_event() -> None:
    """The load of --recovery: as many users as asked, each once."""
    assert len({event.key for event in everybody(300)}) == 300
    assert sum(1 for _ in everybody(300)) == 300
