from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.catalogue.faults import CatalogueError
from streams.catalogue.load import load
from streams.catalogue.model import Binary, Constant, Name, Window
from tests.streams.catalogue.texts import EVERYTHING, HEAD, faults_of, messages_of

BROKEN = sorted(Path(__file__).with_name("broken").glob("*.yaml"))
HOUR, DAY = 3_600_000, 86_400_000


def test_the_example_of_the_contract_is_a_catalogue() -> None:
    """Header, measures, tags and detectors come out as they stand in the file."""
    catalogue = load(EVERYTHING, "everything.yaml")
    assert (catalogue.id, catalogue.currency) == ("community-lending@1", "CNY")
    assert (catalogue.timezone, catalogue.forget_after) == ("Asia/Shanghai", 730 * DAY)
    assert [*catalogue.measures][:3] == ["interactions_7d", "visit_seconds_7d", "small_borrows_24h"]
    assert [*catalogue.tags] == [
        *("activity", "default_history", "credit_grade", "industry"),
        *("communities", "scale", "micro_owner"),
    ]
    assert [*catalogue.detectors] == ["small_frequent_borrowing"]


def test_a_measure_carries_its_window_and_its_condition() -> None:
    """`where` is typed: an amount is money, compared with an exact number."""
    measure = load(EVERYTHING, "everything.yaml").measures["small_borrows_24h"]
    assert (measure.aggregate, measure.types, measure.line) == ("count", ("borrow",), 9)
    assert measure.window == Window(24 * HOUR, HOUR)
    amount, limit = Name("amount", "field", "money"), Constant(5000, "number")
    assert measure.where == Binary("<", amount, limit, "bool")
    assert measure.where_text == "amount < 5000"


def test_rules_keep_their_text_and_line() -> None:
    """`why` shows the text, generated code leads back to the line."""
    activity = load(EVERYTHING, "everything.yaml").tags["activity"]
    assert [(r.value, r.text, r.line) for r in activity.rules] == [
        ("highly_active", "interactions_7d >= 20", 26),
        ("active", "interactions_7d >= 5", 27),
        ("low", "interactions_7d >= 1", 28),
        ("silent", "else", 29),
    ]
    assert activity.rules[-1].condition is None
    assert (activity.hold, activity.title) == (600_000, {"zh": "活跃度", "en": "Activity"})


def test_a_catalogue_needs_only_a_name_and_a_version() -> None:
    """Everything else has a default."""
    catalogue = load(HEAD + "tags:\n", "small.yaml")
    assert (catalogue.currency, catalogue.timezone, catalogue.forget_after) == ("CNY", "UTC", None)
    assert not catalogue.measures
    assert not catalogue.tags
    assert not catalogue.detectors


def test_the_contracts_own_suggestion() -> None:
    """The message, to the letter."""
    text = EVERYTHING.replace("highly_active: interactions_7d", "highly_active: interaction_7d")
    assert messages_of(text) == [
        'unknown measure "interaction_7d", did you mean "interactions_7d"?'
    ]


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_file() -> None:
    """A user mends a catalogue in one round, not in ten."""
    text = HEAD + (
        "currency: yuan\n"
        "measures:\n"
        "  a: {count: [lik], window: 7}\n"
        "tags:\n"
        "  t: {when: b > 1 and c > 2, dimension: rsk}\n"
        "detectors:\n"
        "  d: {kind: dormant, of: [visit]}\n"
    )
    assert [(f.line, f.column) for f in faults_of(text)] == [
        *((3, 11), (5, 15), (5, 29), (7, 13), (7, 23), (7, 41), (9, 3)),
    ]


def test_a_wrong_measure_is_not_blamed_again_where_it_is_used() -> None:
    """One mistake, one message."""
    text = HEAD + "measures:\n  a: {cuont: [like]}\ntags:\n  t: {when: a > 1 and a == 'x'}\n"
    assert len(faults_of(text)) == 1


def test_a_wrong_tag_is_not_blamed_again_where_it_is_used() -> None:
    """Neither for its type nor for its values."""
    text = HEAD + "tags:\n  a: {valeus: {x: else}}\n  t: {when: a == 'x' or not a}\n"
    assert len(faults_of(text)) == 1


def test_the_error_names_file_line_and_column_of_each_mistake() -> None:
    """As `tagstream check` prints it, and editors make a link of it."""
    with pytest.raises(CatalogueError) as caught:
        load("catalogue: x\nversion: one\n", "shop.yaml")
    assert str(caught.value).startswith('shop.yaml:2:10: "version" must be a whole number')


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_catalogue_is_refused_at_its_one_fault(path: Path) -> None:
    """The first line of each file says where and what."""
    text = path.read_text(encoding="utf-8")
    place, message = text.splitlines()[0].removeprefix("# ").split(" ", 1)
    (fault,) = faults_of(text)
    assert f"{fault.line}:{fault.column}" == place
    assert message in fault.message


def test_there_are_at_least_fifty_broken_catalogues() -> None:
    """A folder that is not found would make the test above pass with nothing."""
    assert len(BROKEN) >= 50


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000,
        "- " * 1_000,
        "a: &a [*a]",
        "\ud800",
        "a: \0",
        "\ufeff" + HEAD,
        "&a a: *a",
        "? [a]\n: b",
        "!!python/object/apply:os.system [ls]",
        HEAD + "version: " + "9" * 5_000,
        HEAD + "measures: " + "{a: " * 300 + "1" + "}" * 300,
        "%YAML 1.1\n---\n" + HEAD,
        HEAD + 'tags:\n  t: {when: "\\0"}\n',
        HEAD + f"tags:\n  t: {{when: {'(' * 400}1{')' * 400} > 2}}\n",
        HEAD + f"tags:\n  t: {{when: {'9' * 900} > 2}}\n",
    ],
)
def test_no_text_however_odd_ends_in_another_error(text: str) -> None:
    """Either a catalogue or a list of faults, each with a place in the file."""
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults_of(text))


PIECES = st.sampled_from(
    [
        *":-[]{}&*!|>'\"%@`#,?\n\t()<=1\0",
        *("\ud800", "\uff41", "null", "1e999", "0x1", "not ", " and ", "else", "\n  "),
        *("days_since(", "&a ", "*a", ": ", "- ", "<<: ", "!!int ", "\n---\n"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_good_catalogue_ends_in_another_error(data: st.DataObject) -> None:
    """Hypothesis cuts pieces out of the example that has everything and puts others in."""
    lines = EVERYTHING.splitlines(keepends=True)
    start = data.draw(st.integers(5, len(lines) - 1))
    text = "".join([*lines[:2], *lines[start : start + 12]])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 8))
        text = text[:at] + data.draw(PIECES) + text[at + cut :]
    for fault in faults_of(text):
        assert 1 <= fault.line <= text.count("\n") + 2


def test_a_section_has_a_limited_number_of_entries() -> None:
    """A program is made of them all; the first that is too many is named."""
    measures = "".join(f"  m{number}: {{count: [like]}}\n" for number in range(1_001))
    with pytest.raises(CatalogueError, match=r"many:1004:3: .*at most 1,000 entries, not 1,001"):
        load(f"catalogue: many\nversion: 1\nmeasures:\n{measures}", "many")
