"""The program as a whole: its list of commands, its help, how it leaves."""

import subprocess
import sys
import time

import pytest

from agents.commands import COMMANDS, build, help_of, run


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And each example begins with the program's name or sets something for it."""
    assert run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Examples" in shown
    assert f"    tagstream {name}" in shown


def test_the_modules_and_the_commands_have_the_same_names() -> None:
    """Whoever looks for a command finds its file."""
    program = build()
    commands = [
        getattr(command.callback, "__name__", "") for command in program.registered_commands
    ]
    groups = [group.name for group in program.registered_groups]
    assert commands == [name for name in COMMANDS if name not in groups]
    assert set(COMMANDS) == {*commands, *groups}


def test_no_summary_of_a_command_is_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    """The list of commands is what a newcomer reads first."""
    assert run(["--help"]) == 0
    assert "..." not in capsys.readouterr().out.split("Commands:")[1]


@pytest.mark.parametrize("wrong", [["nonsense"], ["lookup"], ["config", "--nonsense"], []])
def test_wrong_use_is_exit_2_with_a_hint(
    wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing on stdout, where a program would read data."""
    assert run(wrong) == 2
    assert "Usage: tagstream" in "".join(capsys.readouterr())


def test_a_wrong_setting_is_one_line_and_exit_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For every command that reads settings."""
    monkeypatch.setenv("TAGSTREAM_CLOCK", "sun")
    assert run(["config"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "tagstream: TAGSTREAM_CLOCK='sun': allowed is wall, event\n"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Without any command."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.strip()


def test_help_comes_without_anything_heavy() -> None:
    """What takes long to import waits for the command that needs it."""
    heavy = "{'faust', 'aiokafka', 'redis', 'pydantic', 'msgspec', 'rich', 'prometheus_client'}"
    code = (
        "import sys; from agents.commands import run; "
        f"assert run(['--help']) == 0; assert not {heavy} & set(sys.modules)"
    )
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert time.perf_counter() - started < 5  # 0.25 s on an idle machine


def test_examples_keep_their_lines() -> None:
    """A fenced block of a docstring becomes what click does not wrap."""
    assert help_of("Do.\n\n```\na\nb\n```\n") == "Do.\n\n\b\n  a\n  b\n"
