"""Is all well? The first look: freshness, lag, workers, servers."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.dashboards.panels import dashboard, lines, quantile, rate, stat

_VISIBLE = "tagstream_event_to_visible_seconds"


def board() -> Dashboard:
    """The dashboard."""
    return (
        dashboard(
            "overview", "tagstream: overview", "Is all well? Then tags follow events at once."
        )
        .with_panel(
            stat(
                "Late",
                "Share of events visible later than a second; 1 % is the objective.",
                f'1 - sum(rate({_VISIBLE}_bucket{{le="1.0"}}[5m]))'
                f" / sum(rate({_VISIBLE}_count[5m]))",
                "percentunit",
                bad_from=0.01,
            )
        )
        .with_panel(
            stat(
                "Events/s",
                "All outcomes together.",
                rate("tagstream_events_total"),
                "eps",
            )
        )
        .with_panel(
            stat(
                "Behind",
                "Events in Kafka that no worker has taken yet.",
                "sum(tagstream_consumer_lag_records)",
                bad_from=10_000,
            )
        )
        .with_panel(
            stat(
                "Partitions ready",
                "Restored and worked on, over all workers.",
                'sum(tagstream_partitions{state="ready"})',
            )
        )
        .with_panel(
            stat(
                "Users",
                "With state.",
                "sum(tagstream_users)",
            )
        )
        .with_panel(
            stat(
                "Servers away",
                "Kafka or Redis, as the workers see them.",
                "sum(tagstream_server_away)",
                bad_from=1,
            )
        )
        .with_panel(
            lines(
                "Event to visible",
                "From a record's arrival in Kafka to its tags in Redis.",
                {f"p{100 * share:g}": quantile(share, _VISIBLE) for share in (0.5, 0.9, 0.99)},
                "s",
            )
        )
        .with_panel(
            lines(
                "Events",
                "Each event has exactly one outcome.",
                {"{{outcome}}": rate("tagstream_events_total", "outcome")},
                "eps",
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Workers",
                "Partitions by worker; a rebalance shows as a step.",
                {"{{instance}} {{state}}": "sum by (instance, state) (tagstream_partitions)"},
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Catalogues",
                "Workers by the catalogue that they decide by; two only while one is rolled out.",
                {
                    "{{catalogue}} {{version}}": "count by (catalogue, version) "
                    "(tagstream_build_info)"
                },
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Memory of the workers",
                "Resident set.",
                {"{{instance}}": "sum by (instance) (process_resident_memory_bytes)"},
                "bytes",
            )
        )
        .with_panel(
            lines(
                "CPU of the workers",
                "Cores; a worker cannot use more than about one.",
                {"{{instance}}": rate("process_cpu_seconds_total", "instance")},
            )
        )
    )
