"""The lines that the demo shows."""

import io

from rich.console import Console

from agents.demo.figures import Figures
from agents.demo.screen import Screen, progress_line, reason
from agents.redis.tags import Tag
from schemas.changes import Why

TOTAL = Figures({"applied": 12_000}, changes=3_456, alerts=7, lag=2, waits={0.005: 300})


def test_the_line_of_progress_has_every_figure() -> None:
    """Pace, totals, lag and latency."""
    last = Figures({"applied": 300}, waits={0.005: 150, 0.01: 300})
    assert progress_line(40.2, TOTAL, last, 1.0) == (
        "  40 s     300 events/s     12,000 events    3,456 tag changes     7 alerts  lag 2  "
        "visible after p50 <5 ms, p99 <10 ms"
    )


def test_a_log_gets_every_fifth_line_of_progress() -> None:
    """Where the output is no terminal, lines cannot renew themselves."""
    out = io.StringIO()
    with Screen(Console(file=out)) as screen:
        for second in range(6):
            screen.progress(second, TOTAL, TOTAL, 1.0)
    assert [line[:6] for line in out.getvalue().splitlines()] == ["   0 s", "   5 s"]


def test_a_user_is_shown_with_the_reason_of_each_tag() -> None:
    """A tag whose reason is missing is shown without one."""
    out = io.StringIO()
    tags = {"scale": Tag("small", 1, 1), "activity": Tag("active", 2, 2)}
    with Screen(Console(file=out)) as screen:
        why = {"activity": Why("interactions_7d >= 5", {"interactions_7d": 6})}
        screen.user("u1", tags, why, ())
    assert out.getvalue().splitlines() == [
        "User u1, read back from Redis:",
        "  activity = active",
        "      because interactions_7d >= 5   (interactions_7d = 6)",
        "  scale = small",
    ]


def test_figures_are_shown_as_why_shows_them() -> None:
    """What is missing is no zero, and an instant no number of thirteen digits."""
    why = Why("spike", {"grade": None, "until": 1_700_000_000_123})
    shown = "spike   (grade = (missing), until = 2023-11-14 22:13:20.123Z)"
    assert reason(why, {"until"}) == shown
