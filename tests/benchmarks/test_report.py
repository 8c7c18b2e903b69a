import json

from benchmarks.bench import Results
from benchmarks.figures import Run
from benchmarks.latency import Latency
from benchmarks.plan import Plan
from benchmarks.recovery import Recovered
from benchmarks.report import against, as_json, tables
from benchmarks.storm import Storm


def run(name: str, cpu_s: float, faults: tuple[str, ...] = ()) -> Run:
    return Run(name, 1_000, cpu_s, 1.0, 100.0, 7, faults=faults)


OURS = [run("ours", 0.01), run("ours", 0.02), run("ours", 0.04)]
FAUST = [run("faust", 0.5)]
LATENCY = Latency(1_000, 30, 30_000, 30_000, 3.0, 5.0, 9.0, 20.0, 2.0, 8.0, 0.1, 0.2, ())
RECOVERED = Recovered(1_000, 1_200, 2.0, 1.0, 0.5, 90.0, ())
STORM = Storm(
    *(10_000, 1_000, 10_000, 20.0, 0.5, 500, 9.0, 40.0, 50.0, 5.0, 9.0, 0.1, 0.4, 0.1, ())
)


def test_the_ratio_is_of_medians_of_the_same_call() -> None:
    """50,000 against 2,000 events per CPU second."""
    assert against(OURS, FAUST) == 25.0
    assert against(OURS, []) is None


def test_each_figure_is_shown_with_its_spread() -> None:
    """Least, median and most; a single run has one figure."""
    (table,) = tables(Results(runs=[*OURS, *FAUST]))
    ours, faust = table.rows
    assert "25,000 / 50,000 / 100,000" in ours
    assert "25.0" in ours
    assert "2,000" in faust
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_a_wrong_answer_cannot_be_overlooked() -> None:
    """In the table, in the JSON, and with the name of whose it is."""
    results = Results(runs=[run("ours", 0.01, ("1 change too many",))])
    (table,) = tables(results)
    assert table.rows[0][-1] == "NO"
    assert as_json(Plan(), results, {})["faults"] == ["ours: 1 change too many"]


def test_all_of_it_is_json() -> None:
    """Runs, what they say together, latency, recovery, storm, machine and plan."""
    results = Results([*OURS, *FAUST], [LATENCY], [RECOVERED], [STORM])
    document = json.loads(json.dumps(as_json(Plan(), results, {"cores": 2})))
    assert document["tag_job"]["ours"]["times_faust"] == 25.0
    assert document["tag_job"]["ours"]["events_per_cpu_s"]["middle"] == 50_000
    assert document["recovery"][0]["records_per_s"] == 2_400
    assert document["storm"][0]["users_per_s"] == 20_000
    assert document["storm"][0]["users_per_cpu_s"] == 25_000
    assert len(list(tables(results))) == 4
