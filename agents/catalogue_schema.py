"""Writes the JSON Schema of catalogues for editors: `python -m agents.catalogue_schema FILE`.

`make schemas` does it, and a test finds the file out of date.
"""

import json
import sys
from pathlib import Path

from streams.catalogue.editors import json_schema


def schema_text() -> str:
    """Return the schema as the file has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), encoding="utf-8")
