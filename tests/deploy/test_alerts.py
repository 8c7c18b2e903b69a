import re
import subprocess
from typing import Any

import pytest
from ruamel.yaml import YAML

from agents.commands import COMMANDS
from deploy.manifests import HERE
from tests.deploy.expressions import RUNBOOKS, alerts, asked, expressions, rules

MONITORING = HERE / "monitoring"
CASES: list[dict[str, Any]] = YAML(typ="safe").load(MONITORING / "alerts_test.yaml")["tests"]
_SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


def ran(*command: str) -> None:
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_takes_the_rules(promtool: str) -> None:
    ran(promtool, "check", "rules", "alerts.yaml")


def test_each_alert_fires_and_is_silent_as_its_cases_say(promtool: str) -> None:
    ran(promtool, "test", "rules", "alerts_test.yaml")


def test_each_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    asked_for = [test for case in CASES for test in case["alert_rule_test"]]
    firing = {test["alertname"] for test in asked_for if test["exp_alerts"]}
    silent = {test["alertname"] for test in asked_for if not test["exp_alerts"]}
    assert firing == silent == alerts()


def test_each_rule_has_a_case_that_fires() -> None:
    """Some alerts have two, told apart by the labels that they set."""
    fired = [
        (test["alertname"], alert["exp_labels"])
        for case in CASES
        for test in case["alert_rule_test"]
        for alert in test["exp_alerts"]
    ]
    of_rules = {"severity", "answers"}
    found = [(name, {k: v for k, v in labels.items() if k in of_rules}) for name, labels in fired]
    for rule in rules():
        if "alert" in rule:
            assert rule["labels"].keys() <= of_rules
            assert (rule["alert"], rule["labels"]) in found


def test_each_alert_has_a_page_that_is_named_in_the_list() -> None:
    contents = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
    for rule in rules():
        if "alert" in rule:
            page = HERE.parent / rule["annotations"]["runbook"]
            assert page.read_text(encoding="utf-8").startswith(f"# {rule['alert']}\n")
            assert f"[{rule['alert']}]({page.name})" in contents
            assert rule["labels"]["severity"] in ("page", "ticket")


def pages() -> list[str]:
    return sorted(page.name for page in RUNBOOKS.glob("*.md") if page.name != "README.md")


@pytest.mark.parametrize("name", pages())
def test_a_page_says_what_it_means_who_feels_it_where_to_look_and_how_to_mend_it(name: str) -> None:
    """In this order; and each page has an alert."""
    text = (RUNBOOKS / name).read_text(encoding="utf-8")
    assert re.findall(r"^\*\*(.*?)\.\*\*", text, re.MULTILINE) == [
        "Meaning",
        "Impact",
        "First look",
        "Mend",
    ]
    assert text.splitlines()[0].removeprefix("# ") in alerts()
    for link in re.findall(r"\]\(([a-z-]+\.md)\)", text):
        assert (RUNBOOKS / link).exists()


@pytest.mark.parametrize("name", pages())
def test_the_commands_of_a_page_are_ours(name: str) -> None:
    """What somebody types at three in the morning has to be there."""
    text = (RUNBOOKS / name).read_text(encoding="utf-8")
    for block in _SHELL.findall(text):
        for line in block.splitlines():
            program, command, *_ = line.split()
            assert program in ("tagstream", "kubectl", "redis-cli", "chronyc"), line
            assert program != "tagstream" or command in COMMANDS


def test_every_expression_can_be_parsed() -> None:
    """Alerts, dashboards, runbooks."""
    found = list(expressions())
    assert len(found) > 80
    for _, expression in found:
        assert asked(expression)


def test_a_broken_expression_is_found() -> None:
    with pytest.raises(ValueError, match=r"unclosed|unexpected|invalid"):
        asked("sum(rate(tagstream_events_total[5m])")
