"""The slow reference with people's corrections: the rules go on underneath, the word is shown.

Every word about a tag is kept; which one counts is found anew each time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from schemas.events import Profile
from tests.streams.reference import Reference, User


class Corrections(Reference):
    """`words` of a user: what each tag shows now that people have a say in."""

    def instants(self, user: User) -> Iterator[int]:
        """Words end too."""
        yield from super().instants(user)
        yield from (word.until for word in said_of(user) if word.until is not None)

    def decide_tag(self, user: User, tag: str, at: int, cause: str) -> None:
        """The rules decide on what they said before; the newest word stands before it."""
        ruled, old = self.rule(user, tag, at), user.tags.get(tag)
        was, now = user.words.pop(tag, None), newest(user, tag, at)
        if was is None and now is None:
            super().decide_tag(user, tag, at, cause)
            return
        new = ruled
        if now is not None:
            user.words[tag] = now
            new = sorted(set(now.value)) if isinstance(now.value, list) else now.value
            new = new or None
        # the same value for another reason is a change too
        if new != old or (was is not now and new is not None):
            word = now or (was if new is None else None)
            why = (text(word), {tag: ruled}) if word else self.why(user, tag, new, at)
            self.change(user, tag, new, at, cause, why)
            if now is None:  # what comes back holds anew
                user.ruled[tag] = new, at


def said_of(user: User) -> list[Profile]:
    """All that people said."""
    return [e for e in user.events if isinstance(e, Profile) and e.type == "override"]


def newest(user: User, tag: str, at: int) -> Profile | None:
    """The last word about a tag by event time, ties by source and id, unless it is over."""
    about = [word for word in said_of(user) if word.tag == tag]
    last = max(about, key=lambda e: (e.time, e.source, e.id), default=None)
    ended = last is None or last.value is None or (last.until is not None and last.until <= at)
    return None if ended else last


def text(word: Profile) -> str:
    """The text of a word in `why`."""
    by = f" by {word.by}" if word.by else ""
    if word.until is not None:
        end = datetime.fromtimestamp(word.until / 1000, UTC)
        by += f" until {end:%Y-%m-%dT%H:%M:%S}.{word.until % 1000:03}Z"
    return f"override{by}" + (f": {word.reason}" if word.reason else "")
