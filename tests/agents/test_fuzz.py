"""10,000 spoiled events through everything that a worker does with one but the network."""

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.applying import Applied, Applying
from agents.catalogue_file import require_engine
from agents.settings import Settings
from schemas.alerts import encode_alert
from schemas.changes import encode_change, encode_value
from schemas.decode import Decoder
from schemas.rejects import REASONS
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.engine import Partition
from tests.agents.mutated import Spoiled, spoiled
from tests.agents.protocol import virtual
from tests.agents.test_applying import FakeRecord
from tests.agents.test_outgoing import outgoing
from tests.agents.test_sessions import session
from tests.schemas.samples import NOW

EVENTS, BATCH = 10_000, 100
SEEDS = st.lists(st.integers(0, 2**40), min_size=BATCH, max_size=BATCH)
ENGINE = require_engine(Settings.load().catalogue)


class Kept:
    """A producer that keeps what a broker would get, encoded as the client would do it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, bytes]]] = []

    async def start(self) -> None:
        """See aiokafka."""

    async def stop(self) -> None:
        """See aiokafka."""

    async def send_and_wait(self, topic: str, *_: Any, **more: Any) -> None:
        headers = {name: value for name, value in more["headers"] if name.encode()}
        assert all(isinstance(value, bytes) for value in headers.values())
        self.sent.append((topic, headers))


def applied(state: Partition, events: list[Spoiled]) -> Applied:
    """What a block of these brings."""
    applying = Applying(state, 0, 1, Decoder("CNY"), (0,) * len(TOPICS))
    topics = [TOPICS.index(event.topic) for event in events]
    records = [FakeRecord(n, NOW, e.value or b"", None, e.headers) for n, e in enumerate(events)]
    for record, event in zip(records, events, strict=True):
        record.value = event.value  # type: ignore[assignment] # a tombstone, from who knows whom
    applying.records(records, topics)
    applying.tick(NOW + 40 * 86_400_000)
    applying.slice()
    return applying.finish((len(events),) * len(TOPICS))


def dead_letters(done: Applied) -> list[tuple[str, dict[str, bytes]]]:
    """What is written to the dead-letter topics."""
    producer: Any = Kept()

    async def send() -> None:
        if done.rejects:
            await outgoing(producer).send(session(0), done.rejects, [])

    virtual.run(send())
    return list(producer.sent)


def assert_all_can_be_written(state: Partition, done: Applied) -> None:
    """Changes, alerts and hashes as JSON, rows that are read again."""
    for call in done.calls:
        for change in call.changes:
            assert encode_change(change)
        for alert in call.alerts:
            assert encode_alert(alert)
    tags = {user: state.snapshot(user) for user in state.user_ids()}
    assert encode_value(
        {user: {t: (s.value, s.why) for t, s in had.items()} for user, had in tags.items()}
    )
    again = ENGINE.partition(0, TOPICS)
    for key, row in state.take_dirty():
        assert key.encode().decode() == key
        again.load(key, row)
    again.loaded()
    again.clock = state.clock
    assert {user: again.snapshot(user) for user in again.user_ids()} == tags


@settings(max_examples=EVENTS // BATCH, deadline=None)
@given(SEEDS)
def test_each_of_10_000_spoiled_events_is_applied_or_a_dead_letter(seeds: list[int]) -> None:
    """Nothing crashes, nothing is left out, and no dead letter tells what somebody wrote."""
    state, events = ENGINE.partition(0, TOPICS), [spoiled(seed) for seed in seeds]
    done = applied(state, events)
    outcomes = Counter[str]()
    for (_, outcome), number in done.outcomes.items():
        outcomes[outcome] += number
    letters = dead_letters(done)
    assert outcomes.total() == len(events)
    assert outcomes["rejected"] == len(done.rejects) == len(letters)
    assert outcomes.keys() <= {"applied", "late", "duplicate", "rejected"}
    for topic, headers in letters:
        assert topic in {f"{name}.dlq" for name in INPUT_TOPICS}
        assert headers["tagstream.reason"].decode() in REASONS
    assert_all_can_be_written(state, done)


def test_the_spoiled_events_are_of_all_kinds() -> None:
    """Some of each outcome and for each reason: else the test above would show little."""
    state = ENGINE.partition(0, TOPICS)
    done = applied(state, [spoiled(seed) for seed in range(3_000)])
    reasons = {reject.fault.reason for reject in done.rejects}
    assert reasons == set(REASONS)
    seen = {(topic, outcome) for topic, outcome in done.outcomes}
    assert {(topic, "applied") for topic in INPUT_TOPICS} <= seen
    assert {outcome for _, outcome in seen} >= {"applied", "duplicate", "late", "rejected"}
    assert sum(done.outcomes.values()) == 3_000
    assert len(done.rejects) < 2_000
