"""A Lua script with other text."""

import hashlib
from copy import copy

import pytest

from agents.redis import publisher


def edit(patch: pytest.MonkeyPatch, name: str, old: str, new: str = "") -> None:
    """Let the publisher use a script with other text."""
    script = copy(getattr(publisher, name))
    assert old in script.text
    script.text = script.text.replace(old, new)
    script.sha = hashlib.sha1(script.text.encode(), usedforsecurity=False).hexdigest()
    patch.setattr(publisher, name, script)
