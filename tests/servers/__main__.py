"""Start a server, print its address, keep it until Ctrl-C: `python -m tests.servers kafka`."""

import signal
import sys

from tests.servers import Kafka, RedisServer


def main(arguments: list[str]) -> int:
    """Run one of the servers until SIGINT or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    match arguments:
        case ["kafka"]:
            with Kafka() as kafka:
                serve(kafka.address)
        case ["redis"]:
            with RedisServer() as redis:
                serve(redis.url)
        case _:
            sys.stderr.write("usage: python -m tests.servers kafka|redis\n")
            return 2
    return 0


def serve(address: str) -> None:
    """Say where, and wait."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    try:
        signal.pause()
    except KeyboardInterrupt:
        return


sys.exit(main(sys.argv[1:]))
