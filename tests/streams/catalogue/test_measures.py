import pytest

from streams.aggregates import AGGREGATES
from streams.catalogue.load import load
from streams.catalogue.model import Measure, Window
from tests.streams.catalogue.texts import HEAD, PAGE, messages_of

HOUR, DAY = 3_600_000, 86_400_000


def measure(text: str) -> Measure:
    """The measure that a text declares."""
    return load(f"{HEAD}measures:\n  m: {text}\n", "test.yaml").measures["m"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{count: [like]}", "number"),
        ("{sum: amount, of: [payment]}", "money"),
        ("{sum: duration_s, of: [visit]}", "number"),
        ("{mean: amount, of: [payment]}", "number"),
        ("{mean: score, of: [feedback]}", "number"),
        ("{min: amount, of: [payment]}", "money"),
        ("{max: time, of: [payment]}", "time"),
        ("{last: time, of: [visit]}", "time"),
        ("{last: purpose, of: [enquiry, borrow]}", "text"),
        ("{first: amount, of: [payment]}", "money"),
        ("{distinct: content, of: [post]}", "number"),
        ("{top: product, of: [purchase]}", "text"),
        ("{days: [visit], window: 30d}", "number"),
        ("{score: {like: 1, share: -5}}", "number"),
        ("{attribute: a}", "text"),
        ("{attribute: a, type: number}", "number"),
        ("{attribute: a, type: date}", "time"),
        ("{attribute: a, type: bool}", "bool"),
        ("{set: community_id, add: [join]}", "set"),
    ],
)
def test_a_measure_has_the_type_of_what_it_keeps(text: str, kind: str) -> None:
    """Sums of money stay money; means of it are exact numbers, no longer whole hundredths."""
    assert measure(text).type == kind


def test_every_aggregate_is_tried_above_and_told_in_docs() -> None:
    """Thirteen aggregates; whoever adds one adds a line here and in docs/language.md."""
    marks = test_a_measure_has_the_type_of_what_it_keeps.pytestmark  # type: ignore[attr-defined] # pytest puts it there
    assert {text[1:].split(":")[0] for text, _ in marks[0].args[1]} == {*AGGREGATES}
    assert [name for name in AGGREGATES if f"`{name}" not in PAGE] == []


def test_a_step_is_a_24th_of_the_window_by_default() -> None:
    """If that is a whole number of milliseconds."""
    assert measure("{count: [like], window: 24h}").window == Window(DAY, HOUR)
    assert measure("{count: [like], window: 3s}").window == Window(3_000, 125)
    assert '"step" is needed' in messages_of(HEAD + "measures: {m: {count: [like], window: 5s}}")[0]
    assert measure("{count: [like], window: 5s, step: 1s}").window == Window(5_000, 1_000)


def test_without_a_window_a_measure_is_for_ever() -> None:
    """`window` None."""
    assert measure("{count: [default]}").window is None


def test_days_are_counted_in_days() -> None:
    """Calendar days have no bucket of fixed length, so no window in milliseconds."""
    days = measure("{days: [visit], window: 30d}")
    assert (days.days, days.window) == (30, None)


def test_points_and_sets_carry_their_event_types() -> None:
    """`types` are always the events that feed a measure."""
    points = measure("{score: {like: 1, comment: 3}, window: 30d}")
    assert (points.types, points.points) == (("like", "comment"), {"like": 1, "comment": 3})
    joined = measure("{set: community_id, add: [join, post], remove: [leave]}")
    assert (joined.types, joined.removes, joined.field) == (
        *(("join", "post"), ("leave",)),
        "community_id",
    )


def test_an_attribute_is_fed_by_profiles() -> None:
    """The name of the attribute is free, it is the platform's word."""
    grade = measure("{attribute: 信用等级, type: text}")
    assert (grade.types, grade.attribute, grade.attribute_type) == (
        *(("profile",), "信用等级"),
        "text",
    )


def test_an_attribute_has_no_window() -> None:
    """A profile does not wear off."""
    text = HEAD + "measures: {m: {attribute: a, window: 7d}}"
    assert messages_of(text) == [
        'measure "m" has no "window", known are: attribute, type, where',
    ]


def test_a_window_has_a_limited_number_of_steps() -> None:
    """Or the row of a busy user would outgrow a Kafka record."""
    assert measure("{count: [like], window: 100000s, step: 1s}").window == Window(
        100_000_000, 1_000
    )
    assert messages_of(f"{HEAD}measures:\n  m: {{count: [like], window: 30d, step: 1s}}\n") == [
        "a window has at most 100,000 steps, not 2,592,000"
    ]
