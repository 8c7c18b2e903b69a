"""What `/metrics` of `tagstream serve` tells: requests, streams, and how the match index stands."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.exposition import generate_latest

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class HttpMetrics:
    """In a registry of their own; labels are routes and statuses, never a user."""

    def __init__(self, catalogue: str) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "tagstream_http_requests", "Requests answered", ("route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "tagstream_http_request_seconds",
            "Time to the end of an answer; not of streams",
            ("route",),
            registry=registry,
            buckets=_SECONDS,
        )
        self._streams = Gauge("tagstream_http_streams", "Streams open", registry=registry)
        self._users = Gauge("tagstream_match_users", "Users that match knows", registry=registry)
        self._behind = Gauge(
            "tagstream_match_behind", "1 while match answers from before", registry=registry
        )
        build = Info("tagstream_build", "What runs", registry=registry)
        build.info({"catalogue": catalogue})

    def answered(self, route: str, status: int, seconds: float | None) -> None:
        """Count a request; None for a stream, whose time says nothing."""
        self._requests.labels(route, str(status)).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)

    def page(self, *, streams: int, users: int, behind: bool) -> bytes:
        """Return the text for Prometheus, with these as they are now."""
        self._streams.set(streams)
        self._users.set(users)
        self._behind.set(behind)
        return generate_latest(self._registry)
