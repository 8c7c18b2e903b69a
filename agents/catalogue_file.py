"""The catalogue as a file on disk: read, checked, or one clear line about it."""

from pathlib import Path
from typing import TYPE_CHECKING

from agents.errors import WrongUse
from streams.catalogue.faults import CatalogueError
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue

if TYPE_CHECKING:
    from streams.engine import Engine


def read_catalogue(path: Path) -> Catalogue:
    """Return the catalogue in a file. Raises CatalogueError with all its mistakes, or WrongUse."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise WrongUse(f"catalogue {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse(f"catalogue {path} is not text in UTF-8") from None
    return load(text, str(path))


def require_catalogue(path: Path) -> Catalogue:
    """Return the same for a program that starts with it: a broken catalogue is a wrong setting."""
    try:
        return read_catalogue(path)
    except CatalogueError as error:
        raise WrongUse(f"the catalogue is broken:\n{error}") from None


def require_engine(path: Path) -> "Engine":
    """Return the engine of a catalogue. WrongUse too if it cannot compute some part of it."""
    from streams.engine import Engine, Unsupported  # noqa: PLC0415 - heavy: not for `validate`

    catalogue = require_catalogue(path)
    try:
        return Engine(catalogue)
    except Unsupported as unsupported:
        raise WrongUse(f"catalogue {path}: {unsupported}") from None
