"""What a worker tells readers of its deployment before it writes anything, in one hash of Redis."""

from agents.errors import WrongUse
from agents.redis.connection import reaching_redis
from agents.redis.keys import Keys
from agents.redis.link import Away, Link
from agents.setup import Setup

FORMAT = "1"  # of what stands in Redis
_OURS_ALONE = ("partitions", "format")  # with others than these, it is another deployment


def about(setup: Setup) -> dict[str, str]:
    """What every reader must know of a deployment."""
    catalogue = setup.engine.catalogue.id
    return {"partitions": str(setup.partitions), "format": FORMAT, "catalogue": catalogue}


async def announce(setup: Setup, link: Link) -> None:
    """Tells readers what stands in this Redis; raises WrongUse if it is something else."""
    with reaching_redis(setup.settings):
        try:
            await _announce(about(setup), Keys(setup.settings.prefix).meta, link)
        except Away as away:
            raise away.cause from None


async def _announce(fields: dict[str, str], key: str, link: Link) -> None:
    held = await link.command("HMGET", key, *_OURS_ALONE)
    for name, there in zip(_OURS_ALONE, held, strict=True):
        if there is not None and there.decode() != fields[name]:
            raise WrongUse(_other_deployment(key, name, there.decode(), fields[name]))
    await link.command("HSET", key, *(part for pair in fields.items() for part in pair))


def _other_deployment(key: str, name: str, there: str, here: str) -> str:
    return (
        f"Redis key {key} says {name}={there}, but here it is {here}: another deployment uses "
        "this prefix (TAGSTREAM_PREFIX), or the topics were made anew"
    )
