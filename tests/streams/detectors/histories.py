"""Random catalogues with detectors of every kind, and histories that make them fire."""

from collections.abc import Sequence

from hypothesis import strategies as st

from schemas.events import Event, Interaction, Transaction
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue
from tests.streams.catalogues import Arrival

HOUR, DAY = 3_600_000, 86_400_000
DETECTORS = {
    "fast": "kind: velocity, of: [borrow, payment], where: amount < 5, count: 3, within: 1d",
    "often": "kind: velocity, of: [post, comment], count: 2, within: 12h",
    "jump": "kind: spike, of: [payment, borrow, enquiry], factor: 3, min_events: 1",
    "below": "kind: structuring, of: [payment, repay], threshold: 10, band: 2.5, count: 2, "
    "within: 1d",
    "woken": "kind: dormant, of: [post, like, payment], idle: 2d",
    "spam": "kind: burst, of: [post, like], count: 2, within: 1d, distinct_content: 1",
    "copies": "kind: duplicate_content, of: [post, comment], communities: 2, within: 1d",
    "long_copies": "kind: duplicate_content, of: [post, comment], communities: 2, within: 1d, "
    "min_letters: 3",
    "late": "kind: overdue, grace: 1h",
    "late_large": "kind: overdue, of: [borrow, repay], where: amount >= 4, grace: 0s",
}
HEAD = "catalogue: random\nversion: 1\ncurrency: CNY\ntimezone: UTC\ndetectors:\n"


def catalogue_of(names: list[str], flag: str, cooldown: str, severities: list[str]) -> Catalogue:
    """The catalogue with these detectors."""
    lines = [
        f"  {name}: {{title: {{zh: 异, en: Odd}}, {DETECTORS[name]}, flag: {flag}, "
        f"cooldown: {cooldown}, severity: {severity}}}"
        for name, severity in zip(names, severities, strict=False)
    ]
    return load(HEAD + "\n".join(lines), "random.yaml")


severities = st.lists(st.sampled_from(["info", "warning", "critical"]), min_size=10, max_size=10)
catalogues = st.builds(
    catalogue_of,
    st.lists(st.sampled_from(list(DETECTORS)), min_size=1, max_size=4, unique=True),
    st.sampled_from(["1h", "1d", "3d"]),
    st.sampled_from(["0s", "1d", "2d"]),
    severities,
)


ANY = (
    *("like", "post", "post", "comment", "enquiry", "payment", "payment"),
    *("borrow", "borrow", "repay", "repay", "overdue", "default"),
)
STEPS = (0, 0, 1, HOUR, HOUR, 6 * HOUR, 12 * HOUR, DAY - 1, DAY, DAY + 1, 2 * DAY)


@st.composite
def histories(draw: st.DrawFn, kinds: Sequence[str] = ANY) -> list[Arrival]:
    """Events of two users: on and off the edges of the spans, some late, some twice."""
    clock, arrivals = 10 * DAY, list[Arrival]()
    steps = STEPS[: draw(st.integers(5, len(STEPS)))]
    for number in range(draw(st.integers(1, 30))):
        clock += draw(st.sampled_from(steps))
        time = clock - draw(st.sampled_from([0, 0, 0, 0, 1, HOUR, DAY, 3 * DAY]))
        old = draw(st.sampled_from(arrivals)) if arrivals and draw(st.integers(0, 9)) == 0 else None
        event = old.event if old else draw(_events(time, f"e{number}", kinds))
        ahead = draw(st.sampled_from([None, None, None, 0, 1, HOUR, DAY]))
        arrivals.append(Arrival(event, None if ahead is None else clock + ahead))
    return arrivals


@st.composite
def _events(draw: st.DrawFn, time: int, name: str, kinds: Sequence[str]) -> Event:
    user = draw(st.sampled_from(["u1", "u1", "u1", "u2"]))
    common = {"id": name, "source": draw(st.sampled_from(["a", "b"])), "user_id": user}
    kind = draw(st.sampled_from(kinds))
    if kind in ("like", "post", "comment", "enquiry"):
        content = draw(st.sampled_from(["Ab c", "a-B,c!", "dd", None, " "]))
        community = draw(st.sampled_from(["g1", "g2", "g3", None]))
        amount = draw(st.sampled_from([None, 300, 5_000])) if kind == "enquiry" else None
        said = {"content": content, "community_id": community, "amount": amount}
        return Interaction(type=kind, time=time, **common, **said)  # type: ignore[arg-type] # drawn
    amounts = [100, 110, 250, 400, 499, 500, 749, 750, 999, 1000, 3000, 9000]
    amount = draw(st.sampled_from(amounts)) if kind not in ("overdue", "default") else None
    loan, term = draw(st.sampled_from([None, "l1", "l2"])), draw(st.sampled_from([None, 1, 2]))
    deal = {"amount": amount, "loan_id": loan, "term_days": term}
    return Transaction(type=kind, time=time, **common, **deal)  # type: ignore[arg-type] # drawn
