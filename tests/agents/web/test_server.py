"""The socket, and connections that waste our time."""

import asyncio
import socket

import pytest

from agents.errors import WrongSetting
from agents.web.server import bound, url_of
from tests.agents.web.serving import serving

AWAY = "redis://127.0.0.1:1/0"


def test_a_port_that_is_taken_is_a_wrong_setting_that_names_the_variable() -> None:
    """And port 0 takes a free one."""
    with bound("127.0.0.1:0") as first:
        port = first.getsockname()[1]
        first.listen()
        with pytest.raises(WrongSetting, match=f"TAGSTREAM_HTTP=127.0.0.1:{port} cannot be used"):
            bound(f"127.0.0.1:{port}")
        assert url_of(first) == f"http://127.0.0.1:{port}"


def test_an_address_of_another_machine_is_a_wrong_setting() -> None:
    """Not a traceback."""
    with pytest.raises(WrongSetting, match="cannot be used"):
        bound("192.0.2.1:8080")


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_an_ipv6_address_is_written_in_brackets() -> None:
    """As URLs have it."""
    try:
        listening = bound("[::1]:0")
    except WrongSetting:
        pytest.skip("this machine has no ::1")
    with listening:
        assert url_of(listening).startswith("http://[::1]:")


async def test_a_connection_without_a_request_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a head is not enough; whoever asks is answered at leisure."""
    monkeypatch.setattr("agents.web.server.HEAD_S", 0.3)
    async with serving(AWAY) as server:
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localh")
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        assert (await server.http.get("/healthz")).status_code == 200
        await asyncio.sleep(0.4)  # longer than a head may take
        assert (await server.http.get("/healthz")).status_code == 200
