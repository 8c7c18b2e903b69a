"""Every metric, in one list; counted a block, never an event or a user."""

from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector

from schemas.rejects import REASONS
from schemas.topics import INPUT_TOPICS
from tagstream import __version__

_USUAL = ("applied", "rejected")  # outcomes that alerts ask for
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
        self.partitions = gauge("partitions", "Partitions of this worker, by state", "state")
        self.redis_memory = gauge("redis_memory_bytes", "Memory that Redis uses for its data")
        self.redis_limit = gauge("redis_memory_limit_bytes", "Its maxmemory; 0: none is set")
        self.communities = gauge("communities", "Communities by band of health", "band")
        self.redis_errors = counter("redis_errors", "Times Redis was away", "class")
        self.fenced = counter("fenced", "Calls or sessions refused because somebody else took over")
        self.dlq = counter("dlq", "Rejected events", "topic", "reason")
        self.build_info = Info("tagstream_build", "What runs", registry=self.registry)
        ProcessCollector(registry=self.registry)  # memory, CPU, start time of the process
        self._changed: dict[tuple[str | None, type[Any]], Counter] = {}
        self._with_lag = set[tuple[str, str]]()  # topic and partition
        self._shown = set[str]()  # partitions
        self._begin_at_0()

    def changed(self, tag: str | None, cause: type[Any], number: int) -> None:
        """So many changes of a tag by this kind of cause (a class of `schemas.changes`)."""
        series = self._changed.get((tag, cause))
        if series is None:  # looking it up by its labels costs four times the counting
            series = self.tag_changes.labels(tag or "", cause.__struct_config__.tag)
            self._changed[tag, cause] = series
        series.inc(number)

    def describe(self, catalogue: str) -> None:
        """Says what runs: a catalogue that differs between workers is an alert."""
        self.build_info.info({"version": __version__, "catalogue": catalogue})

    def show_partitions(self, ready: Collection[int], assigned: Collection[int]) -> None:
        """Shows how many partitions are ours, and forgets the figures of all others.

        Their new owner tells of them; ours would stand still at what they were, for ever.
        """
        self.partitions.labels("ready").set(len(ready))
        self.partitions.labels("restoring").set(len(set(assigned) - set(ready)))
        for gauge in (self.clock, self.users, self.recovery_progress):
            for partition in self._shown.difference(map(str, assigned)):
                gauge.remove(partition)
        self._shown = set(map(str, assigned))

    def show_lag(self, lag: Mapping[tuple[str, int], int]) -> None:
        """Shows the lag of exactly these topics and partitions."""
        shown = {(topic, str(partition)): records for (topic, partition), records in lag.items()}
        for labels in self._with_lag - shown.keys():
            self.lag.remove(*labels)
        for labels, records in shown.items():
            self.lag.labels(*labels).set(records)
        self._with_lag = set(shown)

    def _begin_at_0(self) -> None:
        """What alerts ask for is there from the start.

        "No event since we started" is a rate of 0 only if there is a series, and a series that
        begins at 1 has lost that one for every rate.
        """
        for topic, outcome in product(INPUT_TOPICS, _USUAL):
            self.events.labels(topic, outcome)
        for topic, reason in product(INPUT_TOPICS, REASONS):
            self.dlq.labels(topic, reason)
        for server in ("kafka", "redis"):
            self.away.labels(server)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"tagstream_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"tagstream_{name}", text, labels, registry=self.registry)

    def _histogram(
        self, name: str, text: str, *labels: str, buckets: Sequence[float] = _LATENCY_S
    ) -> Histogram:
        return Histogram(f"tagstream_{name}", text, labels, registry=self.registry, buckets=buckets)
