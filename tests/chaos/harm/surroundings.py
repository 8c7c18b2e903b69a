"""What is around workers and servers: events, the clock, the disk."""

from random import Random

from tests.chaos.stage import Stage
from tests.chaos.worker import SKEW


def storm_of_repeats(stage: Stage, chance: Random) -> None:
    """Everything is sent three times, in any order."""
    stage.maker.storm = True
    stage.sleep(chance.uniform(2.0, 4.0))
    stage.maker.storm = False


def wrong_clock(stage: Stage, chance: Random) -> None:
    """A host's clock is off, by less or by more than the worker believes."""
    member = chance.choice(stage.fleet.wanted)
    skew = chance.choice((-3_600.0, -2.0, -0.4, 0.4, 2.0, 3_600.0))
    member.kill()
    member.launch({SKEW: str(skew)})
    stage.tell(f"{member.name} is {skew:+.1f} s off")
    member.ready()
    stage.sleep(chance.uniform(2.0, 4.0))
    member.kill()
    member.launch()


def no_room_for_logs(stage: Stage, chance: Random) -> None:
    """The disk is full: whatever is logged fails."""
    member = chance.choice(stage.fleet.wanted)
    member.kill()
    member.launch_deaf()
    stage.sleep(chance.uniform(3.0, 5.0))
    member.kill()
    member.launch()
