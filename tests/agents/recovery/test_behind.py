"""Taking a partition 4: every sign that Redis is behind the state, alone."""

from collections.abc import Mapping

import pytest

from agents.recovery.behind import BEHIND, why_behind
from agents.redis.publisher import Claimed
from schemas.journal import Entry, Tick, encode_entry
from schemas.records import Checkpoint
from schemas.topics import TOPICS

OURS = Checkpoint((5, 5, 0, 0, 0), "r1", 7, 3, 0, 100, 100, {}, "c@1")
META = {"run": "r1", "server": "s1", "calls": "9", "pos:interactions": "6", "pos:transactions": "5"}
WHOLE = (8, 9)


def redis(meta: Mapping[str, str], journal: tuple[int, ...] = WHOLE) -> Claimed:
    """What a claim finds: its server is s1, its journal has calls of these numbers."""
    return Claimed(meta, [encode_entry(Entry(n, (Tick(n),))) for n in journal], "s1")


def test_a_redis_as_we_left_it_is_not_behind() -> None:
    assert why_behind(OURS, redis(META), TOPICS) is None


def test_a_journal_that_begins_before_the_checkpoint_is_as_good() -> None:
    """The worker died between checkpoint and trim."""
    assert why_behind(OURS, redis(META, (6, 7, 8, 9)), TOPICS) is None


def test_without_a_checkpoint_there_is_nothing_to_go_on_from() -> None:
    assert why_behind(None, redis(META), TOPICS) == "the changelog has no checkpoint yet"


@pytest.mark.parametrize(
    ("sign", "found"),
    [
        ("another run", redis(META | {"run": "r2"})),
        ("another run, or none", redis({})),
        ("not finished", redis(META | {"building": "3"})),
        ("another server", redis(META | {"server": "s0"})),
        ("lost calls", redis(META | {"calls": "6"}, ())),
        ("positions before", redis(META | {"pos:transactions": "4"})),
        ("gap", redis(META, ())),
        ("gap", redis(META, (9,))),
        ("gap", redis(META, (8,))),
        ("gap", redis(META, (7, 9))),
    ],
)
def test_each_sign_alone_is_enough(sign: str, found: Claimed) -> None:
    assert sign in (why_behind(OURS, found, TOPICS) or "")


def test_every_sign_is_tried_here() -> None:
    assert len(BEHIND) == 6
