"""Failpoints stand where they say, and only where they were armed."""

import inspect
import os
import subprocess
import sys

import pytest

from tests.chaos.failpoints import PLACES, VARIABLE, armed

PROGRAM = """
import asyncio, sys
from tests.chaos.failpoints import arm
from agents.redis.publisher import Publisher

async def quiet(*_):
    print("in it", flush=True)

Publisher.publish = quiet
arm(sys.argv[1])
for call in range(3):
    asyncio.run(Publisher.publish(None, None, None))
    print("call", call, flush=True)
"""


@pytest.mark.parametrize("name", PLACES)
def test_every_place_is_a_coroutine_method_of_the_worker(name: str) -> None:
    """Else a renamed method would leave a failpoint that never fires."""
    place = PLACES[name]
    assert inspect.iscoroutinefunction(getattr(place.owner, place.method))


def said(text: str) -> tuple[int, list[str]]:
    """How a program with this failpoint ends, and what it did before."""
    run = [sys.executable, "-c", PROGRAM, text]
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout.splitlines()


def test_a_worker_dies_before_the_call_that_was_meant() -> None:
    code, lines = said("before publish:2:kill")
    assert (code, lines) == (-9, ["in it", "call 0"])


def test_a_worker_dies_after_the_call_that_was_meant() -> None:
    code, lines = said("after publish:2:kill")
    assert (code, lines) == (-9, ["in it", "call 0", "in it"])


def test_without_a_failpoint_nothing_is_wrapped() -> None:
    assert said("")[0] == 0


def test_a_place_that_is_not_there_cannot_be_armed() -> None:
    with pytest.raises(AssertionError):
        armed("before lunch", 1, "kill")


def test_no_worker_of_the_product_reads_the_variable() -> None:
    """What people run cannot be armed."""
    assert VARIABLE not in os.environ
    sources = subprocess.run(
        ["grep", "-rl", VARIABLE, "agents", "streams", "schemas", "tagstream", "--include=*.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert sources.stdout == ""
