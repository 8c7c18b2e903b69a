"""Lines of events for tests of the offline commands."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def line(user: str, at_s: float, kind: str = "like", **fields: object) -> dict[str, object]:
    """One event, so many seconds after the start."""
    time = START + int(at_s * 1000)
    event = {"id": f"{user}-{kind}-{time}", "source": "test", "type": kind, "user_id": user}
    return {**event, "time": time, **fields}


def write(file: Path, *lines: Mapping[str, object] | str) -> Path:
    """Write a file of these lines; a text stands as it is."""
    texts = (text if isinstance(text, str) else json.dumps(text) for text in lines)
    file.write_text("".join(f"{text}\n" for text in texts))
    return file


def read(file: Path) -> list[dict[str, Any]]:
    """Read the lines of an NDJSON file."""
    return [json.loads(text) for text in file.read_text().splitlines()]
