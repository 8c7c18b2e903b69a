"""A Lua script with other text."""

import hashlib
from copy import copy

import pytest

from agents.redis import lua


def edit(patch: pytest.MonkeyPatch, name: str, old: str, new: str = "") -> None:
    """Let owners use a script with other text."""
    script = copy(getattr(lua, name))
    assert old in script.text
    script.text = script.text.replace(old, new)
    script.sha = hashlib.sha1(script.text.encode(), usedforsecurity=False).hexdigest()
    patch.setattr(lua, name, script)
