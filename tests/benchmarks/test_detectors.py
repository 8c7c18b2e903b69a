from dataclasses import replace
from pathlib import Path

import pytest

from agents.simulate.anomalies import ANOMALIES, RINGS
from agents.simulate.planting import Truth
from benchmarks import detector_cost
from benchmarks.curves import Dot, svg
from benchmarks.detectors import (
    SWEEPS,
    by_detector,
    plan_of,
    run,
    sweep_table,
    swept,
    table,
    with_all_detectors,
)
from benchmarks.found import Score, scores
from schemas.alerts import Alert, Evidence, Title
from schemas.changes import ExpiryCause

CATALOGUE = with_all_detectors()
PAGE = Path(__file__).parents[2] / "docs" / "detectors.md"


def alert(user: str, *ids: str) -> Alert:
    """An alert that shows these events."""
    events = [Evidence("bank", name, 0) for name in ids]
    what = ("d", "info", Title("", ""), 0, ExpiryCause(), {"events": events})
    return Alert(0, user, *what, 0, stale=False)  # type: ignore[arg-type] # a literal


def test_an_alert_is_right_if_it_shows_an_event_of_the_story() -> None:
    """Of the same user and detector; a story told twice is found once."""
    truths = [Truth("d", "u1", 0, 1, ("a", "b")), Truth("d", "u2", 0, 1, ("c",))]
    told = [alert("u1", "x", "b"), alert("u1", "a"), alert("u2", "x"), alert("u3", "c")]
    score = scores(truths, {"d": told})["d"]
    assert score == Score(planted=2, found=1, alerts=4, right=2)
    assert (score.recall, score.precision) == (0.5, 0.5)


def test_what_never_spoke_and_had_nothing_to_find_is_perfect() -> None:
    """There is nothing to divide by."""
    score = scores([], {"d": []})["d"]
    assert (score.recall, score.precision) == (1, 1)


def test_the_detectors_find_what_is_planted_and_little_else() -> None:
    """The long form is `python -m benchmarks.detectors`; its figures are in docs/detectors.md."""
    alerts, truths = run(replace(CATALOGUE, measures={}, tags={}), plan_of(1_400, 60_000, seed=3))
    told = by_detector(alerts)
    result = scores(truths, {name: told[name] for name in CATALOGUE.detectors})
    assert result.keys() == ANOMALIES.keys() | RINGS.keys()
    assert all(score.planted >= 9 for score in result.values()), table(result)
    assert all(score.recall >= 0.85 for score in result.values()), table(result)
    assert all(score.precision >= 0.9 for score in result.values()), table(result)


def test_every_detector_has_a_sweep_that_holds_its_own_threshold() -> None:
    """So the plot shows where the catalogues stand."""
    assert SWEEPS.keys() == CATALOGUE.detectors.keys()
    for name, (parameter, values) in SWEEPS.items():
        assert CATALOGUE.detectors[name].parameters[parameter] in values
    assert len(swept(CATALOGUE).detectors) == sum(len(values) for _, values in SWEEPS.values())


def test_the_tables_and_the_plot_name_each_threshold() -> None:
    """The packaged one stands out."""
    points = {name: [(value, Score()) for value in values] for name, (_, values) in SWEEPS.items()}
    text = sweep_table(CATALOGUE, points)
    assert "**10d: 1.00 / 1.00**" in text
    assert "0s: " in text
    picture = svg({"one": [Dot("3", 0.5, 1, chosen=True), Dot("4", 0.2, 0.1, chosen=False)]})
    assert picture.count("<circle") == 2
    assert ">3</text>" in picture


def test_without_its_detectors_the_catalogue_still_computes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Rules that name an anomaly do without it."""
    detector_cost.main(["--users", "50", "--events", "600", "--runs", "1"])
    said = capsys.readouterr().out
    assert all(f"without {name}" in said for name in ANOMALIES)
    assert all(f"with {name}" in said for name in RINGS)
    assert "us a posting to compare" in said


def test_the_page_tells_of_every_detector_and_kind() -> None:
    """Whoever adds one is asked for a word on it."""
    page = PAGE.read_text()
    for name, detector in CATALOGUE.detectors.items():
        assert f"`{name}`" in page
        assert f"`{detector.kind}`" in page
