"""Workers that die at a named place, exactly between two steps of the protocol."""

from collections.abc import Collection
from random import Random

from tests.chaos import failpoints
from tests.chaos.harm.arming import REACHED_S, restart_armed
from tests.chaos.stage import Stage
from tests.chaos.watching import wait_until


def die_at_failpoint(stage: Stage, chance: Random) -> None:
    """SIGKILL exactly between two steps of a block or a checkpoint; three times."""
    _die_at(stage, chance, failpoints.BLOCK, times=3, at_most=12)


def die_while_taking(stage: Stage, chance: Random) -> None:
    """The same between two steps of taking a partition; twice."""
    _die_at(stage, chance, failpoints.RECOVERY, times=2, at_most=2)


def _die_at(
    stage: Stage, chance: Random, places: Collection[str], *, times: int, at_most: int
) -> None:
    """One worker dies at one of these places, when it comes there for the nth time."""
    member = chance.choice(stage.fleet.wanted)
    for _ in range(times):
        place = chance.choice(list(places))
        restart_armed(stage, member, place, chance.randint(1, at_most), "kill")
        wait_until(lambda: not member.running, REACHED_S)
        stage.tell(f"{member.name} {'survived' if member.running else 'died'} {place}")
        member.kill()
        member.launch()


def die_while_rebuilding(stage: Stage, chance: Random) -> None:
    """Redis is emptied, and who writes it anew dies between two steps of that."""
    member = chance.choice(stage.fleet.wanted)
    place = chance.choice(list(failpoints.NEW_RUN))
    restart_armed(stage, member, place, chance.randint(1, 2), "kill")
    member.ready(5.0)
    stage.flush()
    wait_until(lambda: not member.running, REACHED_S)
    stage.tell(f"{member.name} {'survived' if member.running else 'died'} {place}")
    member.kill()
    member.launch()
