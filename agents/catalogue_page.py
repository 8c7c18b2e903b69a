"""Writes docs/catalogue.md from the packaged catalogue: `python -m agents.catalogue_page FILE`.

`make schemas` does it, and a test finds the page out of date.
"""

import sys
from pathlib import Path

from agents.catalogue_file import require_catalogue
from agents.settings import PACKAGED_CATALOGUE
from streams.catalogue.page import page

_ROOT = Path(__file__).parents[1]


def packaged_page() -> str:
    """Return the page of the packaged catalogue."""
    name = PACKAGED_CATALOGUE.relative_to(_ROOT).as_posix()
    return page(require_catalogue(PACKAGED_CATALOGUE), name)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(packaged_page(), encoding="utf-8")
