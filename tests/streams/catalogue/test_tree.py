import pytest

from streams.catalogue.faults import Faults, Place
from streams.catalogue.tree import Entries, Items, Scalar, Tree, parse


def tree_of(text: str) -> Tree:
    """The tree of a text that is right."""
    faults = Faults()
    tree = parse(text, faults)
    assert tree is not None
    assert not faults.in_order()
    return tree


def value_of(text: str) -> Scalar:
    """The value of the only entry."""
    tree = tree_of(text)
    assert isinstance(tree, Entries)
    value = tree.entries[0][1]
    assert isinstance(value, Scalar)
    return value


def test_values_know_their_kind_and_place() -> None:
    """By the rules of YAML 1.2: `yes` and `7d` are texts."""
    tree = tree_of("a: 1\nb:\n  - yes\n  - 7d\n  - true\n  - 1.5\n  - ~\n")
    assert isinstance(tree, Entries)
    (_, one), (_, several) = tree.entries
    assert isinstance(one, Scalar)
    assert isinstance(several, Items)
    assert (one.kind, one.place) == ("integer", Place(1, 4))
    kinds = [item.kind for item in several.items if isinstance(item, Scalar)]
    assert kinds == ["text", "text", "boolean", "decimal", "nothing"]


@pytest.mark.parametrize(
    "written",
    [
        "k: a > 1 and bad > 2",
        "k: 'a > 1 and bad > 2'",
        'k: "a > 1 and bad > 2"',
        "k:   a > 1 and bad > 2   # as written",
        "k: >-\n  a > 1\n  and bad > 2\n",
        "k: |\n  a > 1\n  and bad > 2\n",
        "k: a > 1\n   and bad > 2\n",
        "k: 'a == ''x'' and\n   bad > 2'",
        'k: "a == \\"x\\" and bad > 2"',
        "k: a > 1\r\n   and bad > 2\r\n",
        "\ufeffk: a > 1 and bad > 2",
    ],
)
def test_a_character_is_found_however_the_text_was_written(written: str) -> None:
    """Through quotes, escapes, folded and literal lines."""
    value = value_of(written)
    place = value.at(value.text.index("bad"))
    lines = written.removeprefix("\ufeff").splitlines()
    assert lines[place.line - 1][place.column - 1 :].startswith("bad")


def test_an_alias_is_what_it_names() -> None:
    """Anchors are plain YAML: several measures may share a list."""
    tree = tree_of("a: &types [like]\nb: *types\n")
    assert isinstance(tree, Entries)
    assert tree.entries[0][1] is tree.entries[1][1]


def test_a_bomb_of_aliases_costs_nothing() -> None:
    """Each node is built once, however many name it."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 30)]
    assert isinstance(tree_of("\n".join(lines)), Entries)


def test_an_empty_value_stands_where_its_key_stands() -> None:
    """YAML itself places it at the next thing, which is not what is wrong."""
    assert value_of("key:\n\nother: 1\n").place == Place(1, 1)
