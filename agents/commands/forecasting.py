"""`tagstream why --forecast`: what will change about a user if nothing but time passes."""

import asyncio
import time
from collections.abc import Iterable, Iterator

import typer

from agents.catalogue_file import require_engine
from agents.commands.lookup import shown
from agents.commands.output import at, counted, print_json, print_table, progress
from agents.errors import WrongUse
from agents.forecast import MOST, Forecast, forecast
from agents.one_user import read_user
from agents.settings import Settings
from schemas.changes import TagChange
from streams.catalogue.faults import suggest
from streams.engine import Engine, Partition

_BEHIND_WALL_MS = 1_000  # as a worker's clock is behind the wall clock
_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))
_COLUMNS = ("when", "in", "tag", "from", "to", "because")


def show_forecast(user: str, tag: str | None, *, json: bool) -> None:
    """Read the user's state, let time pass in it, and print what changed."""
    settings = Settings.load()
    engine = require_engine(settings.catalogue)
    if tag is not None and tag not in engine.domains:
        raise WrongUse(f'unknown tag "{tag}"{suggest(tag, engine.domains)}')
    state = _read(settings, engine, user)
    clock = state.clock
    if settings.clock == "wall":
        clock = max(clock, int(time.time() * 1000) - _BEHIND_WALL_MS)
    coming = forecast(state, tag)
    if json:
        print_json({"user_id": user, "clock": clock, **as_json(coming)})
        return
    if coming.changes:
        print_table("", _COLUMNS, rows(coming.changes, clock))
    typer.echo(f"{summary(coming)}; the clock stands at {at(clock)}")


def as_json(coming: Forecast) -> dict[str, object]:
    """Return what is to come as the change stream will say it, and whether that is all."""
    fields = ("time", "tag", "old", "new", "why")
    told = [{field: getattr(change, field) for field in fields} for change in coming.changes]
    return {"forecast": told, "complete": coming.complete}


def rows(changes: Iterable[TagChange], clock: int) -> Iterator[tuple[str, ...]]:
    """Return the table: of each change the instant, how long until then, and what it is."""
    for change in changes:
        values = shown(change.old), shown(change.new)
        because = change.why.rule if change.why else ""
        yield at(change.time), span(change.time - clock), change.tag or "", *values, because


def span(ms: int) -> str:
    """Return how long until then, to two units; what should have been is due.

    >>> span(93_784_000), span(60_500), span(0)
    ('1d 2h', '1m', 'due')
    """
    if ms <= 0:
        return "due"
    first = next(place for place, (unit, _) in enumerate(_UNITS) if ms >= unit)
    parts = []
    for unit, name in _UNITS[first : first + 2]:
        parts += [f"{ms // unit}{name}"] if ms >= unit else []
        ms %= unit
    return " ".join(parts)


def summary(coming: Forecast) -> str:
    """Return how much is to come.

    >>> summary(Forecast((), complete=True))
    'nothing will change by time alone'
    """
    if not coming.complete:
        return f"the next {MOST} changes if no event comes; more follow"
    if not coming.changes:
        return "nothing will change by time alone"
    return f"{counted(len(coming.changes), 'change')} if no event comes, then none"


def _read(settings: Settings, engine: Engine, user: str) -> Partition:
    with progress("reading the changelog") as bar:
        task = bar.add_task("", total=1.0)
        return asyncio.run(
            read_user(settings, engine, user, lambda share: bar.update(task, completed=share))
        )
