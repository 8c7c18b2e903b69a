"""Does Redis take what is written, and how full is it? As the workers see it."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.dashboards.panels import dashboard, lines, quantile, rate, stat


def board() -> Dashboard:
    """The dashboard."""
    return (
        dashboard("redis", "tagstream: Redis", "Does Redis take what is written? How full is it?")
        .with_panel(
            stat(
                "Full",
                "Of its maxmemory; at 100 % nothing is written. Nothing to show without a limit.",
                "max(tagstream_redis_memory_bytes) / (max(tagstream_redis_memory_limit_bytes) > 0)",
                "percentunit",
                bad_from=0.85,
            )
        )
        .with_panel(
            stat(
                "Bytes a user",
                "All that Redis holds by the users with state; its streams are in it.",
                "max(tagstream_redis_memory_bytes) / sum(tagstream_users)",
                "bytes",
            )
        )
        .with_panel(
            stat(
                "Away",
                "Workers that Redis does not answer.",
                'sum(tagstream_server_away{server="redis"})',
                bad_from=1,
            )
        )
        .with_panel(
            lines(
                "Memory",
                "Used for data, and the limit.",
                {
                    "used": "max(tagstream_redis_memory_bytes)",
                    "limit": "max(tagstream_redis_memory_limit_bytes) > 0",
                },
                "bytes",
            )
        )
        .with_panel(
            lines(
                "Publishing a block",
                "One call a block, its dead letters in it.",
                {
                    f"p{100 * share:g}": (
                        f"histogram_quantile({share}, sum by (le) "
                        '(rate(tagstream_block_seconds_bucket{stage="publish"}[$__rate_interval])))'
                    )
                    for share in (0.5, 0.99)
                },
                "s",
            )
        )
        .with_panel(
            lines(
                "Errors by class",
                "Calls that Redis did not answer or take; the same block is tried again.",
                {"{{class}}": rate("tagstream_redis_errors_total", "class")},
                "ops",
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Refused",
                "Sessions that ended because somebody else took over, or Redis lost data.",
                {"{{instance}}": "sum by (instance) (increase(tagstream_fenced_total[5m]))"},
            )
        )
        .with_panel(
            lines(
                "Event to visible, p99",
                "What readers feel of it.",
                {"p99": quantile(0.99, "tagstream_event_to_visible_seconds")},
                "s",
            )
        )
    )
