import ast

import pytest

from streams.catalogue.expressions.syntax import SyntaxFault, flat, parse, position


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a = 1", 2, 'write "=="'),
        ("a == 1 && b", 7, 'write "and"'),
        ("a || b", 2, 'write "or"'),
        ("a <> b", 2, 'write "!="'),
        ("!a", 0, 'write "not"'),
        ("a > 1 AND b", 6, "lower case"),
        ("a > 1 else", 6, "stands alone"),
        ("  (a > 1", 2, "never closed"),
        ("a == \u2018low\u2019", 5, "invalid character"),
        ("", 0, "empty"),
        (" \n ", 0, "empty"),
        ("x" * 1_001, 0, "at most 1,000"),
        ("a > 1 # b", 6, "comment"),
        ("(" * 999, 200, "too many nested"),
        ("not " * 200 + "a", 0, "deep"),
    ],
)
def test_a_mistake_is_said_in_words_and_placed(text: str, offset: int, message: str) -> None:
    """Not in the parser's words where we know what people mean."""
    with pytest.raises(SyntaxFault, match=message) as caught:
        parse(text)
    assert caught.value.offset == offset


def test_signs_inside_quotes_are_text() -> None:
    """A hash or an equals sign may well be part of a value."""
    assert isinstance(parse("a == 'c# = && !'"), ast.Compare)


def test_a_position_is_found_behind_wide_characters_and_lines() -> None:
    """The tree counts UTF-8 bytes of one line, people count characters of their text."""
    text = "\n  a == '小额'\n  and bad > 1"
    tree = parse(text)
    assert isinstance(tree, ast.BoolOp)
    assert text[position(text, tree.values[1].col_offset) :].startswith("bad")
    assert "\n" not in flat(text)
