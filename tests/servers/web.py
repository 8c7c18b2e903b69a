"""A real `tagstream serve`, as a user runs it."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

import httpx

from agents.demo.child import Child, tail

_SERVING = re.compile(r"serving at (http://\S+)")


class WebServer:
    """One process: started, stopped; its log is a file."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.log = Path(mkdtemp(prefix="tagstream-serve-")) / "serve.log"
        settings = {
            "TAGSTREAM_LOG_FORMAT": "console",
            "TAGSTREAM_HTTP": "127.0.0.1:0",
            **environment,
        }
        argv = [sys.executable, "-m", "agents.commands", "serve"]
        given = [f"{name}={value}" for name, value in settings.items()]
        self.child = Child("tagstream serve", ["env", *given, *argv], self.log)

    @property
    def url(self) -> str:
        """Where it serves; LookupError before it said so."""
        said = _SERVING.findall(self.log.read_text(encoding="utf-8"))
        if not said:
            raise LookupError(tail(self.log))
        return str(said[-1])

    def start(self, within_s: float = 60.0) -> None:
        """Start it and wait until it knows all users."""
        self.child.start(self.ready, within_s)

    def listens(self) -> bool:
        """Whether it answers at all."""
        return self._status("healthz") is not None

    def ready(self) -> bool:
        """Whether /readyz says so."""
        return self._status("readyz") == 200

    def stop(self) -> None:
        """SIGTERM, and wait."""
        self.child.stop(within_s=60)

    def _status(self, page: str) -> int | None:
        try:
            return httpx.get(f"{self.url}/{page}", timeout=5, trust_env=False).status_code
        except (httpx.HTTPError, LookupError):
            return None
