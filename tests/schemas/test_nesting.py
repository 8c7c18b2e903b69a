"""The scanner agrees with a real JSON parser, and has no limit of its own."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.nesting import depth_of

documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


def reference(value: Any) -> int:
    """Return the nesting of a parsed document, by recursion."""
    if isinstance(value, dict):
        return 1 + max(map(reference, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(reference, value), default=0)
    return 0


@given(documents, st.booleans(), st.sampled_from([None, 1]))
def test_depth_is_that_of_the_parsed_document(document: Any, ascii_only: bool, indent: Any) -> None:  # noqa: FBT001 - drawn, not called by people
    """However it is written."""
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    assert depth_of(text) == reference(document)


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(["{", "}", "[", "]", ",", ":", '"a"', "1", "-", " ", "\\", '"']), max_size=9
    )
)
def test_it_refuses_what_the_parser_refuses(parts: list[str]) -> None:
    """Any heap of lexemes."""
    text = "".join(parts)
    try:
        expected = reference(json.loads(text))
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            depth_of(text)
    else:
        assert depth_of(text) == expected


def test_a_hundred_thousand_brackets_are_no_problem() -> None:
    """Recursive readers give up at a thousand."""
    assert depth_of("[" * 100_000 + "]" * 100_000) == 100_000


@pytest.mark.parametrize(
    "text", ['["\\ud800"]', '["\\udc00"]', '["\\ud800\\u0041"]', "[01]", "[NaN]"]
)
def test_it_is_as_strict_as_the_decoder(text: str) -> None:
    """Lone surrogates, leading zeros and words that Python's own reader lets through."""
    with pytest.raises(ValueError, match=r"."):
        depth_of(text)
