"""Plays a plan: traffic, faults with progress between them, a calm end, and the verdict."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from agents.catalogue_file import require_engine
from streams.engine import Engine
from tests.chaos import invariants
from tests.chaos.evidence import Changelog
from tests.chaos.faults import FAULTS
from tests.chaos.logs import read_changelogs, read_topics
from tests.chaos.plan import Plan
from tests.chaos.reference import by_layout
from tests.chaos.stage import CATALOGUES, PARTITIONS, Stage
from tests.chaos.traffic import ERASED
from tests.chaos.watching import wait_until
from tests.servers import Kafka

COUNTED = ("like", "join", "leave", "payment", "borrow")  # as `ever` in chaos.yaml
MOST_MB = 400.0
_CALM_S = 1.5
_APPLIED_S = 90.0
_TOLD_S = 20.0


@dataclass(slots=True)
class Result:
    """One seed, played."""

    seed: int
    faults: Sequence[str]
    events: int = 0
    changes: int = 0
    runs: int = 0
    refused: float = 0.0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)
    folder: str = ""

    @property
    def verdict(self) -> str:
        """One word."""
        return "held" if not self.violations else "VIOLATED"

    def as_json(self) -> dict[str, Any]:
        """A line of the results file."""
        return {**asdict(self), "verdict": self.verdict}


def play(plan: Plan, kafka: Kafka, folder: Path, **settings: str) -> Result:
    """Plays it; plan, story and logs go to `folder`. `settings` are further ones of the workers."""
    result, begun = Result(plan.seed, [step.kind for step in plan.steps]), time.monotonic()
    with Stage(plan, kafka, **settings) as stage:
        try:
            _act(stage)
            _judge(stage, result)
            stage.tell("judged")
        except Exception as error:  # noqa: BLE001 - a run that broke off is a failure to look at
            result.violations.append(f"broke off: {error!r}")
            stage.tell(f"broke off: {error!r}")
        result.seconds = time.monotonic() - begun
        _keep(stage, result, folder)
    return result


# -- the acts


def _act(stage: Stage) -> None:
    """Everything that happens, until the servers alone are left."""
    stage.fleet.start()
    for thread in (stage.traffic, stage.subscriber, stage.watcher):
        thread.start()
    stage.wait_for_progress("start")
    for step in stage.plan.steps:
        stage.tell(f"--- {step.kind}")
        FAULTS[step.kind](stage, Random(step.seed))
        _heal(stage)
        stage.wait_for_progress(step.kind)
    stage.traffic.finish()
    _apply_all(stage)
    stage.tell("all applied")
    _all_ready(stage)
    stage.watcher.finish()


def _heal(stage: Stage) -> None:
    """Those who belong here run again, whatever became of them."""
    for member in stage.fleet.members[:2]:
        member.wanted = True


def _apply_all(stage: Stage) -> None:
    within = time.monotonic() + _APPLIED_S
    while behind := stage.deployment.behind():
        if time.monotonic() > within:
            raise AssertionError(f"I1: not applied after {_APPLIED_S:.0f} s: {behind}")
        stage.sleep(0.2)


def _all_ready(stage: Stage) -> None:
    """Who was started last may still be on its way: others had its partitions."""
    within = time.monotonic() + _APPLIED_S
    while not all(member.ready(1.0) for member in stage.fleet.wanted):
        stage.fleet.look_after()
        if time.monotonic() > within:
            raise AssertionError(f"I8: not ready {_APPLIED_S:.0f} s after the last fault")


# -- the verdict


def _judge(stage: Stage, result: Result) -> None:
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
    settings, engines = stage.deployment.settings, [require_engine(c) for c in CATALOGUES]
    partitions = _partitions(stage)
    stage.tell("logs read")
    for partition in partitions:
        for check in (invariants.lost, invariants.applied_twice):
            found += check(partition)
        for compare in (invariants.broken_streams, invariants.different):
            found += compare(partition, by_layout(*engines))
    found += _counts(partitions, engines[0])
    found += invariants.disordered(stage.watcher.samples)
    found += invariants.usurped(stage.watcher.samples)
    found += invariants.unnoticed(stage.zombies)
    found += invariants.stuck(stage.progress, len(stage.plan.steps))
    found += invariants.unbounded({m.name: m.peak_mb for m in stage.fleet.members}, MOST_MB)
    if not stage.watcher.samples:
        found.append(f"I6: nothing was sampled of {settings.app_id}")
    result.events = sum(len(log) for p in partitions for log in p.logs[:3])
    result.changes = sum(p.published for p in partitions)
    result.runs = sum(len(p.changelog.runs) for p in partitions)


def _accounts(stage: Stage) -> Iterator[str]:
    """I9: a calm while, and what the metrics say of it."""
    before, metrics = _consumed(stage), _outcomes(stage)
    stage.calm_traffic(_CALM_S)
    _apply_all(stage)
    delta = _outcomes(stage)
    delta.subtract(metrics)
    yield from invariants.unaccounted(delta, _consumed(stage) - before)


def _outcomes(stage: Stage) -> Any:
    texts = [member.worker.metrics() for member in stage.fleet.wanted]
    return invariants.summed(texts, "tagstream_events_total")


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


def _as_told(stage: Stage) -> Iterator[str]:
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
    yield from invariants.unequal(stage.subscriber.hashes(), shown)
    for told in stage.subscriber.told.values():
        yield from invariants.untold(told)
    for changes in stage.subscriber.changes.values():
        yield from invariants.falling((c.seq, {"user_id": c.user_id}) for c in changes)


def _partitions(stage: Stage) -> list[invariants.Partition]:
    settings, topics = stage.deployment.settings, stage.deployment.names.topics
    logs = read_topics(settings)
    changelogs = [Changelog().add(records) for records in read_changelogs(settings)]
    return [
        invariants.Partition(
            number,
            topics,
            logs[number],
            changelogs[number],
            [moment[number] for moment in stage.seen],
        )
        for number in range(PARTITIONS)
    ]


def _counts(partitions: Sequence[invariants.Partition], engine: Engine) -> Iterator[str]:
    shown = {
        user: int(tags["counted"]["value"]) if "counted" in tags else 0
        for partition in partitions
        for user, tags in partition.end.hashes.items()
        if not user.startswith(ERASED)
    }
    seen = [moment for partition in partitions for moment in partition.seen]
    counted = invariants.counting(seen, "counted")
    yield from invariants.miscounted([p.logs for p in partitions], shown, COUNTED, engine, counted)


# -- what is kept


def _keep(stage: Stage, result: Result, folder: Path) -> None:
    """Plan, story, logs and what was seen of Redis, for whoever looks into it."""
    folder.mkdir(parents=True, exist_ok=True)
    result.folder = str(folder)
    _write(folder / "plan.json", stage.plan.as_json())
    _write(folder / "violations.json", result.violations)
    ends = [end for member in stage.fleet.members for end in member.ends]
    (folder / "story.txt").write_text("\n".join([*stage.story, *ends]) + "\n", encoding="utf-8")
    for member in stage.fleet.members:
        for number, worker in enumerate(member.workers):
            with suppress(OSError):
                shutil.copy(worker.log, folder / f"{member.name}-{number}.log")
    if result.violations:
        shutil.copy(stage.kafka.log, folder / "kafka.log")
        _write(folder / "seen.json", [[_dump(seen) for seen in moment] for moment in stage.seen])


def _dump(seen: Any) -> Mapping[str, Any]:
    journal = [(entry.n, [repr(applied) for applied in entry.e]) for entry in seen.journal]
    return {"meta": seen.meta, "journal": journal, "changes": seen.changes, "hashes": seen.hashes}


def _write(file: Path, what: object) -> None:
    file.write_text(json.dumps(what, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
