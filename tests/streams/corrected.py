"""The slow reference with people's corrections and with users who are forgotten.

Every word about a tag is kept; which one counts is found anew each time. What the rules say
underneath, with its holds, is kept apart from what is shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.events import Event, Profile
from tests.streams.reference import Reference, User, feeds, holds
from tests.streams.reference_anomalies import RANK, Anomalies


@dataclass
class Corrected(User):
    """A user, what the rules say of each tag, and the word that each tag shows now."""

    ruled: dict[str, tuple[Any, int]] = field(default_factory=dict)
    on: dict[str, Profile] = field(default_factory=dict)


class Corrections(Reference):
    """`forget_after` of the catalogue counts too."""

    def apply(self, event: Event) -> str:
        """As the reference; an event of long ago brings nobody into being."""
        self.settle_to((event.time,))
        self.clock = max(self.clock, event.time)
        name, user = event.user_id, self.users.get(event.user_id)
        same = [e for e in user.events if type(e) is type(event)][-32:] if user else []
        if any((e.source, e.id) == (event.source, event.id) for e in same):
            return "duplicate"
        first = self.ticked < self.clock == event.time  # then the event comes before deadlines
        while user and user.next is not None and user.next <= self.clock - first:
            self.decide(name, user, user.next, "expiry")
            user = self.users.get(name)
        span = self.catalogue.forget_after
        if user is None and span is not None and event.time <= self.clock - span:
            return "late"
        user = self.users.setdefault(name, Corrected(Anomalies(self.catalogue.detectors)))
        user.events.append(event)
        hits = user.anomalies.saw(user.events, self.clock, holds)
        self.alerts += [(name, *hit) for hit in hits]
        self.decide(name, user, self.clock, "override" if event.type == "override" else "event")
        fed = [m for m in self.catalogue.measures.values() if feeds(m, event)]
        return "applied" if all(self.covers(m, event, self.clock) for m in fed) else "late"

    def forgotten_at(self, user: User) -> int | None:
        """The instant at which the user has been silent for too long."""
        span = self.catalogue.forget_after
        return None if span is None else max(e.time for e in user.events) + span

    def instants(self, user: User) -> Iterator[int]:
        """Also the end of a word, that of a hold underneath, and being forgotten."""
        assert isinstance(user, Corrected)
        yield from super().instants(user)
        yield from (e.until for e in words(user) if e.until is not None)
        for name, (_, since) in user.ruled.items():
            if name in self.catalogue.tags:
                yield since + self.catalogue.tags[name].hold
        if (forgotten := self.forgotten_at(user)) is not None:
            yield forgotten

    def decide(self, name: str, user: User, at: int, cause: str) -> None:
        """The rules decide on what they said before; the newest word stands before it."""
        assert isinstance(user, Corrected)
        user.done = at
        gone_at = self.forgotten_at(user)
        if gone_at is not None and gone_at <= at:
            why = "forget_after", {"last_event": gone_at - (self.catalogue.forget_after or 0)}
            gone = [(tag, user.tags[tag]) for tag in self.order if user.tags.get(tag) is not None]
            for tag, old in gone:
                told = None if tag.startswith("anomaly") else why
                self.changes.append((name, tag, old, None, at, cause, told))
            del self.users[name]
            return
        for tag in self.order:
            self.decide_tag(name, user, tag, at, cause)
        user.next = min((later for later in self.instants(user) if later > at), default=None)

    def decide_tag(self, name: str, user: Corrected, tag: str, at: int, cause: str) -> None:
        """One tag."""
        old, was, known = user.tags.get(tag), user.on.pop(tag, None), self.catalogue.tags.get(tag)
        ruled, before = self.ruled(user, tag, at), user.ruled.get(tag, (None, 0))[0]
        if ruled != before:
            user.ruled[tag] = (ruled, at)
        new, told = ruled, None
        word = newest_word(user, tag)
        if word and word.value is not None and (word.until is None or word.until > at):
            user.on[tag] = word
            value: Any = word.value
            new = (sorted(set(value)) if isinstance(value, list) else value) or None
            told = said(word), {tag: ruled}
        elif was and new is None:
            told = said(was), {tag: ruled}
        elif known and (new is not None or before is not None):
            told = self.why(known, before if new is None else new, user, at)
        if new != old or (was is not user.on.get(tag) and new is not None):
            told = None if tag.startswith("anomaly") else told
            self.changes.append((name, tag, old, new, at, cause, told))
            user.tags[tag], user.since[tag] = new, at
            if tag not in user.on:
                user.ruled[tag] = (new, at)

    def ruled(self, user: Corrected, tag: str, at: int) -> Any:
        """What the rules say, holding what they said."""
        known = self.catalogue.tags.get(tag)
        if known is None:
            return self.anomaly(user, tag, at)
        old, since = user.ruled.get(tag, (None, 0))
        new = self.tag(known, user, at)
        if old is not None and at < since + known.hold:
            values = [*(rule.value for rule in known.rules), None]
            new = old if values.index(new) > values.index(old) else new
        return new

    def anomaly(self, user: User, tag: str, at: int) -> Any:
        """The summary of anomalies sees corrected flags."""
        if tag != "anomaly":
            return user.anomalies.tag(tag, at)
        detectors = self.catalogue.detectors
        on = [d.severity for n, d in detectors.items() if user.tags.get(f"anomaly_{n}")]
        return max(on, key=RANK.__getitem__, default=None)


def words(user: User) -> list[Profile]:
    """All corrections of the user."""
    return [e for e in user.events if isinstance(e, Profile) and e.type == "override"]


def newest_word(user: User, tag: str) -> Profile | None:
    """By event time, ties by source and id."""
    about = [word for word in words(user) if word.tag == tag]
    return max(about, key=lambda e: (e.time, e.source, e.id), default=None)


def said(word: Profile) -> str:
    """The text of a word in `why`, without its end."""
    return f"override by {word.by}" if word.by else "override"
