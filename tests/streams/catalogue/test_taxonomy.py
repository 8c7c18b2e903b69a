import pytest

from streams.catalogue.load import load
from streams.catalogue.page import page
from streams.catalogue.taxonomy import Entry, spelled, taxonomy
from tests.streams.catalogue.texts import HEAD

TEXT = (
    HEAD
    + """\
currency: CNY
timezone: Asia/Shanghai
measures:
  posts_7d: {count: [post], window: 7d, step: 6h}
  days_30d: {days: [visit], window: 30d}
  seen: {last: time, of: [visit]}
  paid: {sum: amount, of: [payment], where: "amount > 5"}
  town: {attribute: town}
  groups: {set: community_id, add: [join], remove: [leave]}
tags:
  level:
    dimension: behaviour
    hold: 10m
    values: {high: posts_7d >= 5, low: posts_7d >= 1 or days_30d > 2, none: else}
  gone: {dimension: risk, when: days_since(seen) >= 30}
  payer: {dimension: customer, when: paid > 0}
  home: {dimension: customer, value: town, levels: [2, 3]}
  circles: {dimension: behaviour, set: groups}
  star: {dimension: composite, when: level == 'high' and payer}
detectors:
  often: {kind: velocity, of: [post], count: 3, within: 1h, flag: 2h}
"""
)
CATALOGUE = load(TEXT, "small.yaml")


@pytest.fixture
def entries() -> dict[str, Entry]:
    """All tags by name."""
    return {entry.name: entry for inside in taxonomy(CATALOGUE).values() for entry in inside}


def test_tags_stand_under_their_dimension_those_of_detectors_last() -> None:
    """In the order of the file; a dimension without a tag is left out."""
    found = {
        dimension: [e.name for e in inside] for dimension, inside in taxonomy(CATALOGUE).items()
    }
    assert [*found] == ["customer", "behaviour", "risk", "composite", "anomaly"]
    assert found["customer"] == ["payer", "home"]
    assert found["anomaly"] == ["anomaly_often", "anomaly"]


def test_a_path_leads_to_each_value(entries: dict[str, Entry]) -> None:
    """dimension/tag/value; a tag of any text has one path."""
    assert entries["level"].paths == (
        *("behaviour/level/high", "behaviour/level/low", "behaviour/level/none"),
    )
    assert entries["home"].paths == ("customer/home",)
    assert entries["anomaly"].paths[-1] == "anomaly/anomaly/critical"


def test_an_entry_names_what_it_needs(entries: dict[str, Entry]) -> None:
    """Measures and tags, each once, in the order of the rules."""
    assert entries["level"].needs == ("posts_7d", "days_30d")
    assert entries["star"].needs == ("level", "payer")
    assert entries["anomaly"].needs == ("anomaly_often",)


@pytest.mark.parametrize(
    ("tag", "goes"),
    [
        (
            "level",
            (
                "by itself, as events become older than 7 days; by itself, at midnight in "
                "Asia/Shanghai, as days fall out of 30; stays 10 minutes at least"
            ),
        ),
        ("gone", "by itself, as `seen` becomes older"),
        ("payer", "not by itself: only events change it"),
        ("home", "when the profile says otherwise"),
        ("circles", "with the events leave"),
        ("star", "with `level`; with `payer`"),
        ("anomaly_often", "2 hours after the last hit, by itself"),
    ],
)
def test_an_entry_says_when_it_goes(tag: str, goes: str, entries: dict[str, Entry]) -> None:
    """By the clock, with the profile, with other tags, or never by itself."""
    assert entries[tag].goes == goes


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (1, "1 millisecond"),
        (60_000, "1 minute"),
        (90_000, "90 seconds"),
        (86_400_000 * 2, "2 days"),
    ],
)
def test_durations_are_spelled_in_the_largest_unit_that_fits(ms: int, words: str) -> None:
    """As people would say it."""
    assert spelled(ms) == words


def test_the_page_has_a_row_for_everything() -> None:
    """Each tag, measure and detector stands in a table of whole rows."""
    text = page(CATALOGUE, "small.yaml")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    names = [row.split("`")[1] for row in rows]
    made = ["anomaly_often", "anomaly"]
    assert sorted(names) == sorted(
        [*CATALOGUE.tags, *made, *CATALOGUE.measures, *CATALOGUE.detectors]
    )
    assert {row.count(" | ") for row in rows[: len(CATALOGUE.tags)]} == {5}
    assert "`amount > 5`" in text
