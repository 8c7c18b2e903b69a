"""The one exception that says a server cannot be had on this machine at all."""


class ServerMissing(Exception):  # noqa: N818 - reads as the fact it is
    """What is not here and how to get it; tests are skipped for it, loudly (or fail, in CI)."""
