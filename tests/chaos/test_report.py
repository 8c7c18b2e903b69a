"""What is printed of results."""

import json

from tests.chaos.report import HEAD, markdown, row
from tests.chaos.result import Result


def test_a_row_stands_under_its_head() -> None:
    line = row(Result(3, ["kill_one"], events=7_000, changes=8_000, seconds=61.2))
    assert len(line) - len("held") == len(HEAD) - len("verdict")
    assert row(Result(3, [], violations=["I1"])).endswith("VIOLATED")


def test_the_table_of_a_file_has_each_seed_once_as_it_came_last() -> None:
    first = Result(2, ["zombie"], violations=["I7"])
    lines = [json.dumps(r.as_json()) for r in (first, Result(1, []), Result(2, ["zombie"]))]
    *_, one, two, total = markdown(lines)
    assert one == "| 1 |  | 0 | 0 | 0 | held |"
    assert two == "| 2 | zombie | 0 | 0 | 0 | held |"
    assert total == "| 2 | 1 | 0 | | | 2 held |"
