"""Parts of a measurement in processes of their own; each says in JSON what it saw."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.demo.child import Child, ServerFailed, tail

_LOOK_S = 0.1


def begin(module: str, folder: Path, *arguments: str) -> Child:
    """Start `benchmarks.<module>`; what it says goes into a file of that folder."""
    argv = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    child = Child(module, argv, folder / f"{module}.json")
    child.start(lambda: True)
    return child


async def said(child: Child, within_s: float) -> Mapping[str, Any]:
    """What a process said when it was done; ServerFailed if that is nothing by then."""
    for _ in range(int(within_s / _LOOK_S)):
        if not child.running:
            break
        await asyncio.sleep(_LOOK_S)
    try:
        return dict(json.loads(child.log.read_bytes()))
    except ValueError:
        raise ServerFailed(f"{child.name} failed; it said:\n{tail(child.log)}") from None
