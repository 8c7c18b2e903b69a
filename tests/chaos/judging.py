"""The verdict on a run: everything that was observed, and each invariant's word on it."""

from collections import Counter
from collections.abc import Sequence

from agents.catalogue_file import require_engine
from tests.chaos.invariants import Violations
from tests.chaos.invariants.accounts import summed, unaccounted
from tests.chaos.invariants.bounds import unbounded
from tests.chaos.invariants.change_stream import broken_streams
from tests.chaos.invariants.counted_once import counting, miscounted
from tests.chaos.invariants.events_once import applied_twice, lost
from tests.chaos.invariants.order_of_writes import disordered
from tests.chaos.invariants.ownership import unnoticed, usurped
from tests.chaos.invariants.progress import stuck
from tests.chaos.invariants.same_as_offline import different
from tests.chaos.invariants.subscribers import falling, unequal, untold
from tests.chaos.partition import Partition, partitions_of
from tests.chaos.reference import Engines, by_layout
from tests.chaos.result import Result
from tests.chaos.stage import CATALOGUES, Stage
from tests.chaos.traffic import ERASED
from tests.chaos.watching import wait_until

COUNTED = ("like", "join", "leave", "payment", "borrow")  # as `ever` in chaos.yaml
CURRENCY = "CNY"
MOST_MB = 400.0
_CALM_S = 1.5
_TOLD_S = 20.0


def judge(stage: Stage, result: Result) -> None:
    """Fills in the result, when all that was to happen has happened."""
    found = result.violations
    found += _accounts(stage)
    stage.tell("accounted for")
    result.refused = sum(member.fenced() for member in stage.fleet.wanted)
    if stage.plan.seed % 2:
        _restore_alone(stage)
    for member in stage.fleet.wanted:
        member.leave()
    stage.tell("restored and stopped")
    stage.seen.append(stage.see_all())
    found += _as_told(stage)
    stage.tell("the subscriber has it all")
    engines = by_layout(*(require_engine(catalogue) for catalogue in CATALOGUES))
    partitions = partitions_of(stage.deployment.settings, stage.seen)
    stage.tell("logs read")
    for partition in partitions:
        found += judge_partition(partition, engines)
    found += _counts(partitions)
    found += disordered(stage.watcher.samples)
    found += usurped(stage.watcher.samples)
    found += unnoticed(stage.zombies)
    found += stuck(stage.progress, len(stage.plan.steps))
    found += unbounded({m.name: m.peak_mb for m in stage.fleet.members}, MOST_MB)
    if not stage.watcher.samples:
        found.append(f"I6: nothing was sampled of {stage.deployment.settings.app_id}")
    result.events = sum(len(log) for p in partitions for log in p.logs[:3])
    result.changes = sum(p.published for p in partitions)
    result.runs = sum(len(p.changelog.runs) for p in partitions)


def judge_partition(partition: Partition, engines: Engines) -> Violations:
    """I1, I2, I3 and I5: all that one partition must hold to, whatever the catalogue."""
    yield from lost(partition)
    yield from applied_twice(partition)
    yield from broken_streams(partition, engines)
    yield from different(partition, engines)


def _accounts(stage: Stage) -> Violations:
    """I9: a calm while, and what the metrics say of it."""
    before, metrics = _consumed(stage), _outcomes(stage)
    stage.calm_traffic(_CALM_S)
    stage.wait_until_applied()
    delta = _outcomes(stage)
    delta.subtract(metrics)
    yield from unaccounted(delta, _consumed(stage) - before)


def _outcomes(stage: Stage) -> Counter[str]:
    texts = [member.worker.metrics() for member in stage.fleet.wanted]
    return summed(texts, "tagstream_events_total")


def _consumed(stage: Stage) -> int:
    positions = stage.positions()
    assert positions is not None
    return sum(positions.values())


def _restore_alone(stage: Stage) -> None:
    """I5: all die, and one restores everything once more."""
    for member in stage.fleet.members:
        member.wanted = False
        if member.workers:
            member.kill()
    first = stage.fleet.members[0]
    first.launch()
    if not first.ready():
        raise AssertionError(f"I5: {first.name} did not restore:\n{first.worker.text[-2000:]}")


def _as_told(stage: Stage) -> Violations:
    """I4 and I10: what the subscriber was told, and knows at the end."""
    shown = {number: seen.hashes for number, seen in enumerate(stage.seen[-1])}
    ends = {n: (seen.meta["run"], int(seen.meta["seq"])) for n, seen in enumerate(stage.seen[-1])}

    def has_all() -> bool:
        at = {p: (pos.run, pos.seq) for p, pos in stage.subscriber.mirror.positions.items()}
        return at == ends

    if not wait_until(has_all, _TOLD_S):
        stage.tell(f"the subscriber hangs:\n{stage.subscriber.stacks()}")
        yield f"I10: the subscriber is at {stage.subscriber.mirror.positions}, Redis at {ends}"
    stage.subscriber.finish()
    yield from unequal(stage.subscriber.hashes(), shown)
    for told in stage.subscriber.told.values():
        yield from untold(told)
    for changes in stage.subscriber.changes.values():
        yield from falling(changes)


def _counts(partitions: Sequence[Partition]) -> Violations:
    shown = {
        user: int(tags["counted"]["value"]) if "counted" in tags else 0
        for partition in partitions
        for user, tags in partition.end.hashes.items()
        if not user.startswith(ERASED)
    }
    seen = [moment for partition in partitions for moment in partition.seen]
    counted = counting(seen, "counted")
    yield from miscounted([p.logs for p in partitions], shown, COUNTED, CURRENCY, counted)
