"""docs/tutorial.md is followed from start to end, as a newcomer would, on real servers.

Each `sh` block is typed into one bash, what stands in a `text` block behind it has to be what it
prints. A block in another language is a file: its first line is a comment with the file's name.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from agents.demo.ports import free_port
from tests.docs.blocks import Block, blocks, shows
from tests.docs.terminal import Terminal
from tests.servers import GivenKafka, GivenRedis, Kafka, RedisServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
READS = (
    *("cat ", "grep ", "tagstream status", "tagstream lookup", "tagstream why", "tagstream watch"),
    *("tagstream dlq list", "tagstream dlq show", "tagstream verify"),
)
"""What shows the same however often it is asked: asked again until a worker is so far."""
PATIENCE_S = 60.0


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone in which `make` has installed everything, with the Python of this test."""
    clone, programs = tmp_path / "clone", tmp_path / "clone" / ".venv" / "bin"
    programs.mkdir(parents=True)
    for path in ROOT.iterdir():
        if path.name not in {".venv", ".servers"}:
            (clone / path.name).symlink_to(path)
    for name, module in (("python", ""), ("tagstream", "-m agents.commands")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    (clone / ".venv" / "installed").touch()
    return clone


@pytest.fixture
def terminal(clone: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A newcomer's, without any setting of ours."""
    foreign = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    environment = {**foreign, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with Terminal(clone, environment) as terminal:
        yield terminal


@pytest.mark.kafka
@pytest.mark.timeout(300)
def test_the_tutorial_can_be_followed_from_start_to_end(
    terminal: Terminal,
    tmp_path: Path,
    kafka: Kafka | GivenKafka,
    redis_server: RedisServer | GivenRedis,
) -> None:
    """Block by block, with these servers, and names that nobody else has on them."""
    page = PAGE.replace("shop", f"shop{uuid4().hex[:6]}")
    for shown, here in (
        ("127.0.0.1:9092", kafka.address),
        ("redis://127.0.0.1:6379/0", redis_server.url),
        ("127.0.0.1:9464", f"127.0.0.1:{free_port()}"),
    ):
        page = page.replace(shown, here)
    for block in blocks(page):
        follow(block, terminal, tmp_path)


def follow(block: Block, terminal: Terminal, home: Path) -> None:
    """Do what a block says."""
    if block.language != "sh":
        name = block.text.partition("\n")[0].removeprefix("# ")
        (shop,) = home.glob("shop*")
        (shop / name).write_text(block.text, encoding="utf-8")
        return
    printed, code = terminal.types(block.text)
    until = time.monotonic() + PATIENCE_S
    while not right(block, printed, code) and again(block) and time.monotonic() < until:
        printed, code = terminal.types(block.text)
    print(f"tutorial.md:{block.line}: {block.text}{printed}")  # noqa: T201 - shown where it fails
    assert right(block, printed, code), f"docs/tutorial.md:{block.line} prints:\n{printed}"


def right(block: Block, printed: str, code: int) -> bool:
    """Whether it printed what the page shows; where it shows nothing: whether it went well."""
    return code == 0 if block.prints is None else shows(block.prints, printed)


def again(block: Block) -> bool:
    """Whether its commands may be typed again."""
    return all(line.startswith(READS) for line in block.text.splitlines())
