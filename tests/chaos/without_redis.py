"""I11: a long time without Redis, under traffic: memory stays bounded, and so do the streams."""

from tests.chaos.invariants.bounds import overlong, unbounded
from tests.chaos.invariants.progress import stuck
from tests.chaos.judging import MOST_MB
from tests.chaos.plan import Plan
from tests.chaos.stage import PARTITIONS, Stage
from tests.servers import Kafka

KEPT = 1_000  # entries of a stream
_APPLIED_S = 180.0


def endure(kafka: Kafka, seconds: float, rate: int = 1_000) -> list[str]:
    """Violations after so long without Redis at so many events a second."""
    plan = Plan(0, "event", rate, users=300, patient=True, steps=())
    with Stage(plan, kafka, TAGSTREAM_STREAM_LENGTH=str(KEPT)) as stage:
        stage.fleet.start()
        stage.traffic.start()
        stage.wait_for_progress("start")
        stage.redis.kill()
        stage.sleep(seconds)
        stage.redis.start()
        stage.wait_for_progress("redis away")
        stage.traffic.finish()
        stage.deployment.wait_until_applied(_APPLIED_S, [m.worker for m in stage.fleet.wanted])
        found = [*stuck(stage.progress, 1)]
        found += unbounded({m.name: m.peak_mb for m in stage.fleet.members}, MOST_MB)
        found += overlong(_lengths(stage), KEPT)
        return found + [end for member in stage.fleet.members for end in member.ends]


def _lengths(stage: Stage) -> dict[str, int]:
    ours = stage.deployment.keys
    keys = [kind(p) for p in range(PARTITIONS) for kind in (ours.changes, ours.alerts)]
    with stage.direct() as redis:
        return {key: redis.xlen(key) for key in keys}
