"""The hashes that must come of changes: written apart from what follows them in earnest."""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.changes import TagChange

Hashes = Mapping[str, Mapping[str, Any]]
"""User -> tag -> what the hash shows, parsed."""


def fold(changes: Iterable[TagChange], before: Hashes | None = None) -> Hashes:
    """Changes in their order, upon the hashes of before; users without tags are not there."""
    hashes = {user: dict(tags) for user, tags in (before or {}).items()}
    for change in changes:
        tags = hashes.setdefault(change.user_id, {})
        if change.tag is None:
            tags.clear()
        elif change.new is None:
            tags.pop(change.tag, None)
        else:
            tags[change.tag] = {"value": change.new, "since": change.time, "seq": change.seq}
    return {user: tags for user, tags in hashes.items() if tags}
