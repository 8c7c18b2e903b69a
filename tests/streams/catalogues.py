"""Small random catalogues, as the YAML that a user would write, and histories for them."""

from dataclasses import dataclass

from hypothesis import strategies as st

from schemas.events import Event, Interaction, Profile, Transaction
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue

MEASURES = (
    "likes: {count: [like, comment], window: 4s, step: 1s}",
    "small: {count: [borrow, payment], where: 'amount < 5', window: 3s, step: 1s}",
    "ever: {count: [borrow]}",
    "spent: {sum: amount, of: [payment], window: 6s, step: 2s}",
    "all_spent: {sum: amount, of: [payment, borrow], where: amount > 2.5 or purpose == 'other'}",
    "biggest: {max: amount, of: [payment, borrow], window: 4s, step: 2s}",
    "biggest_ever: {max: amount, of: [payment]}",
    "least: {min: amount, of: [payment, borrow], window: 4s, step: 1s}",
    "seen: {last: time, of: [like, comment, payment]}",
    "seen_lately: {last: time, of: [like, payment], window: 5s, step: 1s}",
    "begun: {first: time, of: [like, payment]}",
    "product: {last: product, of: [like, payment]}",
    "product_lately: {last: product, of: [like, payment], window: 5s, step: 1s}",
    "product_first: {first: product, of: [like, payment], window: 3s, step: 1s}",
    "points: {score: {like: 1, comment: 3, payment: 0}, window: 4s, step: 1s}",
    "grade: {attribute: grade}",
    "staff: {attribute: staff, type: number}",
    "checked: {attribute: checked, type: bool}",
)
TAGS = (
    "active: {values: {high: likes >= 4, mid: likes >= 2, low: else}, HOLD}",
    "active_no_else: {values: {high: likes > 2, odd: 'likes == 1'}, HOLD}",
    "poor: {when: not (small < 2), HOLD}",
    "borrower: {when: ever >= 1}",
    "spender: {values: {big: spent >= 10, some: spent > 2.5, none: else}, HOLD}",
    "mixed: {when: spent - all_spent / 2 < 1}",
    "ratio: {when: all_spent / ever > 4}",
    "biggest_tag: {value: biggest}",
    "big: {when: biggest >= 8 or biggest_ever > 9}",
    "least_tag: {when: least < 2 and not (least <= 1)}",
    "idle: {values: {long: hours_since(seen) >= 0.002, short: hours_since(seen) > 0.0005}, HOLD}",
    "idle_lately: {when: hours_since(seen_lately) <= 0.0007}",
    "old: {when: hours_since(begun) >= 0.003}",
    "product_tag: {value: product}",
    "product_lately_tag: {values: {a: product_lately == 'a', b: \"product_lately in ('b', 'c')\"}}",
    "product_first_tag: {value: product_first}",
    "score: {values: {one: 'points in (3, 4)', more: points > 4}, HOLD}",
    "score_text: {value: 'points * 2 + max(points, 3)'}",
    "grade_tag: {value: grade}",
    "size: {values: {small: staff < 3, large: else}}",
    "known: {when: checked or grade != 'x'}",
    "both: {when: \"active == 'high' and (poor or spender in ('big', 'some'))\"}",
    "chain: {values: {yes: both, no: borrower and idle != 'long'}, HOLD}",
    "warned: {when: anomaly_fast and anomaly != 'info'}",
)
DETECTORS = """
detectors:
  fast: {title: {zh: 快, en: Fast}, kind: velocity, of: [borrow, payment], where: amount < 5,
    count: 3, within: 2s, flag: 3s, cooldown: 2s, severity: SEVERITY}
  slow: {title: {zh: 慢, en: Slow}, kind: velocity, of: [like],
    count: 2, within: 1s, flag: 1s, cooldown: 0s}
"""
_NEEDS = {"both": ("active", "poor", "spender"), "chain": ("both", "borrower", "idle")}
_NAMES = [tag.split(":")[0] for tag in TAGS]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, and how far the clock ticks before it (None: not)."""

    event: Event
    tick: int | None


def catalogue_of(tags: list[str], hold: str = "", severity: str = "warning") -> Catalogue:
    """The catalogue with these tags and what they need."""
    wanted, queue = set[str](), list(tags)
    while queue:
        name = queue.pop()
        wanted.add(name)
        queue += _NEEDS.get(name, ())
    lines = ["catalogue: random", "version: 1", "currency: CNY", "timezone: UTC", "measures:"]
    lines += [f"  {measure}" for measure in MEASURES]
    lines += ["tags:"]
    for tag in TAGS:
        if tag.split(":")[0] in wanted:
            said = f"{{dimension: risk, title: {{zh: 标, en: Tag}}, {tag.split(': {', 1)[1]}"
            said = said.replace(", HOLD", f", hold: {hold}" if hold else "")
            lines += [f"  {tag.split(':')[0]}: {said}"]
    text = "\n".join(lines) + DETECTORS.replace("SEVERITY", severity)
    return load(text, "random.yaml")


catalogues = st.builds(
    catalogue_of,
    st.lists(st.sampled_from(_NAMES), min_size=1, max_size=8, unique=True),
    st.sampled_from(["", "1s", "3s"]),
    st.sampled_from(["info", "critical"]),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Arrival]:
    """Events of a few users: mostly in order, some late, some twice, on and off bucket edges."""
    clock, arrivals = 10_000, list[Arrival]()
    for number in range(draw(st.integers(1, 30))):
        clock += draw(st.sampled_from([0, 0, 1, 250, 500, 1000, 1799, 2000, 7000]))
        time = clock - draw(st.sampled_from([0, 0, 0, 1, 700, 1000, 3000, 9000]))
        old = draw(st.sampled_from(arrivals)) if arrivals and draw(st.integers(0, 7)) == 0 else None
        event = old.event if old else draw(_events(time, f"e{number}"))
        ahead = draw(st.sampled_from([None, None, None, 0, 1, 500, 1000]))
        arrivals.append(Arrival(event, None if ahead is None else clock + ahead))
    return arrivals


@st.composite
def _events(draw: st.DrawFn, time: int, name: str) -> Event:
    user, source = draw(st.sampled_from(["u1", "u2", "u3"])), draw(st.sampled_from(["a", "b"]))
    product = draw(st.sampled_from([None, "a", "b", "c"]))
    common = {"id": name, "source": source, "user_id": user, "time": time}
    kind = draw(st.sampled_from(["like", "comment", "payment", "payment", "borrow", "profile"]))
    if kind in ("like", "comment"):
        return Interaction(type=kind, product=product, **common)  # type: ignore[arg-type] # drawn
    if kind == "profile":
        name = draw(st.sampled_from(["grade", "staff", "checked", "other"]))
        values: dict[str, list[object]] = {"grade": ["A", "x", None], "staff": [1, 7, None]}
        values |= {"checked": [True, False, None]}
        value = draw(st.sampled_from(values.get(name, [1])))
        return Profile(type="profile", attributes={name: value}, **common)  # type: ignore[arg-type] # drawn
    amount = draw(st.sampled_from([1, 100, 150, 250, 251, 499, 500, 900, 2000]))
    purpose = draw(st.sampled_from([None, "other"]))
    return Transaction(type=kind, amount=amount, purpose=purpose, product=product, **common)  # type: ignore[arg-type] # drawn
