"""Gets a peer that does not come with us, once, into a folder that git ignores."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from agents.errors import Unreachable
from tests.servers.kafka.jars import CACHE, repository, require

HERE = Path(__file__).parent
FETCHED = CACHE.parent / "peers"
QUIX = ("quixstreams==3.28.0", "msgspec>=0.19")
_WITHIN_S = 600


def quix_python() -> Path:
    """Return the Python that has Quix Streams: in an environment of its own."""
    folder = FETCHED / "quix"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        _run([sys.executable, "-m", "venv", str(folder)], "Quix Streams")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, *QUIX], "Quix Streams")
        done.touch()
    return python


def kstreams_jars() -> Path:
    """Return the folder of jars with the job in Kafka Streams; built again each time (seconds)."""
    built = FETCHED / "kstreams"
    maven = [require("mvn", "Maven (mvn)"), "-q", "-B", "-f", str(HERE / "kstreams" / "pom.xml")]
    _run([*maven, f"-Dbuilt={built}", *repository(), "package"], "Kafka Streams")
    return built


def _run(command: Sequence[str], what: str) -> None:
    done = subprocess.run(  # noqa: S603 - a fixed command of ours
        command, capture_output=True, text=True, timeout=_WITHIN_S, check=False
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-1500:].strip()
        raise Unreachable(f"{what} could not be fetched: {said}")
