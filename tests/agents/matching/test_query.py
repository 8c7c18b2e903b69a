"""Reading queries: what they mean, and what is said of wrong ones."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.matching.query import DEEPEST, LONGEST, Every, Has, Not, Query, QueryFault, Some, parse

KNOWN = ("activity", "industry", "communities", "default_history")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("default_history", Has("default_history")),
        ("activity=active", Has("activity", ("active",))),
        (" activity = active ", Has("activity", ("active",))),
        ("activity in (low, active)", Has("activity", ("low", "active"))),
        ("activity in(low,low)", Has("activity", ("low",))),
        ("activity!=low", Every((Has("activity"), Not(Has("activity", ("low",)))))),
        ("not activity=low", Not(Has("activity", ("low",)))),
        ("not not activity", Not(Not(Has("activity")))),
        ('industry="a \\"b\\" \\\\ c"', Has("industry", ('a "b" \\ c',))),
        ('industry="上海"', Has("industry", ("上海",))),
        ('industry="and"', Has("industry", ("and",))),
        ("activity=c-1.0_X", Has("activity", ("c-1.0_X",))),
        (
            "activity or industry=C and not default_history",
            Some(
                (
                    Has("activity"),
                    Every((Has("industry", ("C",)), Not(Has("default_history")))),
                )
            ),
        ),
        (
            "(activity or industry) and default_history",
            Every((Some((Has("activity"), Has("industry"))), Has("default_history"))),
        ),
    ],
)
def test_a_query_means(text: str, query: Query) -> None:
    assert parse(text, KNOWN) == query


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("", 1, "the name of a tag is expected here, not the end"),
        ("activity and", 13, "the name of a tag is expected here, not the end"),
        ("activity=", 10, 'a value is expected after "=", not the end'),
        ("activity=)", 10, 'a value is expected after "=", not ")"'),
        ("activity= and industry=C", 11, 'a value of that name stands in quotes: "and"'),
        ("activity in active", 13, '"(" is expected here, not "active"'),
        ("activity in (low active)", 18, '")" is expected here, not "active"'),
        ("activity in ()", 14, 'a value is expected after "(", not ")"'),
        ("activity not in (low)", 10, 'write "not activity in (...)"'),
        ("(activity", 10, '")" is expected here, not the end'),
        ("activity)", 9, '"and", "or" or the end is expected here, not ")"'),
        ("activity industry", 10, '"and", "or" or the end is expected here'),
        ("activty=low", 1, 'unknown tag "activty", did you mean "activity"?'),
        ("activity AND industry", 10, '"and", "or" or the end'),
        ("NOT activity", 1, 'unknown tag "NOT", did you mean "not"?'),
        ("Activity", 1, 'unknown tag "Activity"'),
        ('"activity"=low', 1, "the name of a tag is expected here"),
        ('industry="C', 10, "this quote is not closed"),
        ("industry=上海", 10, "stands in double quotes"),
        ("activity == low", 11, 'a value is expected after "=", not "="'),
        ("activity > 3", 10, '">" is not understood'),
        ("x" * (LONGEST + 1), LONGEST + 1, "at most 4,000 characters"),
        ("(" * (DEEPEST + 1) + "activity", DEEPEST + 1, "more than 50 parentheses and nots"),
        ("not " * 900 + "activity", 4 * DEEPEST + 1, "more than 50 parentheses and nots"),
    ],
)
def test_a_fault_has_its_column_and_says_what_is_expected(
    text: str, column: int, what: str
) -> None:
    with pytest.raises(QueryFault, match=re.escape(what)) as found:
        parse(text, KNOWN)
    assert found.value.column == column


@given(st.text(max_size=60) | st.text('ain() =!,"\\or', max_size=60))
def test_any_text_is_a_query_or_a_fault_within_it(text: str) -> None:
    """Nothing else is raised, whatever is asked."""
    column = 1
    try:
        parse(text)
    except QueryFault as fault:
        column = fault.column
    assert 1 <= column <= len(text) + 1


def queries_with(values: st.SearchStrategy[str]) -> st.SearchStrategy[Query]:
    """Queries about three tags, that ask for such values."""
    tags = st.sampled_from(["a", "b", "industry"])
    several = st.lists(values, min_size=1, max_size=3, unique=True).map(tuple)
    return st.recursive(
        st.builds(Has, tags) | st.builds(Has, tags, several),
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple))
        ),
        max_leaves=6,
    )


def written(query: Query) -> str:
    """A query as text, with parentheses around everything."""
    match query:
        case Has(tag, None):
            return tag
        case Has(tag, values):
            return f"{tag} in ({', '.join(map(quoted, values or ()))})"
        case Not(inner):
            return f"not ({written(inner)})"
        case Every(parts):
            return " and ".join(f"({written(part)})" for part in parts)
        case Some(parts):
            return " or ".join(f"({written(part)})" for part in parts)


def quoted(value: str) -> str:
    """A value in double quotes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(queries_with(st.text(min_size=1, max_size=5)))
def test_a_query_written_down_is_read_back(query: Query) -> None:
    """Precedence, quotes and parentheses lose nothing."""
    assert parse(written(query)) == query
