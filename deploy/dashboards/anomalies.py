"""What the detectors find."""

from deploy.dashboards.panels import dashboard, lines, rate, stat

BOARD = dashboard(
    "anomalies",
    "tagstream: anomalies",
    "What do the detectors find?",
    stat(
        "Alerts in the last hour",
        "All severities; repeats within a cooldown are not counted.",
        "sum(increase(tagstream_alerts_total[1h]))",
    ),
    stat(
        "Critical in the last hour",
        "They stand in the alert streams of Redis, with evidence.",
        'sum(increase(tagstream_alerts_total{severity="critical"}[1h]))',
        bad_from=1,
    ),
    lines(
        "Alerts by detector",
        "A jump after a change of the catalogue is the change's.",
        {"{{detector}}": rate("tagstream_alerts_total", "detector")},
        "ops",
        stacked=True,
    ),
    lines(
        "Alerts by severity",
        "As the catalogue says.",
        {"{{severity}}": rate("tagstream_alerts_total", "severity")},
        "ops",
        stacked=True,
    ),
    lines(
        "Anomaly flags",
        "Changes of the tags that detectors set: on, off by themselves.",
        {
            "{{tag}} {{cause}}": (
                "sum by (tag, cause) "
                '(rate(tagstream_tag_changes_total{tag=~"anomaly.*"}[$__rate_interval]))'
            )
        },
        "ops",
        stacked=True,
    ),
)
