import doctest
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from agents.redis.arguments import Shown
from benchmarks import tag_room
from benchmarks.footprint import LISTPACK
from schemas.changes import Why, encode_value
from streams.effects import TagState

DEPLOY = Path(__file__).parents[2] / "deploy"
STATES = st.builds(
    TagState,
    st.one_of(st.just(value=True), st.text(max_size=20)),
    st.integers(10**12, 10**13 - 1),
    st.builds(Why, st.text(max_size=30), st.dictionaries(st.text(max_size=5), st.integers())),
)
USERS = st.lists(
    st.dictionaries(st.sampled_from(["activity", "scale", "points_tier"]), STATES), min_size=1
)
SEQ = 1_234_567


def test_its_examples_hold() -> None:
    assert doctest.testmod(tag_room).failed == 0


@given(USERS)
def test_the_tags_together_are_all_that_is_written(users: list[tag_room.Tags]) -> None:
    """Against the bytes of every field and value that both hashes would get, one by one."""
    written = 0
    for tags in users:
        for tag, state in tags.items():
            written += len(
                tag + encode_value(Shown(state.value, state.since, SEQ)).decode("latin-1")
            )
            written += len(tag + encode_value(state.why).decode("latin-1"))
    rooms = tag_room.by_tag(users, SEQ)
    assert sum(room.a_user for room in rooms) * len(users) == pytest.approx(written)
    parts = tag_room.made_of(rooms, 5_000)
    assert sum(parts.values()) == pytest.approx(5_000)
    assert parts["Redis' own: keys, entries, rounding"] * len(users) == pytest.approx(
        5_000 * len(users) - written
    )


def test_redis_is_measured_with_the_setting_that_is_deployed() -> None:
    """Or the figure of the page and of sizing would not be the operator's."""
    command = YAML(typ="safe").load(DEPLOY / "compose.yaml")["services"]["redis"]["command"]
    assert command[command.index("--hash-max-listpack-value") + 1] == str(LISTPACK)
    by_hand = (DEPLOY / "redis" / "README.md").read_text(encoding="utf-8")
    assert f"--hash-max-listpack-value {LISTPACK}" in by_hand
