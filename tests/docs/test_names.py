"""Names in README, docs and deploy are those of the code: settings, metrics, codes, files."""

import re
import tomllib
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest

import tagstream
from agents.app import CRASH_STATUS
from agents.commands import run
from agents.errors import Problem, Unreachable, WrongSetting, WrongUse
from agents.metrics import Metrics
from agents.settings import Settings, meanings, variable
from schemas.rejects import REASONS
from tests.docs.mentions import ROOT, links, mentioned, pages

FOR_TESTS = {"TAGSTREAM_TEST_KAFKA", "TAGSTREAM_TEST_REDIS", "TAGSTREAM_REQUIRE_KAFKA"}
FOR_TESTS |= {"TAGSTREAM_FAILPOINT"}
CODES = {0, CRASH_STATUS} | {
    one.exit_code for one in (Problem, WrongUse, WrongSetting, Unreachable)
}
KILLED = 137  # the shell's word for SIGKILL


def test_the_page_on_settings_tells_each_with_default_and_meaning() -> None:
    """In the order of the code."""
    rows = re.findall(
        r"^\| `(TAGSTREAM_\w+)` \| (.*?) \| (.*) \|$", pages()["docs/settings.md"], re.MULTILINE
    )
    fields = Settings.model_fields.items()
    assert rows == [(variable(n), default(f), meanings()[variable(n)]) for n, f in fields]


def default(field: Any) -> str:
    """What stands in the column of defaults."""
    if field.default_factory is not None:
        return "by terminal"
    if isinstance(field.default, Path):
        return f"`{field.default.relative_to(ROOT)}`"
    if isinstance(field.default, bool):
        return f"`{int(field.default)}`"
    return "none" if field.default in {None, ""} else f"`{field.default}`"


def wrong(pattern: str, right: Container[str]) -> list[str]:
    """Where pages name something that a pattern finds and that is not right."""
    found = mentioned(pattern)
    assert found
    return [f"{page}: {name}" for page, name in found if name not in right]


def test_every_setting_that_a_page_names_exists() -> None:
    """Or is one for the tests."""
    assert wrong(r"\bTAGSTREAM_[A-Z0-9_]*[A-Z0-9]\b", meanings().keys() | FOR_TESTS) == []


def series() -> set[str]:
    """The names under which Prometheus stores what a worker shows."""
    metrics = [one for one in Metrics().registry._collector_to_names if hasattr(one, "_name")]
    collectors: list[Any] = list(metrics)
    return {
        metric._name + suffix
        for metric in collectors
        for suffix in {
            "counter": ("_total",),
            "info": ("_info",),
            "histogram": ("", "_bucket", "_sum", "_count"),
        }.get(metric._type, ("",))
    }


def test_every_metric_that_a_page_names_is_shown_by_a_worker() -> None:
    """The other way round, docs/metrics.md: tests/agents/test_metrics.py."""
    assert wrong(r"\btagstream_[a-z_]*[a-z]\b(?!/)", series()) == []


def test_every_reason_of_a_reject_is_told_and_no_other() -> None:
    """Where somebody looks who has one: the runbook of rejected events."""
    rows = re.findall(
        r"^\| (`.*?`) \| .* \|$", pages()["docs/runbooks/rejected-share-high.md"], re.MULTILINE
    )
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(REASONS)


def test_every_exit_code_that_a_page_names_exists() -> None:
    """Those of the table in `tagstream --help`, and of a crash."""
    assert wrong(r"(?i)\bexit (?:code )?`?(\d+)", set(map(str, CODES))) == []


def test_every_exit_code_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """By `--help`, and to whoever finds a worker ended."""
    run(["--help"])
    told = re.search(r"Exit codes:(.*?)\n\n", capsys.readouterr().out, re.DOTALL)
    assert told
    assert {int(code) for code in re.findall(r"\b\d\b", told[1])} == CODES - {CRASH_STATUS}
    ended = pages()["docs/runbooks/worker-crash-looping.md"]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", ended, re.MULTILINE)}
    assert codes == CODES - {0} | {KILLED}


def leads(page: str, target: str) -> bool:
    """Whether a link has a file, and where it names a heading, that one."""
    path, _, heading = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    if not heading:
        return file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings]
    return heading in slugs


def test_every_link_leads_somewhere() -> None:
    """To a file or a heading."""
    assert [link for link in links() if not leads(*link)] == []


def test_every_file_that_a_page_names_is_there() -> None:
    """Decisions may be named by their number alone; NAME is for the reader to choose."""
    folders = "agents|streams|schemas|benchmarks|deploy|docs|tests|tagstream"
    named = mentioned(rf"(?<![\w/.:{{-])((?:{folders})/[\w./*-]*\w)")
    named = [one for one in named if "NAME" not in one[1]]
    assert [one for one in named if not (glob(one[1]) or glob(f"{one[1]}-*"))] == []


def glob(pattern: str) -> list[Path]:
    return list(ROOT.glob(pattern))


def test_every_test_that_a_page_names_exists() -> None:
    """By its whole name."""
    files = (ROOT / "tests").rglob("test_*.py")
    tests = set(
        re.findall(r"def (test_\w+)", "".join(f.read_text(encoding="utf-8") for f in files))
    )
    assert wrong(r"`(test_\w+)`", tests) == []


def test_the_program_says_the_latest_release(capsys: pytest.CaptureFixture[str]) -> None:
    """Which the changelog tells with its date, below what is not released; installed or not."""
    releases = re.findall(r"^## (.*)$", pages()["CHANGELOG.md"], re.MULTILINE)
    latest = re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d\d-\d\d", releases[1])
    assert releases[0] == "Unreleased"
    assert latest
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip() == latest[1] == tagstream.__version__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == latest[1]
