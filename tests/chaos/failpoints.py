"""Named places in the worker at which it can be made to die or to freeze, exactly there.

They stand between the steps of docs/reliability.md and are wrapped around the worker's own
methods when it starts, so the worker that people run has none of them: nothing is paid, nothing
can be armed.
`TAGSTREAM_FAILPOINT=place:nth:kill` (or `stop`), read by `tests.chaos.worker` alone.
"""

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agents.checkpoint import Checkpointer
from agents.outgoing import Outgoing
from agents.recovery.new_run import NewRun
from agents.recovery.take import Recovery
from agents.redis.publisher import Publisher
from agents.redis.run_writer import RunWriter
from agents.transport.changelog import Changelog

VARIABLE = "TAGSTREAM_FAILPOINT"
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}

Method = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """Before or after a method of the worker."""

    owner: type
    method: str
    before: bool = False


BLOCK = {
    "before publish": Place(Publisher, "publish", before=True),
    "after publish": Place(Publisher, "publish"),
    "after dead letters": Place(Outgoing, "send"),
    "before rows": Place(Checkpointer, "_write", before=True),
    "after rows": Place(Changelog, "write_checkpoint", before=True),
    "after checkpoint record": Place(Changelog, "write_checkpoint"),
    "after checkpoint": Place(Checkpointer, "_write"),
}
"""In the work of a partition that is ours, in the order of its steps."""

RECOVERY = {
    "after claim record": Place(Changelog, "claim"),
    "after claim in Redis": Place(Publisher, "claim"),
    "before replay": Place(Recovery, "_replay", before=True),
    "after replay": Place(Recovery, "_replay"),
}
"""While a partition is taken."""

NEW_RUN = {
    "before new run": Place(NewRun, "write", before=True),
    "after run began": Place(RunWriter, "begin_run"),
    "after users": Place(RunWriter, "put_users"),
    "before run ends": Place(RunWriter, "end_run", before=True),
    "after run ended": Place(RunWriter, "end_run"),
    "after new run": Place(NewRun, "write"),
}
"""While Redis is written anew."""

PLACES = {**BLOCK, **RECOVERY, **NEW_RUN}


def armed(place: str, nth: int, what: str) -> dict[str, str]:
    """The environment of a worker that dies ("kill") or freezes ("stop") there."""
    assert place in PLACES
    assert what in SIGNALS
    return {VARIABLE: f"{place}:{nth}:{what}"}


def arm(text: str) -> None:
    """Wrap the method that is meant; nothing for an empty text."""
    if not text:
        return
    name, nth, what = text.split(":")
    place, left = PLACES[name], int(nth)
    real: Method = getattr(place.owner, place.method)

    def reached() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.write(2, f"failpoint {text}\n".encode())
            os.kill(os.getpid(), SIGNALS[what])

    async def wrapped(*arguments: Any, **named: Any) -> Any:
        if place.before:
            reached()
        answer = await real(*arguments, **named)
        if not place.before:
            reached()
        return answer

    setattr(place.owner, place.method, wrapped)
