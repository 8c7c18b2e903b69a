import pytest

from benchmarks.recovery import figures, measure
from benchmarks.servers import Servers

LOG = """\
... INFO    agents.recovery  partition 0: 600 users from 1000 records in 0.2 s
... INFO    agents.recovery  partition 1: 400 users from 1000 records in 0.3 s
... INFO    agents.sessions  ready: 2 partitions in 0.84 s
"""


def test_the_log_says_what_was_restored_and_how_fast() -> None:
    """All partitions together, one after the other as they are read."""
    found = figures(LOG, 1_000, ready_s=2.0, rss_mb=100.0)
    assert (found.records, found.taking_s, found.reading_s) == (2_000, 0.84, 0.5)
    assert found.records_per_s == 4_000
    assert found.bytes_a_user == pytest.approx(100 * 2**20 / 1_000)
    assert found.faults == ()


def test_users_that_are_missing_are_a_fault() -> None:
    """A fast recovery of half of the users is none."""
    assert figures(LOG, 1_001, 2.0, 100.0).faults == ("1000 users restored of 1001",)


def test_a_log_without_a_restore_is_a_fault() -> None:
    """Ready with nothing restored: wrong, and said so."""
    assert figures("ready\n", 10, 2.0, 100.0).faults == ("0 users restored of 10",)


@pytest.mark.kafka
def test_recovery_is_measured_from_end_to_end(servers_of_the_tests: Servers) -> None:
    """Load, SIGKILL, ready again with everybody."""
    found = measure(servers_of_the_tests, users=500)
    assert found.faults == ()
    assert found.records >= 500
    assert 0 < found.taking_s < found.ready_s
