"""The second agent is there for a catalogue that asks across users, and for no other."""

from agents.names import Names
from agents.settings import Settings
from agents.setup import Setup
from agents.worker import Worker
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.commands.test_replay import ACROSS, CATALOGUE

HEAD, _, _ = CATALOGUE.partition("detectors:\n")


def worker_of(catalogue: str) -> Worker:
    engine = Engine(load(catalogue, "x.yaml"))
    return Worker(Setup.of(Settings.load(), engine, 4, "worker-1"))


async def test_a_catalogue_that_asks_starts_an_app_of_its_own() -> None:
    """In a consumer group of its own, with one topic, and no clock that moves it."""
    worker = worker_of(HEAD + ACROSS)
    (users, contents) = worker.apps
    assert (users.conf.id, contents.conf.id) == ("tagstream", "tagstream-contents")
    assert contents.block_topics == (Names.of(Settings.load()).contents,)
    assert not contents.wall_clock
    assert worker.watch.health.why_unready() == "waiting for partitions"
    worker.watch.health.recovering(0)
    assert worker.watch.health.why_unready() == "contents: waiting for partitions"


async def test_a_catalogue_that_does_not_ask_starts_none() -> None:
    worker = worker_of(CATALOGUE)
    assert [app.conf.id for app in worker.apps] == ["tagstream"]
