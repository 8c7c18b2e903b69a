"""Workers killed, stopped and joined, at any moment; and given another catalogue."""

from random import Random

from tests.chaos.stage import Stage
from tests.chaos.worker import SESSION_S


def kill_one(stage: Stage, chance: Random) -> None:
    """SIGKILL, and a start."""
    member = chance.choice(stage.fleet.wanted)
    member.kill()
    stage.sleep(chance.choice((0.0, 0.5, SESSION_S + 2)))


def kill_all(stage: Stage, chance: Random) -> None:
    """SIGKILL of every worker at once."""
    members = stage.fleet.wanted
    for member in members:
        member.wanted = False
        member.kill()
    stage.sleep(chance.choice((0.0, 1.0)))
    for member in members:
        member.launch()


def burst_of_kills(stage: Stage, chance: Random) -> None:
    """Ten SIGKILLs, a tenth of a second to a second apart."""
    for _ in range(10):
        chance.choice(stage.fleet.wanted).kill()
        stage.sleep(chance.uniform(0.1, 1.0))


def kill_while_restoring(stage: Stage, chance: Random) -> None:
    """Killed before it is ready, three times."""
    member = chance.choice(stage.fleet.wanted)
    for _ in range(3):
        member.kill()
        member.launch()
        stage.sleep(chance.uniform(0.8, 2.5))


def join_and_leave(stage: Stage, chance: Random) -> None:
    """A third worker comes and goes, politely or not."""
    third = stage.fleet.members[2]
    for _ in range(2):
        third.launch()
        stage.sleep(chance.uniform(1.0, 5.0))
        third.wanted = False
        if chance.random() < 0.3:
            third.kill()
        else:
            third.leave()
        stage.sleep(chance.uniform(0.0, 2.0))


def rolling_restart(stage: Stage, chance: Random) -> None:
    """Every worker politely, one after the other."""
    for member in stage.fleet.wanted:
        member.leave()
        stage.sleep(chance.uniform(0.0, 1.0))
        member.launch()
        member.ready()


def catalogue_changed(stage: Stage, chance: Random) -> None:
    """Other rules on the same measures: worker by worker, or all at once; one dies adopting."""
    members = stage.fleet.wanted
    stage.tell(f"from now on {stage.fleet.change_catalogue()}")
    if chance.random() < 0.5:
        for member in members:
            member.leave()
            stage.sleep(chance.uniform(0.0, 1.0))
            member.launch()
            stage.sleep(chance.uniform(0.0, 4.0))  # the others go on by the old ones meanwhile
    else:
        for member in members:
            member.wanted = False
            member.kill()
        for member in members:
            member.launch()
    if chance.random() < 0.5:
        stage.sleep(chance.uniform(0.5, 2.0))
        chance.choice(members).kill()
