"""A free TCP port on this machine, for a server that will be stopped and started again on it."""

import random
import socket

# Below the range that Linux gives to outgoing connections (32768 and up). A port from inside it
# can be lost while the server is down: a client that keeps reconnecting may be given that very
# port, connects to *itself*, and the server cannot come back.
LOWEST, HIGHEST = 20_000, 32_000
ATTEMPTS = 200


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    for _ in range(ATTEMPTS):
        port = random.randint(LOWEST, HIGHEST)  # noqa: S311 - a port is no secret
        if is_free(port):
            return port
    raise OSError(f"no free port found between {LOWEST} and {HIGHEST}")


def is_free(port: int) -> bool:
    """Whether a server could bind `port` now."""
    with socket.socket() as probe:
        # As servers do: the remains of closed connections do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def answers(port: int) -> bool:
    """Whether somebody accepts connections on `port` now."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
