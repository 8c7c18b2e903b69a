"""A replay by several real processes: the same bytes, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from agents.commands import replay as command
from agents.commands import run
from agents.errors import Problem
from agents.offline import processes
from agents.offline.batches import FIRST, LAST, Batch
from agents.offline.lines import Advance
from agents.offline.processes import forked, processes_for, receive
from agents.offline.sink import FILES
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from streams.catalogue.load import load
from tests.agents.commands.test_replay import ACROSS, CATALOGUE
from tests.agents.offline.events import line, write
from tests.streams.catalogue.test_packaged import PACKAGED, packaged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere one process does it all")

MIDNIGHT = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
DAY = 86_400_000
NOW_S = MIDNIGHT / 1000 + 5 * 86_400
PLAN = Plan(MIDNIGHT, users=300, rate=40, seconds=100, speed=3 * 864, duplicates=0.02, broken=0.02)
WAIT_S = 60


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4,000 events of three days: some late, some repeated, some broken."""
    file = tmp_path_factory.mktemp("simulated") / "events.ndjson"
    file.write_bytes(b"".join(sent.value + b"\n" for sent in Traffic(PLAN)))
    return file


@pytest.mark.parametrize("name", ["tag_job", "community_lending"])
def test_any_number_of_processes_writes_the_same_bytes(
    name: str,
    events: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And counts the same; at the same time, for what is rejected as ahead of it tells how far."""
    monkeypatch.setattr(command, "time", SimpleNamespace(time=lambda: NOW_S, perf_counter=float))
    figures, written = set[str](), list[dict[str, bytes]]()
    for number in (1, 2, 3):
        out = tmp_path / str(number)
        until = str(MIDNIGHT + 2 * DAY)
        options = ["--catalogue", str(PACKAGED / f"{name}.yaml"), "--until", until]
        options += ["--out", str(out), "--processes", str(number), "--json"]
        assert run(["replay", str(events), *options]) == 0
        figures.add(capsys.readouterr().out.partition('"seconds"')[0])
        written.append({file: (out / file).read_bytes() for file in FILES})
    assert written[0] == written[1] == written[2]
    assert len(figures) == 1
    assert all(written[0][file] for file in FILES if (name, file) != ("tag_job", "alerts.ndjson"))


def test_one_process_where_more_would_not_help_or_not_be_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One core, small files, pipes, users who are not independent."""
    job, large = packaged("tag_job"), 1 << 30
    file = write(tmp_path / "events", line("u1", 0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 5})
    assert processes_for(job, [file], large, None) == 3
    assert processes_for(job, [file], large, 2) == 2
    assert processes_for(job, [file], 1_000, None) == 1
    assert processes_for(job, [file], 1_000, 2) == 2
    os.mkfifo(tmp_path / "pipe")
    assert processes_for(job, [file, tmp_path / "pipe"], large, 2) == 1
    across = load(CATALOGUE.partition("detectors:\n")[0] + ACROSS, "across")
    assert processes_for(across, [file], large, 2) == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert processes_for(job, [file], large, None) == 1


def test_what_is_appended_meanwhile_is_not_read_by_some_shares_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is what it was at the start, whenever each process comes to its end."""
    file = write(tmp_path / "events", *(line(f"u{n}", n) for n in range(50)))

    def growing(work: processes.Work, parts: int) -> object:
        with file.open("a") as more:
            more.write(file.read_text().splitlines()[0].replace("u0", "u99") + "\n")
        return forked(work, parts)

    monkeypatch.setattr(processes, "forked", growing)
    catalogue = str(PACKAGED / "tag_job.yaml")
    arguments = ["--catalogue", catalogue, "--processes", "2", "--out", str(tmp_path / "out")]
    assert run(["replay", str(file), *arguments]) == 0
    assert b"u99" not in (tmp_path / "out" / "tags.ndjson").read_bytes()


def test_a_child_that_dies_is_one_clear_line() -> None:
    """Not a wait for ever, and no half of a result that looks whole."""

    def work(part: int, _: Advance) -> Iterator[Batch]:
        yield Batch(FIRST, {})
        if part == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield Batch(LAST, {})

    with forked(work, 2) as pipes:
        assert [receive(pipes[0]).upto, receive(pipes[0]).upto] == [FIRST, LAST]
        receive(pipes[1])
        with pytest.raises(Problem, match="has died"):
            receive(pipes[1])


def test_no_child_is_left_when_the_parent_has_enough() -> None:
    """Also of those that wait until somebody reads."""

    def work(part: int, _: Advance) -> Iterator[Batch]:
        yield Batch(FIRST, {str(os.getpid()): ([], b"")}, read=part)
        while True:
            yield Batch(FIRST, {"x": ([], b"x" * 100_000)})

    with forked(work, 3) as pipes:
        children = [int(next(iter(receive(pipe).lines))) for pipe in pipes]
        assert all(map(_lives, children))
    assert not any(map(_lives, children))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_replay_leaves_no_process(ending: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C goes to the whole group and shows no traceback; who is killed cannot tell anybody."""
    file = tmp_path / "events.ndjson"
    some = write(tmp_path / "some", *(line(f"u{n}", n) for n in range(5_000))).read_text()
    file.write_text(some * 200)
    argv = ["env", "--default-signal=INT"]  # whoever runs the tests may have it ignored
    argv += [sys.executable, "-m", "agents.commands", "replay", str(file), "--processes", "2"]
    argv += ["--catalogue", str(PACKAGED / "tag_job.yaml"), "--out", str(tmp_path / "out")]
    with subprocess.Popen(
        argv, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        _wait(lambda: len(_members(process.pid)) == 3)
        if ending == signal.SIGINT:
            os.killpg(process.pid, ending)
        else:
            process.send_signal(ending)
        _, told = process.communicate(timeout=WAIT_S)
    _wait(lambda: not _members(process.pid))
    assert "Traceback" not in told
    assert process.returncode != 0


INTERRUPTED_AMID_A_FORK = """
import os, signal
from agents.offline.processes import forked
signal.signal(signal.SIGINT, signal.default_int_handler)
os.register_at_fork(after_in_parent=lambda: os.kill(0, signal.SIGINT))
with forked(lambda part, advance: iter(()), 1):
    pass
"""


def test_an_interrupt_amid_a_fork_is_not_lost() -> None:
    """Python drops what is raised in a hook of a fork, so the replay would have gone on."""
    argv = [sys.executable, "-c", INTERRUPTED_AMID_A_FORK]
    done = subprocess.run(
        argv, capture_output=True, text=True, start_new_session=True, timeout=WAIT_S, check=False
    )
    assert done.returncode == -signal.SIGINT
    assert done.stderr.count("Traceback") == 1  # the parent's: nobody catches it here


def _members(session: int) -> list[int]:
    """The processes of a session that live."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session and fields[0] != "Z":
                    found.append(int(entry.name))
    return found


def _lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def _wait(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
