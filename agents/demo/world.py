"""The demo's own little world: its servers, its settings, its worker process."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

from agents.demo.child import Child
from agents.demo.embedded import Servers
from agents.demo.ports import free_port
from agents.kafka_client import PLAIN_BROKER

_KEPT = ("TAGSTREAM_CATALOGUE", "TAGSTREAM_PARTITIONS", "TAGSTREAM_LOG_LEVEL")
_PROBE_S = 5


def environment(servers: Servers) -> dict[str, str]:
    """The settings of everything in the demo."""
    return {
        "TAGSTREAM_KAFKA": servers.kafka,
        "TAGSTREAM_REDIS": servers.redis,
        "TAGSTREAM_METRICS": f"127.0.0.1:{free_port()}",
        "TAGSTREAM_HTTP": f"127.0.0.1:{free_port()}",
        "TAGSTREAM_LOG_FORMAT": "console",
        PLAIN_BROKER: "1",
    }


def move_in(settings: Mapping[str, str]) -> None:
    """Give this process and its children these settings instead of the user's own.

    Those of a real deployment (a login, a topic prefix) would not fit the embedded servers, and
    the demo is not to touch that deployment. The catalogue is the user's to choose.
    """
    for name in list(os.environ):
        if name.startswith("TAGSTREAM_") and name not in _KEPT:
            del os.environ[name]
    os.environ.update(settings)


@contextmanager
def worker_process(folder: Path, metrics: str) -> Iterator[Child]:
    """A real worker, from being ready (partitions assigned and restored) to its clean end."""
    command = [sys.executable, "-m", "agents.commands", "worker"]
    child = Child("the worker", command, folder / "worker.log")
    child.start(ready=lambda: is_ready(metrics), within_s=60)
    try:
        yield child
    finally:
        child.stop(within_s=30)


@contextmanager
def page_process(folder: Path, http: str) -> Iterator[str | None]:
    """The web page, from its first answer to its clean end; None without the extra `web`."""
    if find_spec("uvicorn") is None:
        yield None
        return
    command = [sys.executable, "-m", "agents.commands", "serve"]
    child = Child("the web page", command, folder / "serve.log")
    child.start(ready=lambda: is_ready(http, "healthz"), within_s=60)
    try:
        yield f"http://{http}/"
    finally:
        child.stop(within_s=30)


def is_ready(address: str, probe: str = "readyz") -> bool:
    """Whether the worker, or the web page, at this address says that it works."""
    try:
        return bool(page(address, probe))
    except OSError:
        return False


def page(address: str, name: str) -> str:
    """A page of this HTTP port; raises OSError if there is none, or no whole one."""
    try:
        with urlopen(f"http://{address}/{name}", timeout=_PROBE_S) as answer:
            return str(answer.read().decode())
    except HTTPException as error:  # it ended in the middle of its answer
        raise ConnectionError(f"{address} broke off") from error
