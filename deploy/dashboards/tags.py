"""Which tags change, and why."""

from deploy.dashboards.panels import dashboard, lines, rate

BOARD = dashboard(
    "tags",
    "tagstream: tags",
    "Which tags change, and why?",
    lines(
        "Changes by tag",
        "One that stands out flutters: look at its limits and its hold.",
        {"{{tag}}": rate("tagstream_tag_changes_total", "tag")},
        "ops",
        stacked=True,
    ),
    lines(
        "Changes by cause",
        "expiry: with no event, because time went by.",
        {"{{cause}}": rate("tagstream_tag_changes_total", "cause")},
        "ops",
        stacked=True,
    ),
    lines(
        "Changes an event",
        "How much one event sets going.",
        {"changes": (f"{rate('tagstream_tag_changes_total')} / {rate('tagstream_events_total')}")},
    ),
    lines(
        "Users by partition",
        "Even, unless the keys are not.",
        {"{{partition}}": "max by (partition) (tagstream_users)"},
        stacked=True,
    ),
)
