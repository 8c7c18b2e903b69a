"""`tagstream serve`: the HTTP API and the web page."""

import typer


def serve() -> None:
    """Serve the HTTP API and the live web page.

    At TAGSTREAM_HTTP, until SIGTERM or Ctrl-C. Users' tags, matches and subscriptions for services
    without a Redis client; for people a page with alerts, rates and tags as they change. Binding
    to other than this machine requires a TAGSTREAM_HTTP_TOKEN. /openapi.json tells all operations,
    docs/http.md explains them. Needs pip install "tagstream[web]".

    Examples to try:

    ```
    tagstream serve
    TAGSTREAM_HTTP=0.0.0.0:8080 TAGSTREAM_HTTP_TOKEN_FILE=/run/secrets/token tagstream serve
    curl -s localhost:8080/v1/users/u-1017/tags | jq .tags.activity.value
    ```
    """
    from agents.errors import WrongUse
    from agents.settings import Settings

    settings = Settings.load()
    try:
        from agents.web.serve import run  # an extra
    except ModuleNotFoundError as missing:
        raise WrongUse(
            f'tagstream serve needs {missing.name}: pip install "tagstream[web]"'
        ) from None
    raise typer.Exit(run(settings))
