"""Where does an event spend its time? Lag, clocks, stages of a block, checkpoints, recoveries."""

from deploy.dashboards.panels import dashboard, heat, lines, quantile, rate

BOARD = dashboard(
    "pipeline",
    "tagstream: pipeline",
    "Where does an event spend its time?",
    lines(
        "Lag by partition",
        "Events in Kafka that were not handed out yet. One curve that rises alone: stuck.",
        {"{{partition}}": "sum by (partition) (tagstream_consumer_lag_records)"},
    ),
    lines(
        "Clock behind the wall",
        "A partition's clock follows the wall clock less a second while it is caught up.",
        {"{{partition}}": "time() - max by (partition) (tagstream_clock_timestamp_seconds)"},
        "s",
    ),
    lines(
        "A block, by stage",
        "compute: decode and decide; publish: dead letters and the call to Redis.",
        {"{{stage}} p99": quantile(0.99, "tagstream_block_seconds", "stage")},
        "s",
    ),
    lines(
        "Checkpoint",
        "From the cut until the journal is trimmed.",
        {
            f"p{100 * share:g}": quantile(share, "tagstream_checkpoint_seconds")
            for share in (0.5, 0.99)
        },
        "s",
    ),
    heat(
        "How late late events are",
        "Behind the clock of their partition: the windows have to reach further than this.",
        rate("tagstream_event_late_seconds_bucket", "le"),
    ),
    lines(
        "Rejected",
        "By topic and reason; the events are in the dead-letter topics.",
        {"{{topic}} {{reason}}": (rate("tagstream_dlq_total", "topic, reason"))},
        "eps",
        stacked=True,
    ),
    lines(
        "Restoring",
        "How much of the changelog the last restore has read.",
        {"{{partition}}": "max by (partition) (tagstream_recovery_progress_ratio)"},
        "percentunit",
    ),
    lines(
        "Last recovery",
        "From the assignment until all partitions were handed out.",
        {"{{instance}}": "max by (instance) (tagstream_recovery_seconds)"},
        "s",
    ),
    lines(
        "Clocks not believed",
        "A host's clock that is off the broker's, or jumped.",
        {
            "{{instance}} skew": "max by (instance) (tagstream_clock_skew_seconds)",
            "{{instance}} faults": "sum by (instance) (increase(tagstream_clock_faults_total[5m]))",
        },
        "s",
    ),
)
