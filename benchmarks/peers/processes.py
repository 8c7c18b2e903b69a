"""Runs one peer on the tag job and checks its outputs.

It says itself, from inside (`probe.py`), what it used between its first and its last record:
its last commit is not charged, which is in its favour. It goes on until it is stopped here,
when its outputs are counted in their topic.
"""

import asyncio
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from uuid import uuid4

from agents.demo.child import Child, ServerFailed, tail
from benchmarks.figures import Run
from benchmarks.loading import KEPT, create_topics, ends
from benchmarks.peers.programs import PROGRAMS, ROOT
from benchmarks.reference import Reference

_LOOK_S = 0.2
_WITHIN_S = 900.0
_FLUSHED_WITHIN_S = 60.0


class Peer:
    """Measures runs of one peer on the topic `input_topic` of `events` events."""

    def __init__(
        self, name: str, kafka: str, input_topic: str, events: int, right: Reference
    ) -> None:
        self.name, self._program = name, PROGRAMS[name]
        self._kafka, self._input, self._events, self._right = kafka, input_topic, events, right
        self._command = self._program.command()  # fetches it, before anything is measured

    def run(self) -> Run:
        """One run from nothing: a new group, an empty output topic, an empty state folder."""
        folder = Path(mkdtemp(prefix=f"tagstream-bench-{self.name}-"))
        try:
            return asyncio.run(self._measure(folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _measure(self, folder: Path) -> Run:
        group = f"peer-{self.name}-{uuid4().hex[:8]}"
        out = f"job.tags.{group}"
        await create_topics(self._kafka, {out: KEPT})
        child = Child(self.name, self._argv(group, out, folder), folder / "log")
        child.start(lambda: True)
        try:
            first, last = await _marks(child)
            written = await self._written(out, last)
        finally:
            child.stop()
        return Run(
            contestant=self.name,
            events=self._events,
            cpu_s=last["cpu_s"] - first["cpu_s"],
            wall_s=last["wall"] - first["wall"],
            rss_mb=last["rss_mb"],
            outputs=written,
            changelog_records=await self._changelog(group),
            faults=self._faults(written),
        )

    def _argv(self, group: str, out: str, folder: Path) -> list[str]:
        environment = {
            "PYTHONPATH": str(ROOT),
            "BENCH_KAFKA": self._kafka,
            "BENCH_GROUP": group,
            "BENCH_IN": self._input,
            "BENCH_OUT": out,
            "BENCH_N": str(self._events),
            "BENCH_STATE": str(folder / "state"),
            **(self._program.environment or {}),
        }
        return [
            "env",
            "-C",
            str(folder),
            *(f"{k}={v}" for k, v in environment.items()),
            *self._command,
        ]

    async def _written(self, out: str, last: Mapping[str, float]) -> int:
        """How many outputs it wrote, once they have all come; or users, from its own mouth."""
        if self._program.checked == "users":
            return int(last["outputs"])
        deadline = time.monotonic() + _FLUSHED_WITHIN_S
        while True:
            written = sum((await ends(self._kafka, [out])).values())
            if written >= self._right.outputs or time.monotonic() > deadline:
                return written
            await asyncio.sleep(_LOOK_S)

    def _faults(self, written: int) -> tuple[str, ...]:
        right: int = getattr(self._right, self._program.checked)
        return () if written == right else (f"{written} {self._program.checked}, not {right}",)

    async def _changelog(self, group: str) -> int | None:
        if self._program.changelog is None:
            return None
        return sum((await ends(self._kafka, [group + self._program.changelog])).values())


async def _marks(child: Child) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """What the peer said at its first and its last record."""
    deadline = time.monotonic() + _WITHIN_S
    running = True
    while running and time.monotonic() < deadline:
        running = child.running  # asked first: one that just ended has said its last words
        marks = _said(child.log)
        if "last" in marks:
            return marks["first"], marks["last"]
        await asyncio.sleep(_LOOK_S)
    raise ServerFailed(f"{child.name} did not get to the end; its last words:\n{tail(child.log)}")


def _said(log: Path) -> dict[str, dict[str, Any]]:
    """All marks so far, by name; a line that is half written is left for the next look."""
    lines = log.read_bytes().splitlines() if log.exists() else []
    said = [line for line in lines if line.startswith(b'{"mark"') and line.endswith(b"}")]
    return {mark["mark"]: mark for mark in map(json.loads, said)}
