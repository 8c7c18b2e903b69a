"""A worker started anew with a failpoint, for those who let it die or freeze there."""

from tests.chaos import failpoints
from tests.chaos.fleet import Member
from tests.chaos.stage import Stage

REACHED_S = 25.0  # the place, or the fault goes on without


def restart_armed(stage: Stage, member: Member, place: str, nth: int, what: str) -> None:
    """Lets a worker die ("kill") or freeze ("stop") there, when it comes there for the nth time."""
    member.wanted = False
    member.kill()
    stage.tell(f"{member.name} will {what} at {place}, number {nth}")
    member.launch(failpoints.armed(place, nth, what))
    member.wanted = False  # a death there is not to be mended before we saw it
