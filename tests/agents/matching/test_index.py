"""The match index against a slow, obvious reference: a loop over all users and all tags."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.matching.index import MatchIndex, Page, WrongCursor
from agents.matching.query import Every, Has, Not, Query, Some, parse
from agents.redis.mirror import Mirror
from agents.redis.news import Begin, Change, End, News, Part, Position
from agents.redis.tags import Tag, Tags
from schemas.changes import ExpiryCause, TagChange, TagValue, Why
from tests.agents.matching.test_query import queries_with

LEVELS = {"industry": (1, 2)}
USERS = ("u1", "u2", "u3")


def change(user: str, tag: str | None, old: TagValue | None, new: TagValue | None) -> TagChange:
    return TagChange(0, user, tag, old, new, 0, ExpiryCause(), Why("", {}), "c@1")


def whole(users: Mapping[str, Mapping[str, TagValue]]) -> MatchIndex:
    """An index of these users, in one partition."""
    index = MatchIndex(LEVELS)
    told = {
        user: {name: Tag(value, 0, 0) for name, value in tags.items()}
        for user, tags in users.items()
    }
    for news in (Begin(0, "first", None), Part(0, (), told), End(0, Position("r", 0))):
        index.apply(news)
    return index


def found(index: MatchIndex, query: str) -> list[str]:
    return sorted(index.match(parse(query)).users)


MEMBERS = whole(
    {
        "ann": {"activity": "active", "industry": "C34", "communities": ["c1", "c12"]},
        "bob": {"activity": "low", "industry": "C", "default_history": True},
        "cid": {"activity": "active", "industry": "D01", "communities": ["c12"]},
        "dan": {"default_history": True},
    }
)


@pytest.mark.parametrize(
    ("query", "users"),
    [
        ("activity=active", ["ann", "cid"]),
        ("activity", ["ann", "bob", "cid"]),
        ("not activity", ["dan"]),
        ("activity!=active", ["bob"]),
        ("not activity=active", ["bob", "dan"]),
        ("activity in (low, active) and not default_history", ["ann", "cid"]),
        ("default_history=true", ["bob", "dan"]),
        ("communities=c12", ["ann", "cid"]),
        ("communities!=c1", ["cid"]),
        ("industry=C", ["ann", "bob"]),
        ("industry=C34", ["ann"]),
        ("industry=C3", []),
        ("industry=34", []),
        ("unheard_of", []),
        ("not unheard_of=x", ["ann", "bob", "cid", "dan"]),
        ("activity=active or default_history", ["ann", "bob", "cid", "dan"]),
        ("activity=active and industry=C and communities=c12 and not default_history", ["ann"]),
    ],
)
def test_a_query_finds(query: str, users: list[str]) -> None:
    assert found(MEMBERS, query) == users


def test_pages_bring_everybody_once_and_the_count_is_of_all() -> None:
    """The last page has no cursor; the limit may divide the number or not."""
    index = whole({f"u{n}": {"activity": "active" if n % 3 else "low"} for n in range(30)})
    for limit in (1, 7, 10, 20, 100):
        users, cursor = list[str](), None
        while True:
            page = index.match(parse("activity=active"), limit, cursor)
            assert page.count == 20
            assert len(page.users) <= limit
            users += page.users
            cursor = page.cursor
            if cursor is None:
                break
        assert sorted(users) == sorted(f"u{n}" for n in range(30) if n % 3)


@pytest.mark.parametrize("cursor", ["", "x", "YQ==", "\N{SNOWMAN}", "YS5iLmM="])
def test_a_cursor_that_this_index_did_not_give_is_refused(cursor: str) -> None:
    with pytest.raises(WrongCursor, match="begin without a cursor"):
        MEMBERS.match(parse("activity"), 10, cursor)


def test_a_cursor_of_another_index_is_refused() -> None:
    """Its numbers mean other users there."""
    other = whole({"x": {"activity": "low"}, "y": {"activity": "low"}})
    cursor = other.match(parse("activity"), 1).cursor
    assert cursor
    with pytest.raises(WrongCursor):
        MEMBERS.match(parse("activity"), 1, cursor)


def test_while_a_new_snapshot_comes_the_old_is_shown_and_then_only_the_new() -> None:
    """A partition that is read again does not vanish meanwhile."""
    index = whole({"u1": {"activity": "low"}, "u2": {"activity": "low"}})
    index.apply(Begin(0, "new run", None))
    index.apply(Part(0, (), {"u2": {"activity": Tag("active", 0, 0)}}))
    assert found(index, "activity=low") == ["u1", "u2"]
    index.apply(End(0, Position("r", 0)))
    assert found(index, "activity") == ["u2"]
    assert index.users == 1
    assert index.distribution("activity") == {"active": 1}


def test_a_user_without_tags_is_forgotten() -> None:
    """Their name, too: an erased user leaves nothing behind."""
    index = whole({"u1": {"activity": "low"}, "u2": {"activity": "low"}})
    gone = change("u1", "activity", "low", None)
    index.apply(Change(0, Position("r", 1), gone, b""))
    index.apply(Change(0, Position("r", 2), change("u2", None, None, None), b""))
    index.apply(Change(0, Position("r", 3), change("u9", None, None, None), b""))
    assert index.match(parse("not activity")) == Page(0, [], None)
    assert index.users == 0
    assert not index.tags() or found(index, "activity") == []
    assert len(index._whole[0].names) == 0


def test_a_number_is_given_out_again() -> None:
    """A community where people come and go does not grow without end."""
    index = whole({"u1": {"activity": "low"}})
    for n in range(100):
        index.apply(Change(0, Position("r", n), change(f"v{n}", "activity", None, "low"), b""))
        index.apply(Change(0, Position("r", n), change(f"v{n}", "activity", "low", None), b""))
    assert len(index._whole[0].names._user) == 2
    assert found(index, "activity") == ["u1"]


# against the reference


def holds(query: Query, tags: Tags) -> bool:
    """Whether a user with these tags is found: the meaning of the language, word by word."""
    match query:
        case Has(tag, None):
            return tag in tags
        case Has(tag, values):
            return tag in tags and any(fits(tag, tags[tag].value, value) for value in values or ())
        case Not(inner):
            return not holds(inner, tags)
        case Every(parts):
            return all(holds(part, tags) for part in parts)
        case Some(parts):
            return any(holds(part, tags) for part in parts)


def fits(tag: str, value: TagValue, asked: str) -> bool:
    if value is True:
        return asked == "true"
    if isinstance(value, list):
        return asked in value
    whole_parts = tag in LEVELS and len(asked) in (1, 3) and str(value).startswith(asked)
    return value == asked or whole_parts


texts = st.sampled_from(["C", "C34", "C35", "D01", "x"])
ASKED = ("C", "C3", "C34", "C35", "D", "x", "true")
TERMS = [Has(tag, (value,)) for tag in ("a", "b", "industry") for value in ASKED]
asked_for = queries_with(st.sampled_from(ASKED))
some_values = st.one_of(st.just(value=True), texts, st.lists(texts, min_size=1, unique=True))
tag_values: st.SearchStrategy[dict[str, TagValue]] = st.fixed_dictionaries(
    {}, optional={"a": some_values, "b": some_values, "industry": texts}
)
partitions = st.sampled_from([0, 1])
users = st.sampled_from(USERS)


def member(partition: int, user: str) -> str:
    """A user belongs to one partition."""
    return f"{user}-{partition}"


pages = st.dictionaries(users, tag_values, max_size=3)
steps = st.one_of(
    st.tuples(st.just("change"), partitions, users, st.sampled_from(["a", "b"]), some_values),
    st.tuples(st.just("gone"), partitions, users, st.sampled_from(["a", "b", "industry"])),
    st.tuples(st.just("erase"), partitions, users),
    st.tuples(st.just("begin"), partitions, pages, pages),
    st.tuples(st.just("page"), partitions, pages),
    st.tuples(st.just("end"), partitions),
)


def news_of(step: tuple, mirror: Mirror, at: int) -> list[News]:  # type: ignore[type-arg] # six shapes
    """The step as news, if it fits what was told before."""
    kind, partition, *rest = step
    coming = mirror.coming.get(partition)
    if kind == "begin":
        return [Begin(partition, "trimmed", None), *(page_of(partition, page) for page in rest)]
    if kind == "end":
        return [End(partition, Position("r", at))] if coming is not None else []
    if kind == "page":
        return [page_of(partition, rest[0])] if coming is not None else []
    known = coming if coming is not None else mirror.whole.get(partition)
    if known is None:
        return []
    user = member(partition, rest[0])
    tag = rest[1] if len(rest) > 1 else None
    had = known.get(user, {}).get(tag) if tag else None
    new = rest[2] if kind == "change" else None
    told = change(user, tag, had.value if had else None, new)
    if coming is not None:
        return [Part(partition, [told], {})]
    return [Change(partition, Position("r", at), told, b"")]


def page_of(partition: int, users: Mapping[str, Mapping[str, TagValue]]) -> Part:
    """A page of a snapshot."""
    page = {
        member(partition, user): {name: Tag(value, 0, 0) for name, value in tags.items()}
        for user, tags in users.items()
    }
    return Part(partition, (), page)


@settings(max_examples=200)
@given(st.lists(steps, min_size=5, max_size=40), st.lists(asked_for, min_size=1, max_size=3))
def test_the_index_finds_whom_a_loop_over_all_users_finds(
    told: list[tuple],  # type: ignore[type-arg] # see news_of
    asked: list[Query],
) -> None:
    """Whatever was told, in whatever order."""
    mirror, index = Mirror(), MatchIndex(LEVELS)
    for at, step in enumerate([("begin", 0), ("end", 0), ("begin", 1), ("end", 1), *told]):
        for news in news_of(step, mirror, at):
            mirror.apply(news)
            index.apply(news)
    for query in [*asked, *TERMS]:
        expected = sorted(user for user, tags in mirror.users() if holds(query, tags))
        page = index.match(query, 100)
        assert sorted(page.users) == expected
        assert page.count == len(expected)
    assert index.users == len(list(mirror.users()))
    for partition, shard in index._whole.items():
        if partition not in mirror.coming:
            assert len(shard.names) == len(shard.everyone)
