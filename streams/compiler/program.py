"""A catalogue, compiled: the functions that the engine calls, and their source.

Everything is generated from values that the loader has checked; names are checked again, and
texts enter the source only through `repr`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.changes import Why
from schemas.contents import content_hash
from schemas.events import TOPIC_OF, Event
from schemas.topics import INPUT_TOPICS
from streams import numbers
from streams.aggregates import figures_of
from streams.catalogue.model import Catalogue
from streams.catalogue.order import evaluation_order
from streams.catalogue.vocabulary import EVENT_FIELDS
from streams.communities import Counts
from streams.compiler.code import Lines, StateField
from streams.compiler.communities import CommunitySource
from streams.compiler.events import EventSource
from streams.compiler.layout import Layout, state_type
from streams.compiler.sources import enter_at_free_place, table_of
from streams.compiler.tags import TagSource, tag_fields
from streams.detectors import kinds_of
from streams.effects import Move
from streams.findings import Findings
from streams.override import settle_with_overrides
from streams.row import SEEN, RowCodec, State
from streams.windows import NEVER, ages, next_age

Take = Callable[[State, Event, int, Findings], tuple[int, bool]]
React = Callable[[State, int, list[Move], int], None]
Settle = Callable[[State, int, list[Move], Findings], None]
Hear = Callable[[State, int, Findings, dict[str, object]], None]
Explain = Callable[[State, int, Any], Why]


@dataclass(frozen=True, slots=True)
class Program:
    """`plans`: for each event type, the field with its remembered events, its two functions.

    A plan without functions is an order about the user, not a fact (erase, override).
    `settle` decides everything at an instant, `overridden` does so for a user with overrides,
    `advance` only brings the windows there, `explain` gives the `why` of a value for each tag,
    in the order of decision. `inputs`: the measures and tags that each tag is decided by.
    `hears`: for each detector that looks across users, what a hit of it does.
    `counts`: what a user counts for in each community; None if the catalogue has no communities.
    """

    source: str
    plans: Mapping[str, tuple[str, Take | None, React]]
    settle: Settle
    overridden: Settle
    advance: Callable[[State, int], None]
    explain: Mapping[str, Explain]
    inputs: Mapping[str, frozenset[str]]
    hears: Mapping[str, Hear]
    counts: Callable[[State], Counts] | None
    layout: Layout
    state: type[State]
    fresh: Callable[[], State]
    codec: RowCodec[State]


def compile_catalogue(catalogue: Catalogue) -> Program:
    """Write, compile and load the program; Unsupported if something is not possible yet."""
    figures, kinds = figures_of(catalogue), kinds_of(catalogue)
    tags = TagSource(catalogue, figures, kinds)
    order = evaluation_order(catalogue)
    inputs = {name: tags.inputs(name) for name in order}
    events = EventSource(catalogue, figures, kinds, order, inputs, CommunitySource.of(catalogue))
    table, place_of = table_of(field for figure in figures.values() for field in figure.fields())
    lines = _program(tags, events, order, place_of)
    constants = _constants(tags, events)
    namespace = _load("\n".join(lines), catalogue.id, constants)
    hears = {n: namespace[f"hear_{n}"] for n, kind in kinds.items() if kind.hears()}
    layout = Layout(catalogue)
    for figure in figures.values():
        layout.add("measure", figure.measure.name, figure.fields())
    for kind in kinds.values():
        layout.add("detector", kind.detector.name, kind.all_fields())
    for tag in order:
        layout.add("tag", tag, tag_fields(catalogue, [tag]))
    if catalogue.forget_after is not None:
        layout.add("user", "", [StateField("active", int, -1)])
    if events.communities is not None:
        layout.add("user", "", events.communities.fields())
    layout.add("user", "", [*table, *(StateField(ids, bytes, b"") for ids in SEEN)])
    return _bind("\n".join(lines), namespace, inputs, hears, layout)


def _program(tags: TagSource, events: EventSource, order: Sequence[str], place_of: Lines) -> Lines:
    lines = [f'"""{events.catalogue.id}, compiled."""', "", "", *place_of]
    for event_type in EVENT_FIELDS:
        lines += [*events.takes(event_type), *events.reacts(event_type)]
    lines += [*events.advances(), *events.brings(), *events.settles(tags.decide)]
    if events.communities is not None:
        lines += events.communities.counts()
    for kind in events.kinds.values():
        lines += kind.hears()
    for tag in order:
        lines += tags.functions(tag)
    return lines[:-2]


def _constants(tags: TagSource, events: EventSource) -> dict[str, object]:
    constants: dict[str, object] = {"NEVER": NEVER, "Why": Why, "content_hash": content_hash}
    constants |= {"ages": ages, "next_age": next_age, "enter_at_free_place": enter_at_free_place}
    constants |= {name: function for name, function in vars(numbers).items() if callable(function)}
    constants |= {f"DETECTOR_{name}": kind.detector for name, kind in events.kinds.items()}
    for figure in events.figures.values():
        constants |= figure.functions | figure.constants()
    for kind in events.kinds.values():
        constants |= kind.functions
    if events.communities is not None:
        constants |= events.communities.functions
    return constants | tags.constants | events.constants


def _load(source: str, name: str, constants: dict[str, object]) -> dict[str, Any]:
    namespace = dict(constants)
    exec(compile(source, f"<catalogue {name}>", "exec"), namespace)  # noqa: S102 - our own source
    return namespace


def _bind(
    source: str,
    namespace: dict[str, Any],
    inputs: Mapping[str, frozenset[str]],
    hears: Mapping[str, Hear],
    layout: Layout,
) -> Program:
    state = state_type(layout)
    explain = {tag: namespace[f"why_{tag}"] for tag in inputs}
    return Program(
        source=source,
        plans={kind: _plan(kind, namespace) for kind in TOPIC_OF},
        settle=namespace["settle"],
        overridden=settle_with_overrides(namespace, explain),
        advance=namespace["advance"],
        explain=explain,
        inputs=inputs,
        hears=hears,
        counts=namespace.get("counts"),
        layout=layout,
        state=state,
        fresh=state,
        codec=RowCodec(state, layout.fingerprint),
    )


def _plan(event_type: str, namespace: Mapping[str, Any]) -> tuple[str, Take | None, React]:
    seen = SEEN[INPUT_TOPICS.index(TOPIC_OF[event_type])]
    is_order = event_type not in EVENT_FIELDS
    take = None if is_order else namespace.get(f"on_{event_type}", _nothing)
    return seen, take, namespace.get(f"react_{event_type}", _no_tags)


def _nothing(_s: State, _event: Event, _at: int, _hits: Findings) -> tuple[int, bool]:
    return 0, False


def _no_tags(_s: State, _at: int, _moves: list[Move], _look: int) -> None:
    return
