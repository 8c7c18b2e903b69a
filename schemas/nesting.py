"""How deep a JSON text is nested, however deep: other readers give up by recursion.

Needed for the order of reasons: a text that is broken at the very end of 100,000 open brackets
is `not_json`, an intact one is `too_deep`.
"""

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""[ \t\n\r]*+(?:
        (?P<text>"(?:[^"\\\x00-\x1f]
            |\\["\\/bfnrt]
            |\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4}
            |\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}
        )*+")
        |(?P<scalar>true|false|null|-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+)
        |(?P<sign>[\[\]{},:])
        |(?P<end>\Z)
    )""",
    re.VERBOSE,
)

# What may come next, and what each token leads to. Opening and closing are done by hand.
_VALUE, _FIRST, _KEY, _FIRST_KEY, _COLON, _AFTER = range(6)
_NEXT: Final = {
    (_VALUE, "text"): _AFTER,
    (_FIRST, "text"): _AFTER,
    (_VALUE, "scalar"): _AFTER,
    (_FIRST, "scalar"): _AFTER,
    (_KEY, "text"): _COLON,
    (_FIRST_KEY, "text"): _COLON,
    (_COLON, ":"): _VALUE,
}
_OPENS: Final = {"[": _FIRST, "{": _FIRST_KEY}
_CLOSES: Final = {"]": ("[", _FIRST), "}": ("{", _FIRST_KEY)}
_AFTER_COMMA: Final = {"[": _VALUE, "{": _KEY}


def depth_of(text: str) -> int:
    """Return the deepest nesting (`{}` is 1, a scalar 0); ValueError if it is not JSON."""
    opened: list[str] = []
    state, position, deepest = _VALUE, 0, 0
    while match := _TOKEN.match(text, position):
        position, kind = match.end(), str(match.lastgroup)
        if kind == "end":
            break
        lexeme = match[kind] if kind == "sign" else kind
        state = _step(state, lexeme, opened)
        deepest = max(deepest, len(opened))
    if position < len(text) or opened or state != _AFTER:
        raise ValueError(f"malformed near character {position}")
    return deepest


def _step(state: int, lexeme: str, opened: list[str]) -> int:
    """Return the state after `lexeme`, keeping the stack of what is open."""
    if lexeme in _OPENS and state in {_VALUE, _FIRST}:
        opened.append(lexeme)
        return _OPENS[lexeme]
    if lexeme in _CLOSES and opened:
        opening, empty = _CLOSES[lexeme]
        if opened[-1] == opening and state in {_AFTER, empty}:
            opened.pop()
            return _AFTER
    if lexeme == "," and opened and state == _AFTER:
        return _AFTER_COMMA[opened[-1]]
    if (state, lexeme) in _NEXT:
        return _NEXT[state, lexeme]
    raise ValueError(f"unexpected {lexeme}")
