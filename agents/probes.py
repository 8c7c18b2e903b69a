"""The worker's HTTP port: `/metrics`, `/healthz`, `/readyz`, served by a thread of its own.

So that they answer while the main loop is busy, and can say that it is stuck.
"""

import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from agents.errors import WrongSetting
from agents.health import Health

_LOOK_S = 0.05  # how long a stop waits at most; half a second by default

log = logging.getLogger(__name__)


class Probes(ThreadingHTTPServer):
    """Serves a registry and a health; `address` as `host:port`, port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, address: str, registry: CollectorRegistry, health: Health) -> None:
        host, _, port = address.rpartition(":")
        self.registry, self.health = registry, health
        try:
            super().__init__((host.strip("[]"), int(port)), _Handler)
        except OSError as error:
            raise WrongSetting(
                f"TAGSTREAM_METRICS={address} cannot be used ({error.strerror}); "
                "choose another port, or 0 for a free one"
            ) from None
        self.url = f"http://{host}:{self.server_address[1]}"

    def start(self) -> None:
        """Serves from now on."""
        serve = threading.Thread(
            target=self.serve_forever, args=(_LOOK_S,), name="probes", daemon=True
        )
        serve.start()
        log.info("metrics at %s/metrics", self.url)

    def stop(self) -> None:
        """Closes the port."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Probes

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, generate_latest(self.server.registry), CONTENT_TYPE_LATEST)
        elif path == "/healthz":
            self._say(self.server.health.why_dead())
        elif path == "/readyz":
            self._say(self.server.health.why_unready())
        else:
            self._answer(404, b"not found\n")

    def _say(self, wrong: str | None) -> None:
        self._answer(503 if wrong else 200, f"{wrong or 'ok'}\n".encode())

    def _answer(self, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Nothing: a probe a second is no news."""
