import re
from pathlib import Path

import pytest

from schemas.events import Profile
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Tag, Window
from streams.engine import Effects, Engine

PACKAGED = Path(__file__).parents[3] / "schemas" / "catalogue"


def packaged(name: str) -> Catalogue:
    """One of the catalogues that come with tagstream."""
    return load((PACKAGED / f"{name}.yaml").read_text(encoding="utf-8"), name)


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_packaged_catalogue_has_titles_in_both_languages(path: Path) -> None:
    """Everything that people see is named for them."""
    catalogue = packaged(path.stem)
    titles = {tag.name: tag.title for tag in catalogue.tags.values()}
    titles |= {detector.name: detector.title for detector in catalogue.detectors.values()}
    for name, title in titles.items():
        assert title["zh"] != title["en"]
        assert name not in title.values()


LENDING = packaged("community_lending")
ENGINE = Engine(LENDING)
NOW = 1_767_225_600_000
ASKED = {
    "customer": (
        "occupation region identity_verified licence_type representative_age scale industry"
    ),
    "need": "need_amount need_purpose need_term",
    "behaviour": (
        "activity visit_time investment_preference product_preference topic_interest "
        "points_tier lifecycle feedback attendance"
    ),
    "risk": "credit_grade default_history collateral",
    "composite": "high_net_worth micro_owner tech_startup offer service_level limit_policy",
}
"""What a lending community wants said about a member, by dimension."""


def test_the_lending_catalogue_says_all_that_was_asked_for() -> None:
    """Each tag in its dimension."""
    for dimension, names in ASKED.items():
        assert {name: LENDING.tags[name].dimension for name in names.split()} == dict.fromkeys(
            names.split(), dimension
        )
    assert LENDING.measures["points"].aggregate == "score"
    assert LENDING.tags["industry"].levels == (1, 2)


@pytest.mark.parametrize("tag", LENDING.tags.values(), ids=LENDING.tags)
def test_every_tag_of_the_lending_catalogue_says_why_it_is_there(tag: Tag) -> None:
    """And where its limits come from: a named source, or they are called a starting point."""
    description = tag.description or ""
    assert len(description) > 20
    if any(re.search(r"[<>]=? [0-9]", rule.text) for rule in tag.rules):
        assert "starting point" in description or re.search("[令规则号]|GB/T", description)


def test_every_measure_of_a_packaged_catalogue_is_used() -> None:
    """A figure that no tag reads costs memory of every user for nothing."""
    for path in PACKAGED.glob("*.yaml"):
        catalogue = packaged(path.stem)
        rules = " ".join(rule.text for tag in catalogue.tags.values() for rule in tag.rules)
        assert [name for name in catalogue.measures if name not in rules] == []


def test_the_tag_job_is_the_benchmarks() -> None:
    """As the peers have it, so that figures can be put beside those of the peers."""
    job = packaged("tag_job")
    day, hour = job.measures["interactions_24h"], job.measures["small_tx_1h"]
    assert (day.types, day.window) == (
        ("like", "comment", "share", "visit"),
        Window(86_400_000, 3_600_000),
    )
    assert (hour.types, hour.where_text, hour.window) == (
        *(("payment", "borrow"), "amount < 500"),
        Window(3_600_000, 300_000),
    )
    activity = [(rule.value, rule.text) for rule in job.tags["activity"].rules]
    assert activity == [
        ("hot", "interactions_24h >= 20"),
        ("active", "interactions_24h >= 5"),
        ("low", "interactions_24h >= 1"),
        ("silent", "else"),
    ]


PROFILE = "staff turnover fixed_assets industry".split()  # noqa: SIM905 - as a table's head
SCALES = [
    # the standard's own lines: at a limit, and below it by one
    ("1000 400000000 0 C34", "large"),
    ("999 400000000 0 C34", "medium"),
    ("1000 399999999 0 C34", "medium"),
    ("300 20000000 0 B06", "medium"),
    ("299 20000000 0 D44", "micro_small"),
    ("0 200000000 0 A01", "large"),
    ("9 4999999 0 A05", "micro_small"),
    ("0 800000000 800000000 E47", "large"),
    ("0 800000000 799999999 E47", "medium"),
    ("200 400000000 0 F51", "large"),
    ("20 50000000 0 F51", "medium"),
    ("50 5000000 0 F52", "medium"),
    ("300 200000000 0 F5211", "large"),
    ("1000 300000000 0 G54", "large"),
    ("299 30000000 0 G54", "micro_small"),
    ("200 300000000 0 G59", "large"),
    ("100 10000000 0 G5990", "medium"),
    ("300 20000000 0 G60", "medium"),
    ("300 100000000 0 H61", "large"),
    ("99 20000000 0 H62", "micro_small"),
    ("2000 1000000000 0 I63", "large"),
    ("300 100000000 0 I64", "medium"),
    ("300 100000000 0 I65", "large"),
    ("0 2000000000 100000000 K7010", "large"),
    ("100 10000000 50000000 K70", "medium"),
    ("1000 50000000 0 K7020", "large"),
    ("100 0 0 K7030", "medium"),
    ("100 0 80000000 L72", "medium"),
    ("300 0 0 P83", "large"),
    ("100 0 0 O80", "medium"),
    ("300 - - -", "large"),  # the industry is not known: the line for all others
    ("99 - - P83", "micro_small"),
    ("99 - - C34", None),  # the turnover is not known: it may be medium
    ("- 1000 - C34", None),
    ("50 1000000000 - E47", None),
    ("- - - C34", None),
    ("- - - -", None),
]


@pytest.mark.parametrize(("firm", "scale"), SCALES)
def test_scale_follows_the_official_standard(firm: str, scale: str | None) -> None:
    """Line by line; nothing is said of a firm whose figures are not known."""
    values = dict(zip(PROFILE, firm.split(), strict=True))
    attributes = {
        name: text if name == "industry" else int(text)
        for name, text in values.items()
        if text != "-"
    }
    event = Profile(
        id="1", source="crm", type="profile", user_id="u", time=NOW, attributes=attributes
    )
    partition = ENGINE.partition(0, TOPICS)
    partition.apply(2, 0, event, NOW, Effects())
    assert partition.values("u").get("scale") == scale


def test_a_corrected_industry_moves_what_follows_from_it() -> None:
    """The rules look at the tag, so a person who corrects it need not correct sector and scale."""
    partition = ENGINE.partition(0, TOPICS)
    attributes = {"industry": "C34", "staff": 60, "turnover": 6_000_000}
    event = Profile(
        id="1", source="crm", type="profile", user_id="u", time=NOW, attributes=attributes
    )
    partition.apply(2, 0, event, NOW, Effects())
    assert [partition.values("u")[tag] for tag in ("sector", "scale")] == [
        "industry",
        "micro_small",
    ]
    correction = Profile(
        id="2",
        source="desk",
        type="override",
        user_id="u",
        time=NOW + 1,
        tag="industry",
        value="F52",
    )
    partition.apply(2, 1, correction, NOW + 1, Effects())
    assert [partition.values("u")[tag] for tag in ("sector", "scale")] == ["retail", "medium"]
