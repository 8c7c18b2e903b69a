"""`tagstream serve` as a process."""

import threading

import httpx
import pytest

from agents.commands import run
from tests.agents.published import Published
from tests.servers import GivenRedis, Namespace, RedisServer
from tests.servers.web import WebServer

NOBODY = {"TAGSTREAM_REDIS": "redis://127.0.0.1:1/0"}


@pytest.mark.redis
def test_it_stops_cleanly_though_somebody_listens(
    redis_server: RedisServer | GivenRedis, published: Published, namespace: Namespace
) -> None:
    """SIGTERM ends streams, and the exit code is 0."""
    published.change("u1", "activity", "low")
    server = WebServer(namespace.environment("127.0.0.1:1", redis_server.url))
    server.start()
    began = threading.Event()
    lines = list[str]()

    def listen() -> None:
        with httpx.stream("GET", f"{server.url}/v1/changes?from=start", timeout=60) as answer:
            for line in answer.iter_lines():
                lines.append(line)
                began.set()

    listening = threading.Thread(target=listen)
    listening.start()
    assert began.wait(20)
    process = server.child._process
    server.stop()
    listening.join(20)
    assert not listening.is_alive()
    assert process is not None
    assert process.returncode == 0
    assert "stopped" in server.log.read_text()
    assert any('"user_id":"u1"' in line for line in lines)


def test_it_waits_for_a_redis_that_is_away_and_says_so() -> None:
    """Alive, not ready."""
    server = WebServer(NOBODY)
    server.child.start(server.listens, within_s=60)
    try:
        answer = httpx.get(f"{server.url}/readyz")
        assert answer.status_code == 503
        assert "Redis does not answer at redis://127.0.0.1:1/0" in server.log.read_text()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("0.0.0.0:0", "TAGSTREAM_HTTP_TOKEN is not set, but required"),
        ("192.0.2.1:80", "TAGSTREAM_HTTP=192.0.2.1:80 cannot be used"),
    ],
)
def test_an_address_that_will_not_do_is_exit_2(
    address: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is served."""
    monkeypatch.setenv("TAGSTREAM_HTTP", address)
    if "TOKEN" not in said:
        monkeypatch.setenv("TAGSTREAM_HTTP_TOKEN", "t")
    assert run(["serve"]) == 2
    assert said in capsys.readouterr().err
