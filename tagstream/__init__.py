"""The public names for services that read tags; nothing else is promised to stay.

`TagClient` is the way in; the others are what it answers (docs/consumers.md).
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agents.redis.client import NothingPublished, TagClient
    from agents.redis.mirror import Mirror
    from agents.redis.news import Away, Back, Begin, Change, End, News, Part, Position
    from agents.redis.stream import Received
    from agents.redis.tags import Tag

__all__ = [
    "Away",
    "Back",
    "Begin",
    "Change",
    "End",
    "Mirror",
    "News",
    "NothingPublished",
    "Part",
    "Position",
    "Received",
    "Tag",
    "TagClient",
    "__version__",
]

__version__ = "0.1.0"  # as in pyproject.toml and the latest of CHANGELOG.md

_MODULES = {
    "agents.redis.client": ("NothingPublished", "TagClient"),
    "agents.redis.mirror": ("Mirror",),
    "agents.redis.news": ("Away", "Back", "Begin", "Change", "End", "News", "Part", "Position"),
    "agents.redis.stream": ("Received",),
    "agents.redis.tags": ("Tag",),
}


def __getattr__(name: str) -> object:
    """Import a name when it is asked for: `tagstream --help` does not need Redis."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
