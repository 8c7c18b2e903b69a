import pytest

from benchmarks.events import everybody
from benchmarks.jobs import TAG_JOB
from benchmarks.rebuild import measure
from benchmarks.servers import Servers


@pytest.mark.kafka
def test_a_loss_of_everything_is_measured_from_end_to_end(servers_of_the_tests: Servers) -> None:
    """All users are there again, and the reader who waited has them."""
    found = measure(servers_of_the_tests, "tag job", TAG_JOB, everybody(500))
    assert found.faults == ()
    assert (found.users, found.tags >= 500) == (500, True)
    assert found.took_s > 0
