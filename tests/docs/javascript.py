"""The JavaScript example with the Redis client that it asks npm for, fetched once."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.kafka.jars import publish
from tests.servers.missing import ServerMissing

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "javascript"
PACKAGES = ("package.json", "package-lock.json")
NPM_WITHIN_S = 300


def installed() -> Path:
    """A copy of the example beside its `node_modules`; ServerMissing without Node or npm."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise ServerMissing(f"the JavaScript example needs `{program}` on the PATH")
    place = ROOT / ".servers" / "javascript"
    if not place.is_dir():
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as folder:
            fetched = Path(folder) / "javascript"
            fetch(fetched)
            publish(fetched, place)
    for script in EXAMPLE.glob("*.mjs"):
        shutil.copy(script, place)
    return place


def fetch(into: Path) -> None:
    """`npm ci`; ServerMissing with npm's words if it fails."""
    into.mkdir()
    for file in PACKAGES:
        shutil.copy(EXAMPLE / file, into)
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"],
        cwd=into,
        capture_output=True,
        text=True,
        timeout=NPM_WITHIN_S,
        check=False,
    )
    if done.returncode:
        raise ServerMissing(f"npm could not fetch the example's packages: {done.stderr[-1000:]}")
