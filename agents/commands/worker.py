"""`tagstream worker`: one worker, until SIGTERM."""

import typer


def worker() -> None:
    """Run one worker: events from Kafka become tags in Redis.

    SIGTERM or Ctrl-C stops it cleanly. Start as many as you like, on as many machines: they share
    the partitions. Give each a TAGSTREAM_INSTANCE_ID of its own, so that a restart within seconds
    moves no partition.

    Examples to try:

    ```
    tagstream worker
    TAGSTREAM_INSTANCE_ID=a TAGSTREAM_METRICS=127.0.0.1:0 tagstream worker
    ```
    """
    from agents.settings import Settings

    settings = Settings.load()
    from agents.worker import run  # Faust: only once the settings are right

    raise typer.Exit(run(settings))
