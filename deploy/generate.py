"""Writes the files that are made from others: `make manifests`.

| made | from |
|---|---|
| `kubernetes/kafka/topics.yaml` | `topics.yaml` and the names of the topics |
| `monitoring/prometheus-rule.yaml` | `monitoring/alerts.yaml` |
| `monitoring/dashboards/*.json` | `dashboards/` |

Made files are checked in; a test compares them with what would be made now.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from ruamel.yaml import YAML

from agents.settings import Settings
from agents.topics.plan import MIN_INSYNC_REPLICAS, PARTITIONS, REPLICAS, Topic, planned
from deploy.dashboards import DASHBOARDS

HERE = Path(__file__).parent
_MADE = "# Made by `make manifests` from {}; edit that.\n# yamllint disable rule:line-length\n"


def made() -> dict[Path, str]:
    """Every made file with its text."""
    files = {
        HERE / "kubernetes/kafka/topics.yaml": _MADE.format("topics.yaml") + _topics(),
        HERE / "monitoring/prometheus-rule.yaml": _MADE.format("alerts.yaml") + _prometheus_rule(),
    }
    for name, board in DASHBOARDS.items():
        text = JSONEncoder(sort_keys=True, indent=2).encode(board.build())
        files[HERE / "monitoring/dashboards" / f"{name}.json"] = text + "\n"
    return files


def write() -> None:
    """Writes them."""
    for file, text in made().items():
        file.write_text(text, encoding="utf-8")


def _topics() -> str:
    settings = Settings.model_construct(partitions=PARTITIONS["production"])
    return _yaml(*map(_kafka_topic, planned(settings)))


def _kafka_topic(topic: Topic) -> Mapping[str, Any]:
    """A topic in the words of Strimzi."""
    config = {name: _plain(wanted.value) for name, wanted in topic.configs.items()}
    return {
        "apiVersion": "kafka.strimzi.io/v1beta2",
        "kind": "KafkaTopic",
        "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": "events"}},
        "spec": {
            "partitions": topic.partitions,
            "replicas": REPLICAS,
            "config": {**config, "min.insync.replicas": MIN_INSYNC_REPLICAS},
        },
    }


def _prometheus_rule() -> str:
    rules = YAML(typ="safe").load((HERE / "monitoring/alerts.yaml").read_text(encoding="utf-8"))
    return _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": "tagstream"},
            "spec": rules,
        }
    )


def _plain(value: str) -> str | int:
    return int(value) if value.lstrip("-").isdigit() else value


def _yaml(*documents: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.width = 1_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return "---\n".join(_dumped(yaml, documents))


def _dumped(yaml: YAML, documents: tuple[Mapping[str, Any], ...]) -> Iterator[str]:
    for document in documents:
        out = io.StringIO()
        yaml.dump(document, out)
        yield out.getvalue()


if __name__ == "__main__":
    write()
