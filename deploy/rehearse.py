"""Plays the Dockerfile without a container engine: `python -m deploy.rehearse [FOLDER]`.

COPY and RUN of each stage are done in a folder that stands for `/`: absolute paths of the image
(`/opt/tagstream`, `/src`) are put under it. Then the program is asked who it is, by an
unprivileged user where we may become one, with nothing of ours in its environment.

Not proven by this: that the base image exists and has what we take for granted, the health check
by an engine, the read-only root file system.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

HERE = Path(__file__).parent
CHECKOUT = HERE.parent
NOBODY = 65534
SYSTEM = "/usr/local/bin:/usr/bin:/bin"
_WITHIN_S = 900
_PATHS = re.compile(r"(?<![\w/])/(opt/tagstream|src|tmp)\b")


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Each instruction with its arguments; continued lines are one."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", "").splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), rest.strip()


class Rehearsal:
    """One play of a Dockerfile in a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.at = root, root
        settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        path = f"{self._python()}:{SYSTEM}"
        self.environment = {"PATH": path, "HOME": str(root), **settings}

    def _python(self) -> Path:
        """Put the system's own Python under the image's name: others may use it, unlike ours."""
        folder = self.root / "usr/local/bin"
        folder.mkdir(parents=True, exist_ok=True)
        system = shutil.which("python3", path=SYSTEM)
        if system is None:
            raise FileNotFoundError(f"no python3 in {SYSTEM}")
        (folder / "python").symlink_to(system)
        return folder

    def play(self, dockerfile: str) -> None:
        """All instructions, in order; raises CalledProcessError at the first that fails."""
        for word, rest in instructions(dockerfile):
            _say(f"{word} {rest}")
            match word:
                case "WORKDIR":
                    self.at = self.root / rest.lstrip("/")
                    self.at.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(rest)
                case "RUN":
                    self._run(rest)
                case _:
                    pass  # of the image, not of its files

    def _copy(self, rest: str) -> None:
        """From the checkout; what comes from another stage is in the folder already."""
        if rest.startswith("--from="):
            return
        *sources, target = rest.split()
        for source in sources:
            whole, into = CHECKOUT / source, self.at / target
            if whole.is_dir():
                shutil.copytree(whole, into, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(whole, into)

    def _run(self, command: str) -> None:
        text = _PATHS.sub(rf"{self.root}/\1", command)
        self._call(["/bin/sh", "-ec", text], self.at, self.environment)

    def ask(self, *arguments: str) -> str:
        """Return what the installed program answers to a user without rights or a home."""
        program = self.root / "opt/tagstream/bin/tagstream"
        return self._call([str(program), *arguments], Path("/"), {"PATH": "/usr/bin:/bin"}, NOBODY)

    def _call(
        self, command: list[str], at: Path, environment: dict[str, str], user: int | None = None
    ) -> str:
        if os.geteuid() != 0:
            user = None  # we are without rights ourselves
        done = subprocess.run(  # noqa: S603 - what the Dockerfile says, and what we ask
            command,
            cwd=at,
            env=environment,
            user=user,
            group=user,
            extra_groups=None if user is None else (),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=_WITHIN_S,
        )
        return str(done.stdout)


def main(folder: Path) -> int:
    """Plays the Dockerfile and asks."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    rehearsal = Rehearsal(folder)
    rehearsal.play((HERE / "Dockerfile").read_text(encoding="utf-8"))
    for question in (["--version"], ["config"], ["size", "--events", "9", "--users", "9"]):
        _say(f"tagstream {' '.join(question)}: {rehearsal.ask(*question).splitlines()[0]}")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is the program's voice


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else mkdtemp(prefix="tagstream-image-"))))
