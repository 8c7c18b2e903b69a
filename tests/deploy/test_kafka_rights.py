"""Kafka with TLS, SCRAM and ACLs: exactly what `deploy/` grants is enough, and each part needed."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.errors import Unreachable, WrongUse
from agents.kafka_client import admin
from agents.rights.ask import missing, require_rights
from agents.rights.needed import BITS, Right, needed
from agents.settings import Settings
from tests.conftest import do_without
from tests.deploy.fortress import OPERATOR, PRODUCER, READER, WORKER, Fortress, fortress, grants
from tests.servers import ServerMissing
from tests.servers.kafka.secured import Grant
from tests.servers.worker import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(180)]

USER = "user-4711-wang"
CONTENT = "very-private-words"


@pytest.fixture(scope="module")
def walls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortress]:
    """Both servers with all that protects them; needs a Redis that was built with TLS."""
    try:
        yield from fortress(tmp_path_factory.mktemp("fortress"))
    except ServerMissing as reason:
        do_without(str(reason))


def command(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the program, as a user types it."""
    settings = [f"{name}={value}" for name, value in environment.items()]
    argv = ["env", *settings, sys.executable, "-m", "agents.commands", *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)


def events(folder: Path) -> Path:
    """Good ones and a rejected one."""
    good = {
        "source": "app",
        "type": "post",
        "user_id": USER,
        "content": CONTENT,
        "community_id": "c",
    }
    lines = [{**good, "id": str(n), "time": 1_700_000_000_000 + n} for n in range(20)]
    lines.append({**good, "id": "x", "time": "yesterday"})
    file = folder / "events.ndjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@pytest.fixture(scope="module")
def worked(walls: Fortress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """A worker under exactly the rights in `deploy/`, that has done a little of everything."""
    file = events(tmp_path_factory.mktemp("events"))
    sent = command(walls.environment(PRODUCER, "reader"), "send", str(file))
    assert sent.returncode == 0, sent.stderr
    worker = Worker(walls.environment(WORKER, "writer"))
    try:
        worker.start()
        yield worker
    finally:
        worker.stop()


def test_a_worker_runs_with_exactly_the_rights_in_deploy(walls: Fortress, worked: Worker) -> None:
    """Events in, tags out, a dead letter, checkpoints; the reader reads them by TLS."""
    walls.has_published(USER)
    looked = command(walls.environment(READER, "reader"), "lookup", USER, "--json")
    assert looked.returncode == 0, looked.stderr
    assert "activity" in json.loads(looked.stdout)["tags"]
    assert 'tagstream_dlq_total{reason="bad_field",topic="interactions"} 1.0' in worked.metrics()
    assert "tagstream_checkpoint_seconds_count" in worked.metrics()


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        (("status",), 0, "group tagstream: Stable"),
        (("topics", "--check"), 0, "topics are as they have to be"),
        (("dlq", "list"), 0, "bad_field"),
        (("dlq", "replay"), 1, "0 events sent, 1 rejected again"),
        (("rebuild", "--dry-run"), 0, "nothing was changed"),
        (("verify",), 0, "no difference"),
    ],
)
@pytest.mark.usefixtures("worked")
def test_whoever_is_on_duty_may_do_what_the_runbooks_tell(
    walls: Fortress, words: tuple[str, ...], code: int, shown: str
) -> None:
    """In Redis a reader will do."""
    walls.has_published(USER)
    done = command(walls.environment(OPERATOR, "reader"), *words)
    assert (done.returncode, done.stderr) == (code, "")
    assert shown in done.stdout


@pytest.mark.parametrize(
    ("user", "words", "shown"),
    [
        (WORKER, ("verify",), "no difference"),
        (OPERATOR, ("verify",), "no difference"),
        (OPERATOR, ("rebuild",), "written anew"),
    ],
)
@pytest.mark.usefixtures("worked")
def test_who_mends_redis_may_do_it_as_its_writer(
    walls: Fortress, user: str, words: tuple[str, ...], shown: str
) -> None:
    """As docs/repair.md and the runbooks tell."""
    walls.has_published(USER)
    done = command(walls.environment(user, "writer"), *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert shown in done.stdout
    walls.has_published(USER)


def test_a_worker_with_a_wrong_password_ends_with_one_line(walls: Fortress) -> None:
    environment = walls.environment(WORKER, "writer")
    environment["TAGSTREAM_KAFKA_PASSWORD_FILE"] = str(walls.folder / PRODUCER)
    started = command(environment, "worker")
    assert started.returncode == 2
    assert "TAGSTREAM_KAFKA_USERNAME" in started.stderr.splitlines()[-1]
    assert "Traceback" not in started.stderr


async def test_a_wrong_password_is_named_and_not_shown(walls: Fortress) -> None:
    wrong = walls.settings(WORKER, "writer", kafka_password_file=None, kafka_password="wrong-one")
    with pytest.raises(WrongUse, match="TAGSTREAM_KAFKA_USERNAME") as refusal:
        await require_rights(wrong, across=True)
    assert "wrong-one" not in str(refusal.value)


async def test_a_server_with_a_strangers_certificate_is_not_believed(walls: Fortress) -> None:
    """Nothing is sent to it, and the setting that holds the authorities is named."""
    strange = walls.settings(WORKER, "writer", kafka_ca=walls.certificates.strangers_ca)
    with pytest.raises(WrongUse, match="TAGSTREAM_KAFKA_CA"):
        await require_rights(strange, across=True)


async def test_who_comes_without_tls_gets_nothing(walls: Fortress) -> None:
    plain = walls.settings(WORKER, "writer", kafka_security_protocol="PLAINTEXT")
    with pytest.raises(Unreachable):
        async with admin(plain):
            pass


@pytest.mark.usefixtures("worked")
def test_no_secret_and_nothing_of_a_user_is_ever_printed(walls: Fortress, worked: Worker) -> None:
    """Not in the log of a whole run, in `config`, in an error, or in the title of the process."""
    walls.has_published(USER)
    environment = walls.environment(WORKER, "writer")
    in_url = walls.passwords["writer"]
    environment["TAGSTREAM_REDIS"] = f"rediss://tagstream-writer:{in_url}@localhost:1/0"
    printed = [worked.text, Path(f"/proc/{worked.child.pid}/cmdline").read_text()]
    for done in (
        command(walls.environment(WORKER, "writer"), "config"),
        command(walls.environment(WORKER, "writer"), "config", "--json"),
        command(environment, "worker"),
        command(walls.environment(READER, "reader"), "lookup", "nobody"),
    ):
        printed += [done.stdout, done.stderr]
    for secret in walls.passwords.values():
        assert not [text for text in printed if secret in text]
    assert not [text for text in printed if USER in text or CONTENT in text]
    assert [text for text in printed if "***" in text]


def test_a_worker_listens_on_the_port_of_its_metrics_alone(worked: Worker) -> None:
    """Faust's web server, which shows tables to everybody, is off."""
    port = int(re.sub(r".*:", "", worked.url))
    assert listening(worked.child.pid) == {port}


def listening(pid: int) -> set[int]:
    """The TCP ports that a process accepts connections on."""
    sockets = {
        str(link.readlink())
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink() and "socket:" in str(link.readlink())
    }
    ports = set[int]()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports


async def test_nothing_is_granted_that_a_worker_does_not_need(walls: Fortress) -> None:
    """With each single right taken away, it says which one it lacks.

    After all tests that want the running worker: it may not outlive this.
    """
    settings = walls.settings(WORKER, "writer")
    await require_rights(settings, across=True)
    for grant in grants(WORKER):
        await walls.kafka.revoke([grant])
        with pytest.raises(WrongUse) as refusal:
            await require_rights(settings, across=True)
        await walls.kafka.grant([grant])
        assert f"{grant.operation} on {grant.kind} {grant.name}" in str(refusal.value)
    await require_rights(settings, across=True)


async def test_a_worker_that_lacks_a_right_ends_with_one_line_that_names_it(
    walls: Fortress,
) -> None:
    lacking = Grant(WORKER, "Write", "topic", "profiles.dlq")
    await walls.kafka.revoke([lacking])
    try:
        started = await asyncio.to_thread(command, walls.environment(WORKER, "writer"), "worker")
    finally:
        await walls.kafka.grant([lacking])
    assert started.returncode == 2
    assert "tagstream-worker lacks: Write on topic profiles.dlq" in started.stderr
    assert "Traceback" not in started.stderr


def test_every_right_that_a_worker_needs_is_in_deploy() -> None:
    """Without a server: the list of needed rights and the manifest say the same."""
    granted = {(g.operation, g.kind, g.name, g.pattern) for g in grants(WORKER)}
    for right in needed(Settings.load(), across=True):
        owned = right.kind == "topic" and right.name.startswith("tagstream-")
        name, pattern = ("tagstream-", "prefix") if owned else (right.name, "literal")
        assert (right.operation, right.kind, name, pattern) in granted


def test_what_a_broker_does_not_tell_is_not_held_against_us() -> None:
    right = Right("Read", "topic", "a")
    allowed: dict[tuple[str, str], Any] = {("topic", "a"): 1 << BITS["Write"]}
    assert missing([right], allowed) == [right]
    assert missing([right], {("topic", "a"): 1 << BITS["Read"]}) == []
    assert missing([right], {("topic", "a"): -(2**31)}) == []
    assert missing([right], {}) == []
