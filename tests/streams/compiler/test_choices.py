"""Exclusive tags stand in the state by number; nobody outside sees that."""

from typing import Any

import pytest

from tests.streams.aggregates.one_user import OneUser

SIZE = "dimension: behaviour, values: {large: n >= 3, medium: n >= 2, small: n >= 1}"
COUNT = "n: {count: [post], window: 10s, step: 1s}"


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("size == 'medium'", [False, False, True, False]),
        ("'medium' == size", [False, False, True, False]),
        ("size != 'medium'", [False, True, False, True]),
        ("size in ('small', 'large')", [False, True, False, True]),
        ("size not in ('small', 'large')", [False, False, True, False]),
        ("not (size in ('small', 'large'))", [True, False, True, False]),
    ],
)
def test_a_rule_compares_names_and_a_missing_tag_is_neither_equal_nor_unequal(
    rule: str, holds: list[bool]
) -> None:
    """With no event that counts, then one, two and three."""
    user = OneUser([COUNT], size=SIZE, other=f'when: "{rule}"')
    user.act(0, "visit")
    found = ["other" in user.tags]
    for time in (1, 2, 3):
        user.act(time)
        found.append("other" in user.tags)
    assert found == holds


def test_what_is_shown_has_names() -> None:
    """Changes, values, and the evidence of tags that rest on the tag."""
    user = OneUser([COUNT], size=SIZE, big="when: size == 'large'", again="value: size")
    for time in (1, 2, 3):
        user.act(time)
    user.wait(60_000)
    sizes = ["small", "medium", "large", None]
    assert [new for _, tag, new in user.changes if tag == "size"] == sizes
    shown: list[Any] = [c.why.measures for c in user.out.changes if c.tag == "big" and c.why]
    assert shown == [{"size": "large"}, {"size": None}]
    assert [new for _, tag, new in user.changes if tag == "again"] == sizes
