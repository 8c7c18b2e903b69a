from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Name
from tests.streams.catalogue.texts import EVERYTHING, HEAD, MEASURES


def tags(text: str) -> Catalogue:
    """A catalogue with these tags behind those of `MEASURES`."""
    return load(HEAD + MEASURES + text, "test.yaml")


def test_the_four_kinds_of_tag() -> None:
    """`values`, `when`, `value` and `set`."""
    kinds = {name: tag.kind for name, tag in load(EVERYTHING, "everything.yaml").tags.items()}
    assert kinds == {
        "activity": "values",
        "default_history": "flag",
        "credit_grade": "value",
        "industry": "value",
        "communities": "set",
        "scale": "values",
        "micro_owner": "flag",
    }


def test_a_flag_has_one_rule_and_is_true() -> None:
    """Present or absent, nothing else."""
    (rule,) = load(EVERYTHING, "everything.yaml").tags["default_history"].rules
    assert (rule.value, rule.text) == (True, "defaults_ever >= 1")


def test_a_value_or_set_tag_takes_what_its_expression_gives() -> None:
    """The rule's own value is None."""
    catalogue = load(EVERYTHING, "everything.yaml")
    (grade,), (clubs,) = catalogue.tags["credit_grade"].rules, catalogue.tags["communities"].rules
    assert (grade.value, grade.condition) == (None, Name("grade", "measure", "text"))
    assert (clubs.value, clubs.condition) == (None, Name("communities_joined", "measure", "set"))
    assert catalogue.tags["industry"].levels == (1, 2)


def test_a_title_is_there_in_both_languages() -> None:
    """The other language stands in for one that lacks, the name for both."""
    catalogue = tags("  a: {when: seen > 1, title: {zh: 甲}}\n  b: {when: seen > 1}\n")
    assert catalogue.tags["a"].title == {"zh": "甲", "en": "甲"}
    assert catalogue.tags["b"].title == {"zh": "b", "en": "b"}


def test_tags_may_use_tags_that_stand_below_and_flags_of_detectors() -> None:
    """The order of the file is for people."""
    catalogue = tags(
        "  a: {when: b and anomaly_d and anomaly == 'critical'}\n"
        "  b:\n    when: level in ('high', 'low') and 'c1' in member_of\n"
        "detectors:\n  d: {kind: velocity, of: [borrow], count: 3, within: 1h}\n"
    )
    assert catalogue.tags["a"].rules[0].text == "b and anomaly_d and anomaly == 'critical'"


def test_a_rule_may_be_a_literal_of_yaml() -> None:
    """`when: true` is a boolean to YAML and a condition to us."""
    assert tags("  a: {when: true}\n  b: {value: 5}\n").tags["a"].rules[0].text == "true"
