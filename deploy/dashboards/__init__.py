"""Grafana's dashboards, one file each, built here and checked in as JSON (make manifests).

A panel shows metrics that there are (docs/metrics.md); alerts are `monitoring/alerts.yaml`.
"""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.dashboards import anomalies, overview, pipeline, redis, tags

DASHBOARDS: Mapping[str, Dashboard] = {
    "overview": overview.BOARD,  # is all well? what an operator looks at first
    "pipeline": pipeline.BOARD,  # where does an event spend its time?
    "tags": tags.BOARD,  # which tags change, and why?
    "anomalies": anomalies.BOARD,  # what do the detectors find?
    "redis": redis.BOARD,  # does Redis take what is written, and how full is it?
}
