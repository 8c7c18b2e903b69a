"""Does Redis take what is written, and how full is it? As the workers see it."""

from deploy.dashboards.panels import dashboard, lines, quantile, rate, stat

BOARD = dashboard(
    "redis",
    "tagstream: Redis",
    "Does Redis take what is written? How full is it?",
    stat(
        "Full",
        "Of its maxmemory; at 100 % nothing is written. Nothing to show without a limit.",
        "max(tagstream_redis_memory_bytes) / (max(tagstream_redis_memory_limit_bytes) > 0)",
        "percentunit",
        bad_from=0.85,
    ),
    stat(
        "Bytes a user",
        "All that Redis holds by the users with state; its streams are in it.",
        "max(tagstream_redis_memory_bytes) / sum(tagstream_users)",
        "bytes",
    ),
    stat(
        "Away",
        "Workers that Redis does not answer.",
        'sum(tagstream_server_away{server="redis"})',
        bad_from=1,
    ),
    lines(
        "Memory",
        "Used for data, and the limit.",
        {
            "used": "max(tagstream_redis_memory_bytes)",
            "limit": "max(tagstream_redis_memory_limit_bytes) > 0",
        },
        "bytes",
    ),
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
    ),
    lines(
        "Errors by class",
        "Calls that Redis did not answer or take; the same block is tried again.",
        {"{{class}}": rate("tagstream_redis_errors_total", "class")},
        "ops",
        stacked=True,
    ),
    lines(
        "Refused",
        "Sessions that ended because somebody else took over, or Redis lost data.",
        {"{{instance}}": "sum by (instance) (increase(tagstream_fenced_total[5m]))"},
    ),
    lines(
        "Event to visible, p99",
        "What readers feel of it.",
        {"p99": quantile(0.99, "tagstream_event_to_visible_seconds")},
        "s",
    ),
)
