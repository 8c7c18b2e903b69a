"""Grafana's dashboards, one file each, built here and checked in as JSON (make manifests)."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.dashboards import anomalies, overview, pipeline, redis, tags

DASHBOARDS: Mapping[str, Dashboard] = {
    "overview": overview.board(),  # is all well? what an operator looks at first
    "pipeline": pipeline.board(),  # where does an event spend its time?
    "tags": tags.board(),  # which tags change, and why?
    "anomalies": anomalies.board(),  # what do the detectors find?
    "redis": redis.board(),  # does Redis take what is written, and how full is it?
}
