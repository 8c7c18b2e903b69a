"""`tagstream dlq`: rejected events, found, shown and sent again."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from agents.commands.instants import instant
from agents.commands.output import Json, at, counted, print_json, print_table, progress
from agents.errors import WrongUse

if TYPE_CHECKING:
    from agents.dlq.again import Again
    from agents.dlq.letter import DeadLetter
    from agents.dlq.read import Filter
    from agents.settings import Settings

Reasons = Annotated[
    list[str] | None, typer.Option("--reason", help="Only of this reason; may be repeated.")
]
Topics = Annotated[
    list[str] | None,
    typer.Option("--topic", metavar="interactions|transactions|profiles", help="Only of this one."),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only what came at this time or later."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only what came before this time.")]
Most = Annotated[int, typer.Option("--limit", min=0, help="Events to list, the latest.")]
Places = Annotated[
    list[str] | None,
    typer.Argument(metavar="PLACE", help="TOPIC:PARTITION:OFFSET, as dlq list shows them."),
]
Content = Annotated[bool, typer.Option("--content", help="Show also what people wrote.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")]
_COLUMNS = ("place", "came", "reason", "message")

_HELP = """Rejected events: list, show, replay.

Filters: --reason, --topic, and --since and --until for the time at which an event came, such as
2026-12-31T18:00:00+08:00.

Examples to try:

```
tagstream dlq list --reason bad_field
tagstream dlq show interactions.dlq:2:17
tagstream dlq replay --since 2026-11-01T00:00:00Z --dry-run
```
"""


dlq = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode=None)


@dlq.command(name="list")
def list_letters(
    *,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    limit: Most = 50,
    json: Json = False,
) -> None:
    """List rejected events.

    How many there are of each topic and reason, and the latest of them. The messages name the
    field and what is allowed, never what somebody wrote.

    Examples to try:

    ```
    tagstream dlq list
    tagstream dlq list --topic transactions --reason bad_currency --limit 5
    tagstream dlq list --since 2026-11-01T00:00:00Z --json | jq '.reasons'
    ```
    """
    letters = _found(_filter(reason, topic, since, until))
    latest = sorted(letters, key=lambda letter: (letter.arrived, letter.place))
    latest = latest[len(latest) - min(limit, len(latest)) :]
    reasons = Counter((letter.topic, letter.reason) for letter in letters)
    if json:
        told = [{"topic": t, "reason": r, "events": n} for (t, r), n in sorted(reasons.items())]
        listed = [_as_json(letter) for letter in latest]
        print_json({"events": len(letters), "reasons": told, "dead_letters": listed})
        return
    if not letters:
        typer.echo("no rejected events")
        return
    rows = ((*what, number) for what, number in sorted(reasons.items()))
    print_table("", ("topic", "reason", "events#"), rows)
    print_table("", _COLUMNS, _rows(latest))
    if len(latest) < len(letters):
        typer.echo(f"the latest {len(latest):,} of {counted(len(letters), 'event')}")


@dlq.command()
def show(
    places: Places = None,
    *,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    content: Content = False,
    json: Json = False,
) -> None:
    """Show rejected events in full.

    Why each was rejected, whence it came, its headers and fields. What somebody wrote is left out
    unless --content asks for it. Exit code 1 if nothing is at a place.

    Examples to try:

    ```
    tagstream dlq show interactions.dlq:2:17
    tagstream dlq show --reason not_json --content
    tagstream dlq show --topic profiles --json | jq -c '.dead_letters[].event'
    ```
    """
    from agents.dlq.read import one_of_each
    from agents.settings import Settings

    wanted = _filter(reason, topic, since, until)
    letters = asyncio.run(one_of_each(Settings.load(), places)) if places else _found(wanted)
    letters = [letter for letter in letters if wanted.has(letter)]
    if json:
        shown = [_as_json(letter) | _details(letter, content=content) for letter in letters]
        print_json({"dead_letters": shown})
        return
    for letter in letters:
        _print(letter, content=content)
    if not letters:
        typer.echo("no rejected events")


@dlq.command()
def replay(
    places: Places = None,
    *,
    reason: Reasons = None,
    topic: Topics = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Send rejected events to their topics again.

    Under their own id, key and headers, so that an event that was sent again counts once. Which
    would be rejected again under the present catalogue (TAGSTREAM_CATALOGUE) is not sent, and
    makes the exit code 1. Send what you mended soon and once: a repeat is recognised
    among the user's last 32 events of the topic.

    Examples to try:

    ```
    tagstream dlq replay --dry-run
    tagstream dlq replay --reason bad_currency --since 2026-11-01T00:00:00Z
    tagstream dlq replay transactions.dlq:0:3
    ```
    """
    from agents.settings import Settings

    wanted = _filter(reason, topic, since, until)
    judged = asyncio.run(_replay(Settings.load(), places, wanted, dry_run=dry_run))
    refused = [again for again in judged if again.rejected is not None]
    accepted = len(judged) - len(refused)
    if json:
        verb = "would_send" if dry_run else "sent"
        print_json({verb: accepted, "rejected_again": [_refusal(again) for again in refused]})
    else:
        if refused:
            rows = ((one["place"], one["reason"], one["message"]) for one in map(_refusal, refused))
            print_table("", ("rejected again", "reason", "message"), rows)
        verb = "would be sent" if dry_run else "sent"
        typer.echo(f"{counted(accepted, 'event')} {verb}, {len(refused):,} rejected again")
    raise typer.Exit(1 if refused else 0)


async def _replay(
    settings: "Settings", places: Sequence[str] | None, wanted: "Filter", *, dry_run: bool
) -> "list[Again]":
    from agents.catalogue_file import require_engine
    from agents.dlq.again import judge, now_ms, send_again
    from agents.dlq.read import dead_letters, one_of_each
    from agents.names import Names

    engine = require_engine(settings.catalogue)
    if places:
        letters = [one for one in await one_of_each(settings, places) if wanted.has(one)]
    else:
        letters = [letter async for letter in dead_letters(settings, wanted)]
    judged = judge(letters, engine, Names.of(settings), now_ms())
    accepted = [again for again in judged if again.rejected is None]
    if accepted and not dry_run:
        with progress("sending") as bar:
            task = bar.add_task("", total=len(accepted))
            await send_again(settings, accepted, lambda sent: bar.update(task, completed=sent))
    return judged


def _found(wanted: "Filter") -> "list[DeadLetter]":
    from agents.dlq.read import dead_letters
    from agents.settings import Settings

    async def read() -> "list[DeadLetter]":
        return [letter async for letter in dead_letters(Settings.load(), wanted)]

    return asyncio.run(read())


def _filter(
    reasons: Sequence[str] | None,
    topics: Sequence[str] | None,
    since: str | None,
    until: str | None,
) -> "Filter":
    from agents.dlq.read import Filter
    from schemas.rejects import REASONS
    from schemas.topics import INPUT_TOPICS

    _refuse_unknown("--reason", reasons, REASONS)
    _refuse_unknown("--topic", topics, INPUT_TOPICS)
    times = (
        None if since is None else instant("--since", since),
        None if until is None else instant("--until", until),
    )
    return Filter(tuple(reasons or ()), tuple(topics or ()), *times)


def _refuse_unknown(option: str, said: Iterable[str] | None, known: Iterable[str]) -> None:
    from streams.catalogue.faults import suggest

    for word in said or ():
        if word not in known:
            hint = suggest(word, known) or f"; there are: {', '.join(known)}"
            raise WrongUse(f'there is no {option} "{word}"{hint}')


def _rows(letters: "Iterable[DeadLetter]") -> Iterator[tuple[str, ...]]:
    for letter in letters:
        yield letter.place, at(letter.arrived), letter.reason, letter.message


def _as_json(letter: "DeadLetter") -> dict[str, object]:
    return {
        "place": letter.place,
        "origin": letter.origin,
        "arrived": letter.arrived,
        "reason": letter.reason,
        "message": letter.message,
    }


def _details(letter: "DeadLetter", *, content: bool) -> dict[str, object]:
    from agents.dlq.letter import shown_value

    headers = {name: value.decode("utf-8", "replace") for name, value in letter.headers}
    key = None if letter.key is None else letter.key.decode("utf-8", "replace")
    return {"key": key, "headers": headers, "event": shown_value(letter, content=content)}


def _print(letter: "DeadLetter", *, content: bool) -> None:
    from json import dumps

    details = _details(letter, content=content)
    typer.echo(f"{letter.place}   came {at(letter.arrived)} as {letter.origin}")
    typer.echo(f"    {letter.reason}: {letter.message}")
    typer.echo(f"    key: {details['key']}")
    for name, value in dict(details["headers"]).items():  # type: ignore[call-overload] # a dict
        typer.echo(f"    {name}: {value}")
    typer.echo(f"    {dumps(details['event'], ensure_ascii=False)}")


def _refusal(again: "Again") -> dict[str, str]:
    assert again.rejected is not None
    fault = again.rejected
    return {"place": again.letter.place, "reason": fault.reason, "message": fault.message}
