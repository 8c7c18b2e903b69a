"""The limits that the house keeps, and that what measures them measures right."""

import ast
import re
from collections.abc import Sequence

import pytest

from tests.house import ROOT, File, Function, files_of, measure, sizes, table

MEDIAN, MOST, LONG = 6, 25, 50  # lines of a function: the median, 90 of 100, and with a reason
FILE_MEDIAN = 120


@pytest.fixture(scope="module")
def files() -> Sequence[File]:
    return files_of()


@pytest.mark.parametrize("tests", [False, True], ids=["source", "tests"])
def test_functions_fit_in_the_eye_and_files_have_one_idea(
    files: Sequence[File], *, tests: bool
) -> None:
    found = sizes(file for file in files if file.path.startswith("tests/") is tests)
    assert found.function_median <= MEDIAN
    assert found.function_90 <= MOST
    assert found.file_median <= FILE_MEDIAN


def test_a_long_function_says_why_it_is_one(files: Sequence[File]) -> None:
    """In a comment on the lines of its signature, or just above it."""
    long = [one for file in files for one in file.functions if one.lines > LONG]
    assert [one for one in long if not one.remarked] == []


def test_every_exception_to_a_rule_has_its_reason_beside_it(files: Sequence[File]) -> None:
    assert [place for file in files for place in file.unexplained] == []


def test_every_folder_says_what_belongs_in_it_and_what_does_not() -> None:
    """In a paragraph at its top; a folder of tests is that of what it tests."""
    for file in ROOT.rglob("__init__.py"):
        path = file.relative_to(ROOT)
        if path.parts[0] in {"agents", "streams", "schemas", "tagstream", "benchmarks", "deploy"}:
            said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
            assert len(re.findall(r"\w\S*[.;](?:\s|$)", said)) > 1, f"{path}: {said!r}"


TEXT = '''
@decorated
def one(
    text: str,
) -> str:
    """What it does.

    And more.
    """
    def inner() -> None:  # type: ignore[x]
        ...

    return text  # noqa: X1 - said

# because
def two(): ...
'''


def test_a_function_is_as_long_as_from_its_def_to_its_end_without_its_docstring() -> None:
    """Counted by hand: three lines of signature, two of another function, an empty one, the end."""
    assert measure("a.py", TEXT) == File(
        "a.py",
        16,
        (
            Function("a.py:3", "one", 7, remarked=False),
            Function("a.py:16", "two", 1, remarked=True),
            Function("a.py:10", "inner", 2, remarked=True),
        ),
        ("a.py:10",),
    )


def test_the_table_has_source_and_tests_apart() -> None:
    files = [measure("agents/a.py", TEXT), measure("tests/agents/test_a.py", TEXT)]
    assert [line.split(" ")[1] for line in list(table(files))[2:]] == [
        "**source**",
        "`agents/`",
        "**tests**",
        "`tests/agents/`",
    ]
