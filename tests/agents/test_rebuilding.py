from agents.rebuilding import Waiting
from tests.agents.test_health import Clock


def test_a_new_run_is_done_when_it_is_another_one_and_whole() -> None:
    waiting = Waiting("old", 10.0)
    assert not waiting.is_done({"run": "old"})
    assert not waiting.is_done({})
    assert not waiting.is_done({"run": "new", "building": "3"})
    assert waiting.is_done({"run": "new"})
    assert Waiting(None, 10.0).is_done({"run": "new"})
    assert not Waiting(None, 10.0).is_done({})


def test_signs_of_progress_renew_the_patience() -> None:
    """A million users take minutes; nobody who takes it up is seen at once."""
    clock = Clock()
    waiting = Waiting("old", 10.0, clock)
    for step in range(5):
        assert not waiting.is_done({"run": "new", "building": str(step)})
        clock.now += 9.0
        assert not waiting.is_over()
    assert not waiting.is_done({"run": "new", "building": "4"})
    clock.now += 2.0
    assert waiting.is_over()
