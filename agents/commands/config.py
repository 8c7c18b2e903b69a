"""`tagstream config`: the effective settings, each with its meaning, secrets masked."""

from agents.commands.output import Json, print_json, print_table


def config(*, json: Json = False) -> None:
    """Show the effective settings; secrets are masked.

    Examples to try:

    ```
    tagstream config
    TAGSTREAM_KAFKA=kafka-1:9092,kafka-2:9092 tagstream config
    tagstream config --json
    ```
    """
    from agents.settings import Settings, meanings

    shown = Settings.load().shown()
    if json:
        print_json(shown)
        return
    rows = [(name, value, meanings()[name]) for name, value in shown.items()]
    print_table("", ("variable", "value", "meaning"), rows)
