"""Which tags change, and why."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.dashboards.panels import dashboard, lines, rate


def board() -> Dashboard:
    """The dashboard."""
    return (
        dashboard("tags", "tagstream: tags", "Which tags change, and why?")
        .with_panel(
            lines(
                "Changes by tag",
                "One that stands out flutters: look at its limits and its hold.",
                {"{{tag}}": rate("tagstream_tag_changes_total", "tag")},
                "ops",
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Changes by cause",
                "expiry: with no event, because time went by.",
                {"{{cause}}": rate("tagstream_tag_changes_total", "cause")},
                "ops",
                stacked=True,
            )
        )
        .with_panel(
            lines(
                "Changes an event",
                "How much one event sets going.",
                {
                    "changes": (
                        f"{rate('tagstream_tag_changes_total')} / {rate('tagstream_events_total')}"
                    )
                },
            )
        )
        .with_panel(
            lines(
                "Users by partition",
                "Even, unless the keys are not.",
                {"{{partition}}": "max by (partition) (tagstream_users)"},
                stacked=True,
            )
        )
    )
