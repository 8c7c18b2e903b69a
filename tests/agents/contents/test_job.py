"""The second agent is there for a catalogue that asks across users, and for no other."""

from agents.names import Names
from agents.settings import Settings
from agents.worker import Worker
from streams.catalogue.load import load
from streams.engine import Engine
from tests.agents.commands.test_replay import ACROSS, CATALOGUE

HEAD, _, WITHIN_ONE = CATALOGUE.partition("detectors:\n")


async def test_a_catalogue_that_asks_starts_an_app_of_its_own() -> None:
    """In a consumer group of its own, with one topic, and no clock that moves it."""
    settings = Settings.load()
    worker = Worker(settings, Engine(load(HEAD + ACROSS, "x.yaml")), 4, idempotent=True)
    (users, contents) = worker._apps()
    assert (users.conf.id, contents.conf.id) == ("tagstream", "tagstream-contents")
    assert contents.block_topics == (Names.of(settings).contents,)
    assert not contents.wall_clock
    assert worker.health.why_unready() == "waiting for partitions"
    worker.health.recovering(0)
    assert worker.health.why_unready() == "contents: waiting for partitions"


async def test_a_catalogue_that_does_not_ask_starts_none() -> None:
    worker = Worker(Settings.load(), Engine(load(CATALOGUE, "x.yaml")), 4, idempotent=True)
    assert list(worker._apps()) == [worker.app]
