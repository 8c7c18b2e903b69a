"""The slow reference with people's corrections and with users who are forgotten.

Every word about a tag is kept; which one counts is found anew each time. What the rules say
underneath, with its holds, is kept apart from what is shown.
"""

from dataclasses import dataclass, field
from typing import Any

from schemas.events import Event, Profile
from tests.streams.stepwise import RANK, Reference, User


@dataclass
class Corrected(User):
    """A user, what the rules say of each tag, and the word that each tag shows now."""

    ruled: dict[str, tuple[Any, int]] = field(default_factory=dict)
    on: dict[str, Profile] = field(default_factory=dict)


class Corrections(Reference):
    """`forget_after` of the catalogue counts too."""

    def apply(self, event: Event, *, alone: bool = False) -> str:
        """As the reference; an event of long ago brings nobody into being."""
        before = self.clock
        if not alone:
            self.settle_to((event.time,))
        self.clock = max(before, self.clock, event.time)
        include = event.time < self.clock or self.ticked >= self.clock
        user = self.users.get(event.user_id)
        if user and self.is_repeat(user, event):
            return "duplicate"
        while user and (at := self.next_instant(user)) is not None:
            if at > self.clock or (at == self.clock and not include):
                break
            self.decide(event.user_id, user, at, "expiry")
            user = self.users.get(event.user_id)
        span = self.catalogue.forget_after
        if user is None and span is not None and event.time <= self.clock - span:
            return "late"
        user = self.users.setdefault(event.user_id, Corrected())
        user.events.append(event)
        for name, detector in self.catalogue.detectors.items():
            self.detect(event.user_id, user, name, detector)
        is_word = event.type == "override"
        self.decide(event.user_id, user, self.clock, "override" if is_word else "event")
        return "late" if any(self.is_late(m, event) for m in self.fed(event)) else "applied"

    def is_repeat(self, user: User, event: Event) -> bool:
        """Among the last 32 of its topic."""
        same = [e for e in user.events if type(e) is type(event)][-32:]
        return any((e.source, e.id) == (event.source, event.id) for e in same)

    def forgotten_at(self, user: User) -> int | None:
        """The instant at which the user has been silent for too long."""
        span = self.catalogue.forget_after
        return None if span is None else max(e.time for e in user.events) + span

    def next_instant(self, user: User) -> int | None:
        """Also the end of a word, and being forgotten."""
        ends = [e.until for e in user.events if isinstance(e, Profile) and e.until is not None]
        later = [at for at in ends if at > user.done]
        rules, forgotten = super().next_instant(user), self.forgotten_at(user)
        return min((at for at in (*later, rules, forgotten) if at is not None), default=None)

    def instants(self, user: User) -> Any:
        """The holds that go on underneath end too."""
        assert isinstance(user, Corrected)
        yield from super().instants(user)
        for name, (_, since) in user.ruled.items():
            if name in self.catalogue.tags:
                yield since + self.catalogue.tags[name].hold

    def decide(self, name: str, user: User, at: int, cause: str) -> None:
        """The rules decide on what they said before; the newest word stands before it."""
        assert isinstance(user, Corrected)
        user.done = max(user.done, at)
        gone_at = self.forgotten_at(user)
        if gone_at is not None and gone_at <= at:
            for tag in self.order:
                if (old := user.tags.get(tag)) is not None:
                    rule = None if tag.startswith("anomaly") else "forget_after"
                    self.changes.append((name, tag, old, None, at, cause, rule))
            del self.users[name]
            return
        for tag in self.order:
            self.decide_tag(name, user, tag, at, cause)

    def decide_tag(self, name: str, user: Corrected, tag: str, at: int, cause: str) -> None:
        """One tag."""
        old, was = user.tags.get(tag), user.on.pop(tag, None)
        ruled, rule = self.ruled(user, tag, at)
        word = newest_word(user, tag)
        if word and word.value is not None and (word.until is None or word.until > at):
            user.on[tag] = word
        now = user.on.get(tag)
        new = ruled
        if now:
            value: Any = sorted(set(now.value)) if isinstance(now.value, list) else now.value
            new, rule = value or None, said(now)
        elif was and new is None:
            rule = said(was)
        if new != old or (was is not now and new is not None):
            rule = None if tag.startswith("anomaly") else rule
            self.changes.append((name, tag, old, new, at, cause, rule))
            user.tags[tag], user.since[tag] = new, at
            if not now:
                user.ruled[tag] = (new, at)

    def tag(self, name: str, user: User, at: int) -> tuple[Any, str | None]:
        """The summary of anomalies sees corrected flags."""
        if name != "anomaly":
            return super().tag(name, user, at)
        detectors = self.catalogue.detectors
        on = [d.severity for n, d in detectors.items() if user.tags.get(f"anomaly_{n}")]
        return max(on, key=RANK.__getitem__, default=None), None

    def ruled(self, user: Corrected, tag: str, at: int) -> tuple[Any, str | None]:
        """What the rules say, holding what they said."""
        known = self.catalogue.tags.get(tag)
        old, since = user.ruled.get(tag, (None, 0))
        new, rule = self.tag(tag, user, at)
        if known and known.hold and old is not None and at < since + known.hold:
            values = [r.value for r in known.rules]
            if new is None or values.index(new) > values.index(old):
                new = old
        if new != old:
            user.ruled[tag] = (new, at)
        if known and new is None:
            rule = next((r.text for r in known.rules if r.value in (old, None)), None)
        elif known and known.kind != "value":
            rule = next(r.text for r in known.rules if r.value == new)
        return new, rule


def newest_word(user: User, tag: str) -> Profile | None:
    """By event time, ties by source and id."""
    words = [e for e in user.events if isinstance(e, Profile) and e.type == "override"]
    about = [word for word in words if word.tag == tag]
    return max(about, key=lambda e: (e.time, e.source, e.id), default=None)


def said(word: Profile) -> str:
    """The text of a word in `why`, without its end."""
    return f"override by {word.by}" if word.by else "override"
