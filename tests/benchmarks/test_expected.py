import msgspec

from benchmarks.events import events
from benchmarks.expected import Expected, digest, expected
from benchmarks.jobs import TAG_JOB
from benchmarks.loading import PARTITIONS
from benchmarks.ours import right_answer
from schemas.topics import TOPICS
from tests.benchmarks.slow import changes_of

NUMBER, USERS = 3_000, 60


def test_the_merge_on_the_way_gives_what_a_merge_of_whole_logs_gives() -> None:
    """Every change of every partition."""
    topics = [f"in.{topic}" for topic in TOPICS]
    found = expected(TAG_JOB.engine(), topics, events(NUMBER, USERS), TAG_JOB.topics)
    for partition in range(PARTITIONS):
        changes = changes_of(partition, topics, events(NUMBER, USERS))
        right = [digest(change) for change in changes]
        assert found[partition].digests == right
        assert right


def test_the_hashes_are_the_fold_of_the_changes() -> None:
    """As many users as have a tag; each tag says which change it came from."""
    for partition in right_answer("in.", events(NUMBER, USERS)):
        seqs = [shown["seq"] for tags in partition.tags.values() for shown in tags.values()]
        assert len(seqs) == len(set(seqs))
        assert max(seqs) <= len(partition.digests)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    """Who reads JSON does not see it either."""
    change = {"seq": 1, "why": {"measures": {"a": 1, "b": 2.5}}}
    turned = {"why": {"measures": {"b": 2.5, "a": 1}}, "seq": 1}
    assert digest(msgspec.json.encode(change)) == digest(msgspec.json.encode(turned))
    assert digest(msgspec.json.encode(change)) != digest(msgspec.json.encode({**change, "seq": 2}))


def test_no_changes_are_expected_of_no_events() -> None:
    """An empty partition is right when it is empty."""
    assert expected(TAG_JOB.engine(), TOPICS, [], TAG_JOB.topics) == [Expected()] * PARTITIONS
