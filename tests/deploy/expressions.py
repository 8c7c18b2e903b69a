"""Every PromQL expression that we hand out, and the series that it asks for."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser
from ruamel.yaml import YAML

from deploy.manifests import HERE

RUNBOOKS = HERE.parent / "docs" / "runbooks"
_FENCED = re.compile(r"^```promql\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """A selector of an expression: a series by name, with the labels that it filters by."""

    name: str
    labels: frozenset[str]


def rules() -> list[dict[str, Any]]:
    """All rules of alerts.yaml."""
    text = (HERE / "monitoring/alerts.yaml").read_text(encoding="utf-8")
    return [rule for group in YAML(typ="safe").load(text)["groups"] for rule in group["rules"]]


def alerts() -> set[str]:
    """Their names."""
    return {rule["alert"] for rule in rules() if "alert" in rule}


def expressions() -> Iterator[tuple[str, str]]:
    """Each expression, after where it stands."""
    for rule in rules():
        yield f"alerts.yaml: {rule.get('alert') or rule['record']}", rule["expr"]
    for file in sorted((HERE / "monitoring/dashboards").glob("*.json")):
        for panel in json.loads(file.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                text = target["expr"].replace("$__rate_interval", "1m")
                yield f"{file.name}: {panel['title']}", text
    for page in sorted(RUNBOOKS.glob("*.md")):
        for block in _FENCED.findall(page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                yield page.name, line


def asked(expression: str) -> set[Asked]:
    """The series of an expression; raises ValueError if it is none."""
    found = set[Asked]()

    def visit(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            labels = frozenset(matcher.name for matcher in node.matchers.matchers)
            found.add(Asked(str(node.name), labels))

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found
