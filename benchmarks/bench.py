"""The benchmark: servers up, input written, contestants in turn, latency, recovery, storm.

Contestants take turns, so that a machine that gets slower with time is equally unfair to all.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from agents.names import Names
from benchmarks.events import JobEvent, events
from benchmarks.figures import Run
from benchmarks.jobs import PACKAGED as PACKAGED_JOB
from benchmarks.jobs import TAG_JOB
from benchmarks.latency import Latency
from benchmarks.latency import measure as measure_latency
from benchmarks.loading import KEPT, Record, create_topics, delete_topics, fill
from benchmarks.ours import Ours, right_answer, write_input
from benchmarks.peers.processes import Peer
from benchmarks.plan import PACKAGED, WORKERS, Plan
from benchmarks.recovery import Recovered
from benchmarks.recovery import measure as measure_recovery
from benchmarks.reference import Reference, reference
from benchmarks.servers import Servers, servers
from benchmarks.storm import Storm
from benchmarks.storm import measure as measure_storm

if TYPE_CHECKING:
    from benchmarks.expected import Expected

Say = Callable[[str], None]


class Contestant(Protocol):
    """Somebody who does the tag job, from nothing, as often as asked."""

    def run(self) -> Run:
        """One measured and checked run."""
        ...


@dataclass(slots=True)
class Results:
    """All that was measured."""

    runs: list[Run] = field(default_factory=list)
    latency: list[Latency] = field(default_factory=list)
    recovery: list[Recovered] = field(default_factory=list)
    storm: list[Storm] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Every wrong answer, with whose it is: one and the benchmark has failed."""
        return [
            *(f"{run.contestant}: {fault}" for run in self.runs for fault in run.faults),
            *(f"latency: {fault}" for one in self.latency for fault in one.faults),
            *(f"recovery: {fault}" for one in self.recovery for fault in one.faults),
            *(f"storm: {fault}" for one in self.storm for fault in one.faults),
        ]


def bench(plan: Plan, say: Say) -> Results:
    """Measure what the plan asks for; `say` is told how it goes."""
    results = Results()
    say("starting Kafka and Redis")
    with servers() as where:
        if plan.contestants:
            _tag_job(plan, where, results, say)
        for number in range(plan.runs if plan.latency else 0):
            say(f"latency, run {number + 1} of {plan.runs}: {plan.seconds} s")
            results.latency.append(measure_latency(where, plan.rate, plan.seconds))
        for number in range(plan.runs if plan.recovery else 0):
            say(f"recovery of {plan.recovery_users:,} users, run {number + 1} of {plan.runs}")
            results.recovery.append(measure_recovery(where, plan.recovery_users))
        for number in range(plan.runs if plan.storm else 0):
            say(f"storm of {plan.storm_users:,} users, run {number + 1} of {plan.runs}")
            results.storm.append(measure_storm(where, plan.storm_users, plan.rate))
    return results


def _tag_job(plan: Plan, where: Servers, results: Results, say: Say) -> None:
    with _Input(plan, where, say).written() as input_:
        contestants = {name: input_.contestant(name) for name in plan.contestants}
        for number in range(plan.runs):
            for name, contestant in contestants.items():
                say(f"{name}, run {number + 1} of {plan.runs}")
                run = contestant.run()
                say(f"  {run.per_cpu_s:,.0f} events per CPU second, {run.per_s:,.0f}/s")
                results.runs.append(run)


class _Input:
    """The input, written once for all runs, under names of its own, and gone at the end."""

    def __init__(self, plan: Plan, where: Servers, say: Say) -> None:
        self._plan, self._where, self._say = plan, where, say
        self._unique = f"bench{uuid4().hex[:8]}."
        self._topics: list[str] = []
        self._ours: dict[str, list[Expected]] = {}
        self._peers: dict[int, tuple[str, Reference]] = {}

    @contextmanager
    def written(self) -> Iterator["_Input"]:
        """Return itself; deletes the topics that were made."""
        try:
            yield self
        finally:
            if self._topics:
                asyncio.run(delete_topics(self._where.kafka, self._topics))

    def contestant(self, name: str) -> Contestant:
        """Make a contestant, and the input that it reads."""
        number = self._plan.events_for(name)
        if name in WORKERS:
            return self._us(name, number)
        topic, right = self._for_peers(number)
        return Peer(name, self._where.kafka, topic, number, right)

    def _events(self, number: int) -> Iterator[JobEvent]:
        return events(number, self._plan.users_for(number))

    def _us(self, name: str, number: int) -> Contestant:
        job = PACKAGED_JOB if name == PACKAGED else TAG_JOB
        prefix = f"{self._unique}{job.catalogue.stem}."
        if prefix not in self._ours:
            self._say(f"writing {number:,} events for us, and computing what is right")
            self._topics += Names(app_id="", topic_prefix=prefix).inputs
            users = self._plan.users_for(number)
            asyncio.run(write_input(self._where, prefix, job.events(number, users)))
            self._ours[prefix] = right_answer(prefix, job.events(number, users), job)
        return Ours(self._where, prefix, self._ours[prefix], name, job)

    def _for_peers(self, number: int) -> tuple[str, Reference]:
        if number not in self._peers:
            self._say(f"writing {number:,} events for the peers")
            topic = f"{self._unique}job.events.{number}"
            self._topics.append(topic)
            asyncio.run(self._fill(topic, number))
            self._peers[number] = topic, reference(self._events(number))
        return self._peers[number]

    async def _fill(self, topic: str, number: int) -> None:
        kafka = self._where.kafka
        await create_topics(kafka, {topic: KEPT})
        records = (Record(topic, e.key, e.value, e.time) for e in self._events(number))
        await fill(kafka, records)
