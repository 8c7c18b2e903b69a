import logging

from agents.logs import Repeats


def record(name: str, text: str, at: float) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "", 0, text, (), None)
    made.created = at
    return made


def test_a_library_says_the_same_once_a_minute_and_we_as_often_as_we_like() -> None:
    repeats = Repeats()
    lost = "Unable connect to node with id %s"
    passed = [repeats.filter(record("aiokafka.client", lost, at)) for at in (0, 1, 59, 61, 62)]
    assert passed == [True, False, False, True, False]
    assert repeats.filter(record("aiokafka.client", "something else", 1))
    assert all(repeats.filter(record("agents.owning", lost, at)) for at in (0, 1))
