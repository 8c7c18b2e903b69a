from agents.health import Health


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_worker_is_unready_until_its_partitions_are_restored() -> None:
    health = Health()
    assert health.why_unready() == "waiting for partitions"
    health.recovering(2)
    assert health.why_unready() == "restoring 2 partitions"
    health.recovering(0)
    assert health.why_unready() is None


def test_a_server_that_is_away_is_news_once_and_named_with_the_reason() -> None:
    health = Health()
    health.recovering(0)
    assert health.away("redis", "timeout")
    assert not health.away("redis", "connection")
    assert health.why_unready() == "redis is away (connection)"
    assert health.away("redis", None)
    assert not health.away("redis", None)
    assert health.why_unready() is None


def test_the_cause_comes_before_what_it_holds_up() -> None:
    health = Health()
    health.recovering(3)
    health.away("kafka", "no broker can be reached")
    assert health.why_unready() == (
        "kafka is away (no broker can be reached); restoring 3 partitions"
    )


def test_a_main_loop_that_stands_still_is_dead() -> None:
    clock = Clock()
    health = Health(clock)
    clock.now = 31.0
    assert health.why_dead() == "main loop stuck for 31 s"
    health.tick()
    assert health.why_dead() is None
