"""Plays a plan: traffic, faults with progress between them, a calm end, and the verdict."""

import json
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

from tests.chaos.faults import FAULTS
from tests.chaos.judging import judge
from tests.chaos.plan import Plan
from tests.chaos.result import Result
from tests.chaos.stage import Stage
from tests.servers import Kafka

_READY_S = 90.0


def play(plan: Plan, kafka: Kafka, folder: Path, **settings: str) -> Result:
    """Plays it; plan, story and logs go to `folder`. `settings` are further ones of the workers."""
    result, begun = Result(plan.seed, [step.kind for step in plan.steps]), time.monotonic()
    with Stage(plan, kafka, **settings) as stage:
        try:
            _act(stage)
            judge(stage, result)
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
    stage.wait_until_applied()
    stage.tell("all applied")
    _all_ready(stage)
    stage.watcher.finish()


def _heal(stage: Stage) -> None:
    """Those who belong here run again, whatever became of them."""
    for member in stage.fleet.members[:2]:
        member.wanted = True


def _all_ready(stage: Stage) -> None:
    """Who was started last may still be on its way: others had its partitions."""
    within = time.monotonic() + _READY_S
    while not all(member.ready(1.0) for member in stage.fleet.wanted):
        stage.fleet.look_after()
        if time.monotonic() > within:
            raise AssertionError(f"I8: not ready {_READY_S:.0f} s after the last fault")


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
