"""One history again, with its story: `python -m tests.agents.protocol REDIS_URL SEED`."""

import sys

from redis import Redis

from tests.agents.protocol.world import play

if __name__ == "__main__":
    url, *seeds = sys.argv[1:]
    for seed in seeds:
        violation, world = play(Redis.from_url(url, protocol=2), "sim", int(seed))
        sys.stdout.write("\n".join([*world.story, f"seed {seed}: {violation!r}", ""]))
