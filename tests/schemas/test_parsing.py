"""Bytes become an object with exact numbers, or are refused; nothing else happens."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.nesting import depth_of
from schemas.parsing import MAX_BYTES, MAX_DEPTH, brackets, parse_object
from schemas.rejects import Rejected

LEXEMES = [
    *("{", "}", "[", "]", ",", ":", '"', '"a"', "\\", "\\u", "\\ud83d", "\\ude00", "u00e9", "\t"),
    *("0", "-", "1", ".", "e", "+", "null", "true", "NaN", " ", "\n", "\x00", "é", "\u2028", "/"),
    *('{"a":', '"b":1', "[[", "]]"),
]


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(LEXEMES), max_size=12).map("".join))
def test_the_three_readers_of_json_agree_on_what_is_json(text: str) -> None:
    """The fast parser, the standard library and the scanner; a doubt would stop a worker."""
    try:
        parsed = parse_object(text.encode())
    except Rejected:
        # what only ours refuses: scalars and arrays, NaN, lone surrogates
        if text.lstrip(" \t\n\r").startswith("{") and "NaN" not in text and "\\ud" not in text:
            with pytest.raises(ValueError, match=r"."):
                json.loads(text)
    else:
        assert json.loads(text) == parsed
        assert depth_of(text) >= 1


def test_numbers_are_exact() -> None:
    """Integers as int, others as Decimal with every digit."""
    parsed = parse_object(b'{"a": 5, "b": 0.10, "c": 123456789012345678901234567890}')
    assert parsed == {"a": 5, "b": Decimal("0.10"), "c": 123456789012345678901234567890}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "empty"),
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"[1]", "not an array"),
        (b'"a"', "not a text"),
        (b"5", "not a number or word"),
        (b"[" * 40 + b"]" * 40, "not an array"),
        (b"{" * 40, "malformed|unexpected"),
        (b'{"a": \xff}', "byte 6"),
        (b'{"a": nul}', "byte"),
        (b"x" * (MAX_BYTES + 1), "262,145 bytes"),
        (b'{"a":' * 33 + b"0" + b"}" * 33, "33 deep"),
    ],
)
def test_a_refusal_says_what_is_wrong(value: bytes | None, message: str) -> None:
    """In words for whoever has to mend the producer."""
    with pytest.raises(Rejected, match=message):
        parse_object(value)


def test_the_deepest_allowed_is_read() -> None:
    """Also when there are more brackets than levels."""
    levels = MAX_DEPTH - 1
    value = b'{"x": [], "a": ' * levels + b"{}" + b"}" * levels
    assert brackets(value) > MAX_DEPTH
    assert depth_of(value.decode()) == MAX_DEPTH
    assert parse_object(value)["x"] == []
