"""A terminal that types blocks of commands one after the other into one bash."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

_END = "--- end of block:"
_JOB_ENDED = re.compile(r"^.*: line \d+: +\d+ (Killed|Terminated).*\n", re.MULTILINE)


class Terminal:
    """One bash, which keeps its folder, variables and background jobs from block to block."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._blocks = folder.parent
        self._typed = 0
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # its jobs are ended with it
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._bash.pid, 9)
        self._bash.communicate()

    def types(self, commands: str) -> tuple[str, int]:
        """What a block prints, errors too, and the exit code of its last command."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._typed += 1
        file = self._blocks / f"block-{self._typed}.sh"
        file.write_text(commands, encoding="utf-8")
        self._bash.stdin.write(f"source {file} 2>&1 </dev/null; echo; echo '{_END}' $?\n")
        self._bash.stdin.flush()
        printed = ""
        for line in self._bash.stdout:
            if line.startswith(_END):
                return _JOB_ENDED.sub("", printed), int(line.removeprefix(_END))
            printed += line
        raise AssertionError(f"the shell ended:\n{commands}\n{printed}")
