import pytest

from agents.commands.instants import instant
from agents.errors import WrongUse

MS = 1_798_711_200_000


@pytest.mark.parametrize("text", ["2026-12-31T18:00:00+08:00", "2026-12-31T10:00:00Z", str(MS)])
def test_a_moment_is_text_with_an_offset_or_milliseconds(text: str) -> None:
    assert instant("--until", text) == MS


@pytest.mark.parametrize("text", ["tomorrow", "2026-12-31T18:00:00", "12", "-5", ""])
def test_what_is_no_moment_names_the_option_and_shows_one(text: str) -> None:
    with pytest.raises(WrongUse, match=f"^--since {text}: .*; for example 2026-12-31T18:00:00"):
        instant("--since", text)
