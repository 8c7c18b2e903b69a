"""Every `why` of a simulated run is checked by somebody who only reads the catalogue."""

from typing import Any

from agents.settings import PACKAGED_CATALOGUE
from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from schemas.changes import ExpiryCause, TagChange, TagValue, Why
from schemas.decode import Decoder
from schemas.topics import INPUT_TOPICS, TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Rule, Tag
from streams.catalogue.order import names_in
from streams.effects import Effects
from streams.engine import Engine, Partition
from tests.streams.reference import Reference, User
from tests.streams.reference_anomalies import RANK
from tests.streams.reference_expressions import evaluate, shown

MIDNIGHT = 1_748_793_600_000  # 2025-06-02 00:00 in Shanghai
DAY_MS = 86_400_000
PLAN = Plan(MIDNIGHT, users=40, rate=50, seconds=60, speed=20 * 1_440, late_by=DAY_MS, late=0.1)
CATALOGUE = load(PACKAGED_CATALOGUE.read_text(encoding="utf-8"), PACKAGED_CATALOGUE.name)


class Checker:
    """Keeps every user's raw events and tags, and recomputes what a `why` says from them."""

    def __init__(self) -> None:
        self.reference = Reference(CATALOGUE)
        self.users: dict[str, User] = {}
        self.checked = 0

    def user(self, name: str) -> User:
        return self.users.setdefault(name, self.reference.stranger(name))

    def change(self, change: TagChange) -> None:
        """A tag began, changed or went: check its why, and remember it."""
        user, at = self.user(change.user_id), change.time
        assert change.tag is not None
        assert change.why is not None
        assert user.tags.get(change.tag) == change.old
        value = change.old if change.new is None else change.new
        assert value is not None
        if change.tag in CATALOGUE.tags:
            tag = CATALOGUE.tags[change.tag]
            rule = self.rule(tag, value, change.why, user, at)
            above = tag.rules if change.new is None else tag.rules[: tag.rules.index(rule)]
            assert makes(tag, rule, value, change.why, at) == (change.new is not None)
            assert not any(self.holds(other, user, at) for other in above)
        else:
            self.anomaly(change.tag, change.new, change.why, at)
        user.tags[change.tag], user.since[change.tag] = change.new, at

    def present(self, tag: Tag, value: TagValue, why: Why, user: User, at: int) -> None:
        """A tag is there: its rule is the first that holds, or was and the value is held."""
        rule = self.rule(tag, value, why, user, at)
        if at >= user.since[tag.name] + tag.hold:
            assert makes(tag, rule, value, why, at)
            above = tag.rules[: tag.rules.index(rule)]
            assert not any(self.holds(other, user, at) for other in above)

    def rule(self, tag: Tag, value: TagValue, why: Why, user: User, at: int) -> Rule:
        """The rule that the why names; what it names has the values that the raw events give."""
        (rule,) = [r for r in tag.rules if r.text == why.rule and r.value in (value, None)]
        rules = tag.rules if rule.condition is None else (rule,)
        names = [name for r in rules if r.condition is not None for name in names_in(r.condition)]
        assert why.measures == {name.name: self.reference.named(name, user, at) for name in names}
        self.checked += 1
        return rule

    def holds(self, rule: Rule, user: User, at: int) -> bool:
        """Whether a rule holds, from the raw events."""
        named = self.reference.named
        return evaluate(rule.condition, lambda name: named(name, user, at), at) is True

    @staticmethod
    def anomaly(tag: str, value: TagValue | None, why: Why, at: int) -> None:
        """A flag is on until the instant it names; the summary is the highest that is on."""
        if tag != "anomaly":
            assert (at < why.measures["until"]) == (value is True)
            return
        on = [flag.removeprefix("anomaly_") for flag, is_on in why.measures.items() if is_on]
        severities = [CATALOGUE.detectors[name].severity for name in on]
        assert value == max(severities, key=RANK.__getitem__, default=None)


def makes(tag: Tag, rule: Rule, value: TagValue, why: Why, at: int) -> bool:
    """Whether the rule, with nothing but what the why says, gives the value."""
    if rule.condition is None:
        return True
    result: Any = evaluate(rule.condition, lambda name: why.measures[name.name], at)
    return bool(shown(result) == value if tag.kind in ("value", "set") else result is True)


def run(checker: Checker) -> Partition:
    """3,000 events of 40 users in twenty days, then ten days of silence; all changes checked."""
    partition, out = Engine(CATALOGUE).partition(0, TOPICS), Effects()
    decoder = Decoder("CNY")
    for offset, sent in enumerate(Traffic(PLAN)):
        event = decoder.decode(sent.topic, sent.value, (), sent.due)
        outcome = partition.apply(INPUT_TOPICS.index(sent.topic), offset, event, sent.due, out)
        by_time = [change for change in out.changes if isinstance(change.cause, ExpiryCause)]
        for change in by_time:  # these came before the event counted
            checker.change(change)
        if outcome in ("applied", "late"):
            checker.user(event.user_id).events.append(event)
        for change in out.changes[len(by_time) :]:
            checker.change(change)
        out.changes.clear()
    partition.tick(MIDNIGHT + 30 * DAY_MS)
    while partition.slice(100, 1_000, out):
        pass
    for change in out.changes:
        checker.change(change)
    return partition


def test_the_rule_and_the_measures_of_every_why_make_the_tag_true() -> None:
    """Of every change in a simulated run, and of every tag of every user at its end."""
    checker = Checker()
    partition = run(checker)
    for name in partition.user_ids():
        user = checker.users[name]
        tags = partition.snapshot(name)
        assert {tag: (state.value, state.since) for tag, state in tags.items()} == {
            tag: (value, user.since[tag]) for tag, value in user.tags.items() if value is not None
        }
        for tag in CATALOGUE.tags.keys() & tags.keys():
            state = tags[tag]
            checker.present(CATALOGUE.tags[tag], state.value, state.why, user, partition.clock)
    assert checker.checked > 1_000
