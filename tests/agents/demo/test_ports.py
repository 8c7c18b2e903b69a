"""Free ports."""

import socket

from agents.demo.ports import HIGHEST, LOWEST, answers, free_port, is_free


def test_a_free_port_can_be_bound_and_then_is_taken() -> None:
    """What `free_port` gives is free until somebody listens, and then answers."""
    port = free_port()
    assert LOWEST <= port <= HIGHEST
    assert not answers(port)
    with socket.create_server(("127.0.0.1", port)):
        assert answers(port)
        assert not is_free(port)
