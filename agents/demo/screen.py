"""What the demo shows: a line that renews itself, alerts above it, a summary at the end."""

from collections.abc import Container, Mapping
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from agents.commands.lookup import shown
from agents.commands.why import figure
from agents.demo.figures import Figures
from agents.redis.tags import Tag
from schemas.alerts import Alert
from schemas.changes import Why

_EVERY = 5  # where no line can renew itself, show every fifth


class Screen:
    """The terminal, or a plain log where the output is none. Use it in a `with`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, transient=True, auto_refresh=False)
        self._ticks = 0

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, text: str = "") -> None:
        """One line that stays."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def alert(self, alert: Alert) -> None:
        """One line that stays."""
        title = f"{alert.title.en} {alert.title.zh}"
        self.say(f"  ! {alert.severity}: {title}, user {alert.user_id}")

    def progress(self, seconds: float, total: Figures, last: Figures, interval: float) -> None:
        """The line of this second: totals, and the pace of the last `interval` seconds."""
        line = progress_line(seconds, total, last, interval)
        if self._console.is_terminal:
            self._live.update(Text(line), refresh=True)
        elif self._ticks % _EVERY == 0:
            self.say(line)
        self._ticks += 1

    def user(
        self,
        user_id: str,
        tags: Mapping[str, Tag],
        why: Mapping[str, Why],
        times: Container[str],
    ) -> None:
        """One user as services see them, with reasons; figures in `times` are instants."""
        self.say(f"User {user_id}, read back from Redis:")
        for name, tag in sorted(tags.items()):
            self.say(f"  {name} = {shown(tag.value)}")
            if name in why:
                self.say(f"      because {reason(why[name], times)}")


def progress_line(seconds: float, total: Figures, last: Figures, interval: float) -> str:
    """All figures of a moment, in one line."""
    rate = last.handled / interval if interval else 0
    return (
        f"{seconds:4.0f} s  {rate:6,.0f} events/s  {total.handled:9,} events  "
        f"{total.changes:7,} tag changes  {total.alerts:4,} alerts  lag {total.lag:,}  "
        f"visible after {latency(last)}"
    )


def latency(figures: Figures) -> str:
    """Half of the events, and all but one in a hundred, were visible within these times."""
    return f"p50 {within(figures.wait(0.5))}, p99 {within(figures.wait(0.99))}"


def within(seconds: float | None) -> str:
    """An upper bound for people.

    >>> within(0.005), within(2.0), within(None)
    ('<5 ms', '<2 s', '-')
    """
    if seconds is None:
        return "-"
    return f"<{seconds * 1000:g} ms" if seconds < 1 else f"<{seconds:g} s"


def reason(why: Why, times: Container[str]) -> str:
    """The rule that held, with what it looked at."""
    measures = ", ".join(
        f"{name} = {figure(name, value, times)}" for name, value in why.measures.items()
    )
    return f"{why.rule}   ({measures})" if measures else why.rule
