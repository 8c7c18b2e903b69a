r"""The query language of `match`: text to a small tree, or one clear fault with its position.

    activity=active and industry=C and communities=c12 and not default_history

`tag` alone: the user has it, with whatever value. `tag=value`: with this value; a set contains it,
and of a value with levels any whole prefix matches. `tag!=value`: has the tag, but not so (who
has no such tag is found by `not tag=value`). `tag in (a, b)`: with one of them. Values with other
characters than A-Z a-z 0-9 _ . - stand in double quotes; inside, `\"` and `\\`.
`not` binds closest, then `and`, then `or`.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from agents.errors import WrongUse

LONGEST = 4_000  # characters
DEEPEST = 50  # parentheses and `not`s


@dataclass(frozen=True, slots=True)
class Has:
    """Users who have this tag: with one of the values, or any."""

    tag: str
    values: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """All other users."""

    query: "Query"


@dataclass(frozen=True, slots=True)
class Every:
    """Users found by all of them."""

    queries: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Users found by at least one of them."""

    queries: tuple["Query", ...]


Query = Has | Not | Every | Some


class QueryFault(WrongUse):
    """What is wrong with a query, and where: `column` counts from 1."""

    def __init__(self, text: str, column: int, what: str) -> None:
        super().__init__(f"query, column {column}: {what}")
        self.text, self.column, self.what = text, column, what


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted text or a sign; `column` counts from 1."""

    kind: str
    text: str
    column: int

    @property
    def shown(self) -> str:
        """As messages name it."""
        return "the end" if self.kind == "end" else f'"{self.text}"'


_TOKEN = re.compile(
    r"""\s*(?:(?P<word>[A-Za-z0-9_.-]+)
      |(?P<quoted>"(?:[^"\\]|\\["\\])*")
      |(?P<sign>!=|[=(),])
      |(?P<end>$)
      |(?P<other>.))""",
    re.VERBOSE | re.DOTALL,
)
_TAG = re.compile(r"[a-z][a-z0-9_]{0,62}")
_WORDS = ("and", "or", "not", "in")


def parse(text: str, known: Collection[str] | None = None) -> Query:
    """Return the query. Raises QueryFault, also for a tag that is not among the `known`.

    >>> parse("activity=active and not default_history")
    Every(queries=(Has(tag='activity', values=('active',)), Not(query=Has(tag='default_history', \
values=None))))
    """
    if len(text) > LONGEST:
        raise QueryFault(text, LONGEST + 1, f"at most {LONGEST:,} characters are allowed")
    return _Parser(text, known).parse()


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while True:
        found = _TOKEN.match(text, at)
        assert found is not None, "the last branch matches any character"
        kind = found.lastgroup or ""
        token = Token(kind, found[kind], found.start(kind) + 1)
        if kind == "other":
            raise QueryFault(text, token.column, _why_not_a_token(token.text))
        yield token
        if kind == "end":
            return
        at = found.end()


def _why_not_a_token(character: str) -> str:
    if character == '"':
        return 'this quote is not closed (inside, write \\" for a quote and \\\\ for a backslash)'
    return (
        f'"{character}" is not understood; a value with characters other than A-Z a-z 0-9 _ . - '
        "stands in double quotes"
    )


class _Parser:
    """Recursive descent, one method a rule of the grammar."""

    def __init__(self, text: str, known: Collection[str] | None) -> None:
        self._text, self._known = text, known
        self._tokens = _tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    def parse(self) -> Query:
        query = self._some()
        if self._next.kind != "end":
            raise self._fault(f'"and", "or" or the end is expected here, not {self._next.shown}')
        return query

    def _some(self) -> Query:
        found = [self._every()]
        while self._take("or"):
            found.append(self._every())
        return found[0] if len(found) == 1 else Some(tuple(found))

    def _every(self) -> Query:
        found = [self._one()]
        while self._take("and"):
            found.append(self._one())
        return found[0] if len(found) == 1 else Every(tuple(found))

    def _one(self) -> Query:
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._fault(f"more than {DEEPEST} parentheses and nots in each other")
        try:
            if self._take("not"):
                return Not(self._one())
            if self._take("("):
                found = self._some()
                self._expect(")")
                return found
            return self._term()
        finally:
            self._depth -= 1

    def _term(self) -> Query:
        tag = self._tag()
        if self._take("="):
            return Has(tag, (self._value("="),))
        if self._take("!="):
            return Every((Has(tag), Not(Has(tag, (self._value("!="),)))))
        if self._take("in"):
            return Has(tag, self._values())
        if self._next.text == "not":
            raise self._fault(f'write "not {tag} in (...)"')
        return Has(tag)

    def _tag(self) -> str:
        token = self._next
        if token.kind != "word" or token.text in _WORDS:
            raise self._fault(f"the name of a tag is expected here, not {token.shown}")
        if (self._known is not None and token.text not in self._known) or not _TAG.fullmatch(
            token.text
        ):
            raise self._fault(f"unknown tag {token.shown}{self._meant(token.text)}")
        self._advance()
        return token.text

    def _meant(self, word: str) -> str:
        if word.lower() in _WORDS:
            return f', did you mean "{word.lower()}"?'
        close = get_close_matches(word, sorted(self._known or ()), n=1)
        return f', did you mean "{close[0]}"?' if close else ""

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value("(")]
        while self._take(","):
            values.append(self._value(","))
        self._expect(")")
        return tuple(dict.fromkeys(values))

    def _value(self, after: str) -> str:
        token = self._next
        if token.kind == "quoted":
            self._advance()
            return re.sub(r'\\(["\\])', r"\1", token.text[1:-1])
        if token.kind != "word" or token.text in _WORDS:
            quotes = f'; a value of that name stands in quotes: "{token.text}"'
            hint = quotes if token.text in _WORDS else ""
            raise self._fault(f'a value is expected after "{after}", not {token.shown}{hint}')
        self._advance()
        return token.text

    def _take(self, text: str) -> bool:
        found = self._next.text == text and self._next.kind != "quoted"
        if found:
            self._advance()
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._fault(f'"{text}" is expected here, not {self._next.shown}')

    def _advance(self) -> None:
        self._next = next(self._tokens)

    def _fault(self, what: str) -> QueryFault:
        return QueryFault(self._text, self._next.column, what)
