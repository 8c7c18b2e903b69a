"""Workers that freeze until others have their partitions, and come back."""

from collections.abc import Mapping
from random import Random

from tests.chaos import failpoints
from tests.chaos.fleet import Member
from tests.chaos.harm.arming import REACHED_S, restart_armed
from tests.chaos.invariants.ownership import Zombie
from tests.chaos.stage import Stage
from tests.chaos.watching import wait_until
from tests.chaos.worker import SESSION_S

_OVER_SESSION_S = (SESSION_S + 2.0, SESSION_S + 5.0)


def zombie(stage: Stage, chance: Random) -> None:
    """SIGSTOP for longer than the session timeout: it comes back and thinks that nothing was."""
    member = chance.choice(stage.fleet.wanted)
    member.ready()
    member.worker.child.pause()
    _come_back(stage, member, chance)


def zombie_at_failpoint(stage: Stage, chance: Random) -> None:
    """The same, frozen exactly between two steps of a block or a checkpoint."""
    member = chance.choice(stage.fleet.wanted)
    place = chance.choice([*failpoints.BLOCK][:5])
    restart_armed(stage, member, place, chance.randint(3, 30), "stop")
    if not wait_until(lambda: not member.running or member.is_frozen(), REACHED_S):
        member.worker.child.pause()
        stage.tell(f"{member.name} did not reach {place}")
    member.wanted = True
    _come_back(stage, member, chance)


def _come_back(stage: Stage, member: Member, chance: Random) -> None:
    had, before = member.assigned(), stage.positions()
    stage.sleep(chance.uniform(*_OVER_SESSION_S))
    wait_until(lambda: _others_went_on(stage, before), 30.0, 0.2)
    member.worker.child.resume()
    wait_until(lambda: member.fenced() > 0, 12.0, 0.2)
    stage.zombies.append(Zombie(member.name, had, member.fenced()))
    stage.tell(f"{member.name} of {had} partitions is back; refused {member.fenced():.0f} times")


def _others_went_on(stage: Stage, before: Mapping[int, int] | None) -> bool:
    now = stage.positions()
    return before is None or (now is not None and all(now[p] > before[p] for p in now))
