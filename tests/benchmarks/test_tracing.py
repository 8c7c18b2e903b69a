from agents.catalogue_file import require_engine
from agents.settings import PACKAGED_CATALOGUE
from benchmarks.tracing import AGENT, costs


def test_traces_cost_next_to_nothing_while_they_are_off() -> None:
    """Three empty calls a block: not a hundredth of its cost, however small it is."""
    found = costs(require_engine(PACKAGED_CATALOGUE), 1_000, 200)
    assert list(found) == [AGENT, "traces off", "traces on", "traces on, 32 links"]
    assert 0 < found["traces off"] < found[AGENT] / 100
    assert found["traces off"] < found["traces on"]
