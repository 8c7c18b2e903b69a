"""The quick replay writes what a slow and obvious one writes, byte for byte."""

from pathlib import Path

import pytest

from agents.offline import replay as module
from agents.offline.events import read_events
from agents.offline.replay import Replay
from agents.offline.sink import Directory
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from schemas.lines import LineDecoder
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.offline.slow import slow_replay
from tests.streams.catalogue.test_packaged import PACKAGED

MIDNIGHT = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
DAY = 86_400_000
PLAN = Plan(MIDNIGHT, users=300, rate=40, seconds=100, speed=3 * 864, duplicates=0.02, broken=0.02)
ENGINES = {
    name: Engine(load((PACKAGED / f"{name}.yaml").read_text(encoding="utf-8"), name))
    for name in ("tag_job", "community_lending")
}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,000 events of three days: some late, some repeated, some broken."""
    file = tmp_path_factory.mktemp("simulated") / "events.ndjson"
    file.write_bytes(b"".join(sent.value + b"\n" for sent in Traffic(PLAN)))
    return file


@pytest.mark.parametrize("until", [None, MIDNIGHT + 2 * DAY, MIDNIGHT + 60 * DAY])
@pytest.mark.parametrize("name", ENGINES)
def test_all_four_files_are_those_of_the_slow_replay(
    name: str, until: int | None, events: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where rows are packed every few events, which must not show."""
    monkeypatch.setattr(module, "MOST_DECODED", 50)
    engine, now = ENGINES[name], MIDNIGHT + 5 * DAY
    decode = LineDecoder(engine.catalogue.currency, now).decode_all
    with Directory(tmp_path, [events]) as sink:
        replay = Replay(engine, TOPICS, sink, started=now, until=until)
        replay.run(read_events([events], decode, lambda _: None))
    for kind, lines in slow_replay(engine, events, now, until).items():
        assert (tmp_path / f"{kind}.ndjson").read_bytes().splitlines() == lines, kind
    assert replay.summary.rejected
    assert replay.summary.outcomes["duplicate"]
