"""A right history, for tests to plant a violation in."""

import pytest

from tests.chaos.partition import Partition
from tests.chaos.small.histories import history


@pytest.fixture(scope="package")
def right() -> Partition:
    return history()
