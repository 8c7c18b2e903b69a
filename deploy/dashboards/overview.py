"""Is all well? The first look: freshness, lag, workers, servers."""

from deploy.dashboards.panels import dashboard, lines, quantile, rate, stat

_VISIBLE = "tagstream_event_to_visible_seconds"

BOARD = dashboard(
    "overview",
    "tagstream: overview",
    "Is all well? Then tags follow events at once.",
    stat(
        "Late",
        "Share of events visible later than a second; 1 % is the objective.",
        f'1 - sum(rate({_VISIBLE}_bucket{{le="1.0"}}[5m])) / sum(rate({_VISIBLE}_count[5m]))',
        "percentunit",
        bad_from=0.01,
    ),
    stat(
        "Events/s",
        "All outcomes together.",
        rate("tagstream_events_total"),
        "eps",
    ),
    stat(
        "Behind",
        "Events in Kafka that no worker has taken yet.",
        "sum(tagstream_consumer_lag_records)",
        bad_from=10_000,
    ),
    stat(
        "Partitions ready",
        "Restored and worked on, over all workers.",
        'sum(tagstream_partitions{state="ready"})',
    ),
    stat(
        "Users",
        "With state.",
        "sum(tagstream_users)",
    ),
    stat(
        "Servers away",
        "Kafka or Redis, as the workers see them.",
        "sum(tagstream_server_away)",
        bad_from=1,
    ),
    lines(
        "Event to visible",
        "From a record's arrival in Kafka to its tags in Redis.",
        {f"p{100 * share:g}": quantile(share, _VISIBLE) for share in (0.5, 0.9, 0.99)},
        "s",
    ),
    lines(
        "Events",
        "Each event has exactly one outcome.",
        {"{{outcome}}": rate("tagstream_events_total", "outcome")},
        "eps",
        stacked=True,
    ),
    lines(
        "Workers",
        "Partitions by worker; a rebalance shows as a step.",
        {"{{instance}} {{state}}": "sum by (instance, state) (tagstream_partitions)"},
        stacked=True,
    ),
    lines(
        "Catalogues",
        "Workers by the catalogue that they decide by; two only while one is rolled out.",
        {"{{catalogue}} {{version}}": "count by (catalogue, version) (tagstream_build_info)"},
        stacked=True,
    ),
    lines(
        "Memory of the workers",
        "Resident set.",
        {"{{instance}}": "sum by (instance) (process_resident_memory_bytes)"},
        "bytes",
    ),
    lines(
        "CPU of the workers",
        "Cores; a worker cannot use more than about one.",
        {"{{instance}}": rate("process_cpu_seconds_total", "instance")},
    ),
)
