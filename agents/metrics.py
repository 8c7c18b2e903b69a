"""Every metric, in one list (CONTRACT 10); counted a block, never an event or a user."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

_LATE_S = (60, 300, 900, 3_600, 6 * 3_600, *(days * 86_400 for days in (1, 3, 7, 30, 90, 365)))
_LATENCY_S = (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60, 600)


class Metrics:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.events = counter("events", "Events by outcome", "topic", "outcome")
        self.late = histogram(
            "event_late_seconds", "How far behind the clock late events were", buckets=_LATE_S
        )
        self.tag_changes = counter("tag_changes", "Changes of tags published", "tag", "cause")
        self.alerts = counter("alerts", "Alerts published", "detector", "severity")
        self.visible = histogram(
            "event_to_visible_seconds", "From a record's timestamp to visible in Redis"
        )
        self.block = histogram("block_seconds", "Time a block takes, by stage", "stage")
        self.checkpoint = histogram("checkpoint_seconds", "Time a checkpoint takes")
        self.lag = gauge(
            "consumer_lag_records", "Records in the log not handed out yet", "topic", "partition"
        )
        self.clock = gauge("clock_timestamp_seconds", "Clock of a partition", "partition")
        self.clock_skew = gauge("clock_skew_seconds", "Host clock less broker's, if not believed")
        self.clock_faults = counter("clock_faults", "Times the host's clock was not believed")
        self.recovery = gauge("recovery_seconds", "Time the last restore of partitions took")
        self.recovery_progress = gauge(
            "recovery_progress_ratio",
            "How much of the changelog the last restore read",
            "partition",
        )
        self.away = gauge("server_away", "1 while a server does not answer", "server")
        self.users = gauge("users", "Users with state", "partition")
        self.communities = gauge("communities", "Communities by band of health", "band")
        self.redis_errors = counter("redis_errors", "Times Redis was away", "class")
        self.fenced = counter("fenced", "Calls or sessions refused because somebody else took over")
        self.dlq = counter("dlq", "Rejected events", "topic", "reason")
        self.build_info = Info("tagstream_build", "What runs", registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"tagstream_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"tagstream_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: Sequence[float] = _LATENCY_S
    ) -> Histogram:
        return Histogram(f"tagstream_{name}", text, labels, registry=self.registry, buckets=buckets)
