"""Small random catalogues, as the YAML that a user would write, and histories for them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.events import Event, Interaction, Profile, Transaction
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from tests.streams.random_rules import Names, Rules

ACTS = ("like", "comment", "post", "join", "leave", "feedback")
DEALS = ("payment", "borrow")
KINDS = (*ACTS, *DEALS, "profile")
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "duration_s": ("number", ACTS),
    "score": ("number", ("feedback",)),
    "term_days": ("number", DEALS),
    "amount": ("money", DEALS),
    "product": ("text", (*ACTS, *DEALS)),
    "community_id": ("text", ACTS),
    "content": ("text", ACTS),
    "time": ("time", (*ACTS, *DEALS)),
}
"""The type of each field, and the events that carry it."""
READ = {
    **dict.fromkeys(("sum", "mean"), ("duration_s", "score", "term_days", "amount")),
    **dict.fromkeys(("min", "max"), ("duration_s", "amount", "time")),
    **dict.fromkeys(("last", "first"), ("score", "amount", "time", "product", "community_id")),
    "distinct": ("product", "content", "amount", "time"),
    "top": ("product", "community_id"),
}
"""What each aggregate that reads a field is tried with."""
ALONE = ("count", "score", "days", "attribute", "set")
AGGREGATES = (*ALONE, *READ)
ATTRIBUTES = {"grade": "text", "staff": "number", "checked": "bool", "born": "date"}
SAID: dict[str, list[object]] = {
    "grade": ["a", "x", None, 1, True],
    "staff": [1, Decimal("2.5"), 7, None, "x"],
    "checked": [True, False, None, "yes"],
}
"""What profiles say, right or wrong; `born` depends on the time."""
WINDOWS = ("4s/1s", "3s/1s", "6s/2s", "5s/5s", "24s/", "4h/1h", "2d/12h")
WHERE = {
    "amount": ("amount < 5", "not (amount >= 2.5)", "amount > 2.5 or purpose == 'other'"),
    "product": ("product == 'a'", "product in ('a', 'b')", "not (product == 'a')"),
    "duration_s": ("duration_s > 4", "community_id != 'c1'", "duration_s * 2 >= 60"),
}
ZONES = (
    *("UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"),
    *("Australia/Lord_Howe", "America/Havana"),  # by half an hour; at midnight
)
NIGHTS = (
    1_743_195_600_000,  # the last hour of 28 March 2025 in Berlin, a day before it lost one
    1_762_052_400_000,  # the evening of 1 November 2025 in New York, before it won one
    1_743_856_200_000,  # 5 April 2025 on Lord Howe Island, before it won half an hour
    1_741_489_200_000,  # the last hour of 8 March 2025 in Havana, before it lost midnight
)
DETECTORS = """
detectors:
  fast: {title: {zh: 快, en: Fast}, kind: velocity, of: [borrow, payment], where: amount < 5,
    count: 3, within: 2s, flag: 3s, cooldown: 2s, severity: SEVERITY}
  slow: {title: {zh: 慢, en: Slow}, kind: velocity, of: [like],
    count: 2, within: 1s, flag: 1s, cooldown: 0s}
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, and how far the clock ticks before it (None: not)."""

    event: Event
    tick: int | None


@st.composite
def _measure(draw: st.DrawFn, *aggregates: str) -> tuple[str, dict[str, Any]]:
    """The type of a measure by one of these aggregates, and what stands in the catalogue."""
    aggregate = draw(st.sampled_from(aggregates))
    window = draw(st.sampled_from((None, *WINDOWS)))
    said: dict[str, Any] = {}
    if window and aggregate not in ("days", "attribute", "set"):
        said = dict(zip(("window", "step"), filter(None, window.split("/")), strict=False))
    if aggregate == "attribute":
        name = draw(st.sampled_from(sorted(ATTRIBUTES)))
        kind = ATTRIBUTES[name]
        return {"date": "time"}.get(kind, kind), {"attribute": name, "type": kind}
    if aggregate in READ:
        field = draw(st.sampled_from(READ[aggregate]))
        kind, types = FIELDS[field]
        said |= {aggregate: field, "of": _some(draw, types)}
        kind = "number" if aggregate in ("mean", "distinct") else kind
        return kind, said | _where(draw, said["of"])
    if aggregate == "set":
        said |= {"set": "community_id", "add": ["join", "post"], "remove": ["leave"]}
        return "set", said | _where(draw, ["join"])
    chosen = _some(draw, (*ACTS, *DEALS))
    if aggregate == "score":
        points = st.sampled_from([0, 1, 1, 3, 3, -2])
        return "number", said | {"score": {kind: draw(points) for kind in chosen}}
    if aggregate == "days":
        said["window"] = draw(st.sampled_from(["1d", "2d", "3d", "70d"]))
    return "number", said | {aggregate: chosen} | _where(draw, chosen)


def _some(draw: st.DrawFn, types: tuple[str, ...]) -> list[str]:
    return draw(
        st.lists(st.sampled_from(types), min_size=min(len(types), 2), max_size=5, unique=True)
    )


def _where(draw: st.DrawFn, types: list[str]) -> dict[str, str]:
    """Half of the time a condition on fields that some of the types carry."""
    fits = [c for f, conditions in WHERE.items() for c in conditions if {*types} & {*FIELDS[f][1]}]
    chosen = draw(st.sampled_from([None] * len(fits) + fits))
    return {"where": chosen} if chosen else {}


def _tag(draw: st.DrawFn, name: str, names: Names) -> dict[str, Any]:
    """A tag over these names, which it joins."""
    rules = Rules(draw, names)
    hold = draw(st.sampled_from([{}, {}, {"hold": "1s"}, {"hold": "3s"}, {"hold": "1d"}]))
    kinds = ["values", "values", "when", "value", *(["set"] if names.set else [])]
    match draw(st.sampled_from(kinds)):
        case "values":
            values = draw(st.integers(1, 3))
            chosen = {f"v{place}": rules.condition() for place in range(values)}
            chosen |= draw(st.sampled_from([{}, {"rest": "else"}]))
            names.closed[name] = list(chosen)
            return {"values": chosen, **hold}
        case "when":
            said: dict[str, Any] = {"when": rules.condition(), **hold}
            names.bool.append(name)
            return said
        case "set":
            measures = [measure for measure in names.set if measure.startswith("m")]
            names.set.append(name)
            return {"set": draw(st.sampled_from(measures))}
    others = (*names.text, *names.time, *names.bool, *names.closed)
    value = rules.number() if draw(st.booleans()) or not others else rules.one(*others)
    names.text.append(name)
    return {"value": value, **draw(st.sampled_from([{}, {"levels": [1, 2]}]))}


@st.composite
def random_catalogues(draw: st.DrawFn, *, holds: bool = True, detectors: bool = True) -> Catalogue:
    """Measures and tags of all kinds; tags use other tags, wherever those stand in the file."""
    names, measures, tags = Names(), dict[str, Any](), dict[str, Any]()
    for number in range(draw(st.integers(1, 6))):
        kind, measures[f"m{number}"] = draw(_measure(*AGGREGATES))
        names.add(f"m{number}", kind)
    if detectors:
        names.bool.append("anomaly_fast")
        names.closed["anomaly"] = ["info", "warning", "critical"]
    for number in range(draw(st.integers(1, 6))):
        said = _tag(draw, f"t{number}", names)
        said |= {"title": {"zh": "标", "en": "Tag"}, "dimension": "risk"}
        tags[f"t{number}"] = said if holds else {k: v for k, v in said.items() if k != "hold"}
    order = draw(st.permutations(sorted(tags)))
    text = _text(draw(st.sampled_from(ZONES)), measures, {name: tags[name] for name in order})
    severity = draw(st.sampled_from(["info", "critical"]))
    return load(text + DETECTORS.replace("SEVERITY", severity) * detectors, "random.yaml")


@st.composite
def single_catalogues(draw: st.DrawFn, aggregate: str) -> Catalogue:
    """One measure, and tags that tell most of its changes and that wait for some of them."""
    kind, measure = draw(_measure(aggregate))
    rules = Rules(draw, names := Names())
    names.add("m", kind)
    tags: dict[str, Any] = {"shown": {"set" if kind == "set" else "value": "m"}}
    tags = tags if draw(st.booleans()) else {}  # without it, only what crosses a limit matters
    values = {f"v{place}": rules.condition(0) for place in range(2)}
    tags["level"] = {"values": values, **draw(st.sampled_from([{}, {"hold": "2s"}]))}
    tags = {name: said | {"title": {"zh": "标", "en": "Tag"}} for name, said in tags.items()}
    return load(_text(draw(st.sampled_from(ZONES)), {"m": measure}, tags), "single.yaml")


def _text(zone: str, measures: dict[str, Any], tags: dict[str, Any]) -> str:
    text = f"catalogue: random\nversion: 1\ncurrency: CNY\ntimezone: {zone}\n"
    for section, entries in (("measures", measures), ("tags", tags)):
        lines = (f"  {name}: {json.dumps(said)}\n" for name, said in entries.items())
        text += f"{section}:\n" + "".join(lines)
    return text


catalogues = random_catalogues()


@st.composite
def histories(draw: st.DrawFn, types: Sequence[str] = KINDS) -> list[Arrival]:
    """Events of a few users: mostly in order, some late, some twice, on and off bucket edges."""
    clock, arrivals = draw(st.sampled_from([3_600_000_000, *NIGHTS])), list[Arrival]()
    long = draw(st.sampled_from([0, 0, 3_600_000, 12 * 3_600_000]))
    kinds = draw(
        st.lists(st.sampled_from(types), min_size=min(len(types), 2), max_size=5, unique=True)
    )
    for number in range(draw(st.sampled_from([2, 5, 10, 20, 30, 30]))):
        clock += draw(st.sampled_from([0, 0, 1, 250, 500, 1000, 1799, 2000, 7000, long, 3 * long]))
        edge = draw(st.sampled_from([None, None, None, 1_000, 2_000, 1_800_000 if long else 1_000]))
        clock = clock if edge is None else -(-clock // edge) * edge
        time = clock - draw(st.sampled_from([0, 0, 0, 1, 700, 1000, 3000, 9000, long]))
        old = draw(st.sampled_from(arrivals)) if arrivals and draw(st.integers(0, 7)) == 0 else None
        event = old.event if old else draw(events(time, f"e{number}", kinds))
        ahead = draw(st.sampled_from([None, None, None, 0, 1, 500, 1000, long]))
        arrivals.append(Arrival(event, None if ahead is None else clock + ahead))
    return arrivals


@st.composite
def events(
    draw: st.DrawFn, time: int, name: str, kinds: list[str], users: Sequence[str] = ("u1", "u2")
) -> Event:
    """An event of one of these types; two of a source never have the same name."""

    def one(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    common: dict[str, Any] = {"id": name, "source": one("a", "b"), "user_id": one(*users)}
    common |= {"time": time}
    kind = one(*kinds)
    if kind == "profile":
        values = {name: draw(st.sampled_from(said)) for name, said in SAID.items()}
        values |= {"born": one("2025-03-30", None, time - 1_000), "other": 1}
        attributes = {key: values[key] for key in draw(st.sets(st.sampled_from(sorted(values))))}
        return Profile(type="profile", attributes=attributes, **common)
    common |= {"type": kind, "product": one(None, "a", "b", "c")}
    if kind in ACTS:
        seconds, score = one(None, 0, 5, 30), one(1, 2, 5) if kind == "feedback" else None
        spoken = {"content": one(None, "x", "y"), "community_id": one(None, "c1", "c2", "c3")}
        return Interaction(duration_s=seconds, score=score, **spoken, **common)
    amount = one(1, 100, 150, 250, 251, 499, 500, 900, 2000)
    terms = {"purpose": one(None, "other"), "term_days": one(None, 1, 30)}
    return Transaction(amount=amount, **terms, **common)


@st.composite
def single_cases(draw: st.DrawFn, aggregate: str) -> tuple[Catalogue, list[Arrival]]:
    """One measure, and a history that feeds it."""
    catalogue = draw(single_catalogues(aggregate))
    measure = catalogue.measures["m"]
    return catalogue, draw(histories([*measure.types, *measure.removes]))
