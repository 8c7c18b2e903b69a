"""Seeds of the harness, played: two short ones always, ten in the long form."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.plan import PER_SEED, SHORT, plan_of
from tests.chaos.play import play
from tests.chaos.report import row
from tests.chaos.without_redis import endure
from tests.servers import Kafka

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


def held(seed: int, faults: int, kafka: Kafka, folder: Path) -> None:
    """Plays a seed; whatever it violates is the message."""
    result = play(plan_of(seed, list(FAULTS), faults), kafka, folder / f"seed-{seed}")
    assert not result.violations, f"{row(result)}\n{result.violations}\nsee {result.folder}"
    assert min(result.events, result.changes) > 0


@pytest.mark.parametrize("seed", [1, 4])
def test_a_few_faults_violate_nothing(own_kafka: Kafka, tmp_path: Path, seed: int) -> None:
    held(seed, SHORT, own_kafka, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 11))
def test_many_faults_violate_nothing(own_kafka: Kafka, tmp_path: Path, seed: int) -> None:
    held(seed, PER_SEED, own_kafka, tmp_path)


@pytest.mark.long
def test_a_minute_without_redis_bounds_memory_and_streams(own_kafka: Kafka) -> None:
    assert endure(own_kafka, 60) == []


def test_an_unknown_fault_is_named() -> None:
    run = [sys.executable, "-m", "tests.chaos", "--only", "earthquake"]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, "unknown: earthquake" in done.stderr) == (2, True)
