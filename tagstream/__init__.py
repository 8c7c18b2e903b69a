"""The public names for services that read tags; nothing else is promised to stay."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.redis.client import TagClient

__all__ = ["TagClient", "__version__"]

try:
    __version__ = version("tagstream")
except PackageNotFoundError:  # a checkout that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> object:
    """Import the client when it is asked for: `tagstream --help` does not need Redis."""
    if name == "TagClient":
        from agents.redis.client import TagClient  # noqa: PLC0415 - see above

        return TagClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
