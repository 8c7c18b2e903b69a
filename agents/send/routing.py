"""Where a line belongs, for those too that are no longer JSON: the worker is the judge of them."""

import re
from typing import Final

from schemas.cloudevents import CONTENT_TYPE
from schemas.events import TOPIC_OF
from schemas.rejects import Rejected
from schemas.routing import Route, route_of

_TYPE: Final = re.compile(r'"type"\s*:\s*"([a-z]{1,32})"')
_USER: Final = re.compile(r'"user_id"\s*:\s*"([^"\\]{1,512})"')
_SUBJECT: Final = re.compile(r'"subject"\s*:\s*"([^"\\]{1,512})"')


def address(line: bytes) -> Route:
    """Where the line is to be sent; raises Rejected if no known type can be made out.

    >>> address(b'{"type":"like","user_id":"u1","weight":NaN}')[:2]
    ('interactions', 'u1')
    """
    try:
        return route_of(line)
    except Rejected as rejected:
        if (guess := _guess(line.decode(errors="replace"))) is None:
            raise rejected from None
        return guess


def _guess(text: str) -> Route | None:
    """By what stands in the text, whatever is wrong with it."""
    found = _TYPE.search(text)
    topic = TOPIC_OF.get(found[1]) if found else None
    if topic is None:
        return None
    structured = '"specversion"' in text
    user = (_SUBJECT if structured else _USER).search(text)
    return Route(topic, user[1] if user else None, CONTENT_TYPE if structured else ())
