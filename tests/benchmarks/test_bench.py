"""Whole runs on real servers, small: what is measured here means nothing, that it is right does."""

import asyncio

import pytest

from benchmarks.bench import Results, bench
from benchmarks.events import events
from benchmarks.loading import KEPT, Record, create_topics, fill
from benchmarks.ours import Ours, right_answer, write_input
from benchmarks.peers.processes import Peer
from benchmarks.plan import Plan
from benchmarks.reference import Reference
from benchmarks.servers import Servers

pytestmark = pytest.mark.kafka

EVENTS, USERS = 2_000, 200


@pytest.mark.usefixtures("servers_of_the_tests")
def test_we_and_our_peers_do_the_tag_job_right() -> None:
    """Each in a process of its own, the same events, each output checked."""
    said: list[str] = []
    plan = Plan(("ours", "faust", "aiokafka"), events=EVENTS, runs=1, users=USERS)
    results = bench(plan, said.append)
    assert results.faults == []
    assert [run.contestant for run in results.runs] == ["ours", "faust", "aiokafka"]
    assert all(run.cpu_s >= 0 and run.wall_s > 0 for run in results.runs)
    assert results.runs[0].changelog_records
    assert "ours, run 1 of 1" in said


def test_a_wrong_answer_of_ours_is_found(servers_of_the_tests: Servers) -> None:
    """Here the answer to other events is called right: the worker's is not that."""
    servers = servers_of_the_tests
    asyncio.run(write_input(servers, "wrong.", events(EVENTS, USERS)))
    run = Ours(servers, "wrong.", right_answer("wrong.", events(EVENTS, USERS, seed=8))).run()
    assert run.faults


def test_a_wrong_answer_of_a_peer_is_found(servers_of_the_tests: Servers) -> None:
    """A peer that loses an event, or that we count wrongly, fails the benchmark."""
    kafka = servers_of_the_tests.kafka
    asyncio.run(create_and_fill(kafka))
    run = Peer("aiokafka", kafka, "wrong.job.events", EVENTS, Reference(users=3, outputs=0)).run()
    assert run.faults
    assert Results(runs=[run]).faults[0].startswith("aiokafka: ")


async def create_and_fill(kafka: str) -> None:
    """The peers' input under a name of this test."""
    await create_topics(kafka, {"wrong.job.events": KEPT})
    records = (Record("wrong.job.events", e.key, e.value, e.time) for e in events(EVENTS, USERS))
    await fill(kafka, records)
