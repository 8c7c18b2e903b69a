"""`tagstream demo`: all of it at once, with servers of its own."""

from typing import Annotated

import typer

Users = Annotated[int, typer.Option(min=1, max=1_000_000, help="Members of the community.")]
Rate = Annotated[float, typer.Option(min=1, max=20_000, help="Events a second.")]
Seconds = Annotated[
    float | None, typer.Option(min=1, help="End by itself after so long; default: at Ctrl-C.")
]
Seed = Annotated[int, typer.Option(help="Another seed, another community.")]


def demo(*, users: Users = 500, rate: Rate = 300, seconds: Seconds = None, seed: Seed = 1) -> None:
    """Show everything at work: broker, Redis, a worker, simulated traffic.

    Starts an embedded Kafka-compatible broker and Redis (pip install "tagstream[demo]"), creates
    the topics, starts a real worker, feeds it a simulated lending community with planted
    anomalies, and shows events, tags, alerts, lag and latency live. Ctrl-C ends it cleanly with a
    summary that reads one user back from Redis. Nothing outside a temporary folder is touched.

    Examples to try:

    ```
    tagstream demo
    tagstream demo --seconds 30
    tagstream demo --rate 2000 --users 5000
    ```
    """
    from rich.console import Console

    from agents.demo.screen import Screen
    from agents.demo.show import Wish, show

    with Screen(Console()) as screen:
        show(Wish(users, rate, seconds, seed), screen)
