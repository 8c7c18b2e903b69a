"""Apache Kafka's jars, fetched once by Maven into a folder of the project that git ignores."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.servers.missing import ServerMissing

VERSION = "4.1.0"  # as in pom.xml
HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".servers" / f"kafka-{VERSION}"
MAVEN_WITHIN_S = 600
NEEDS_JAVA = "a Java runtime (17 or later)"


def jars() -> Path:
    """The folder of jars, fetched if it is not there yet; ServerMissing without Java or Maven."""
    java()
    libs = CACHE / "libs"
    if not libs.is_dir():
        fetch(libs)
    return libs


def java_command(main: str, *arguments: str, jvm: tuple[str, ...] = ()) -> list[str]:
    """The command line that runs a class of these jars."""
    logging = f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"
    return [java(), *jvm, logging, "-cp", f"{jars()}/*", main, *arguments]


def java() -> str:
    """The Java that JAVA_HOME names, else the one on the PATH; ServerMissing without either."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else require("java", NEEDS_JAVA)


def fetch(libs: Path) -> None:
    """Let Maven copy the jars beside `libs`, then name them so in one step: all of them or none."""
    maven = require("mvn", "Maven (mvn)")
    libs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=libs.parent) as folder:
        fetched = Path(folder) / "libs"
        run_maven(maven, fetched)
        publish(fetched, libs)


def run_maven(maven: str, into: Path) -> None:
    """`mvn dependency:copy-dependencies`; ServerMissing with Maven's words if it fails."""
    command = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    options = ["-DincludeScope=runtime", f"-DoutputDirectory={into}", *repository()]
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=MAVEN_WITHIN_S, check=False
    )
    if done.returncode:
        raise ServerMissing(f"Maven could not fetch Kafka {VERSION}: {done.stdout[-1500:]}")


def repository() -> list[str]:
    """Where Maven keeps what it downloads: its usual place, or ours for a user without a home."""
    usual = Path.home() / ".m2"
    usable = os.access(usual if usual.exists() else usual.parent, os.W_OK)
    return [] if usable else [f"-Dmaven.repo.local={CACHE.parent / 'm2'}"]


def publish(finished: Path, place: Path) -> None:
    """Move a finished folder to its place; that another run was first is as good."""
    try:
        finished.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def require(program: str, what: str) -> str:
    """The path of a program, or ServerMissing saying what to install."""
    found = shutil.which(program)
    if found is None:
        raise ServerMissing(f"Kafka {VERSION} needs {what}: no `{program}` on the PATH")
    return found
