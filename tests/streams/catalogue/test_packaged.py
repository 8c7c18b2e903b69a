from pathlib import Path

import pytest

from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Window

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


def test_every_tag_of_the_lending_catalogue_says_why_it_is_there() -> None:
    """One line each; thresholds name their source or are called a starting point."""
    assert all(tag.description for tag in packaged("community_lending").tags.values())


def test_every_measure_of_a_packaged_catalogue_is_used() -> None:
    """A figure that no tag reads costs memory of every user for nothing."""
    for path in PACKAGED.glob("*.yaml"):
        catalogue = packaged(path.stem)
        rules = " ".join(rule.text for tag in catalogue.tags.values() for rule in tag.rules)
        assert [name for name in catalogue.measures if name not in rules] == []


def test_the_tag_job_is_the_benchmarks() -> None:
    """As bench/SPEC.md says it, so that figures can be put beside those of the peers."""
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
