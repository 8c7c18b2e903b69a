"""`duplicate_content`: the same words pushed into several communities by one user.

Kept is, of each content in each community, the latest time, if it lies within the span of the
newest of them all: at most 256. An event is a hit if it lies in that span and its content is
there in `communities` communities. Events without content or without a community do not count;
neither, with `min_letters`, do those that say less: everybody says good morning.

What several *users* say alike (`users`) no single user's state can show: every such post is told
to the agent that is keyed by content (`streams.contents`), and a hit comes back as an event of the
topic `derived`. Flag and cooldown are the same for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from schemas.alerts import evidence_of
from schemas.contents import letters
from streams.aggregates.figure import Source
from streams.catalogue.fields import Fields
from streams.catalogue.parameters import WITHIN, Parameter, Value, count
from streams.compiler.code import Lines, StateField, block, function
from streams.detectors.kind import ASKS, Hit, Kind, describe, duration
from streams.detectors.recent import shown

MOST_POSTS = 256

Post = tuple[int, str, str, int, str]
"""Time, source and id of an event, the hash of its content, and the community."""


def spreads(posts: list[Post], post: Post, within: int) -> int:
    """Take in an event; in how many communities its content is, 0 if it is too old to count.

    >>> kept = []
    >>> where = ((0, "a"), (5, "b"), (4, "b"), (10, "c"))
    >>> [spreads(kept, (time, "app", "e", 7, group), 10) for time, group in where]
    [1, 2, 2, 2]
    """
    content = post[3]
    _keep_latest(posts, post)
    before = posts[-1][0] - within
    gone = max(0, len(posts) - MOST_POSTS)
    while posts[gone][0] <= before:
        gone += 1
    del posts[:gone]
    return sum(other[3] == content for other in posts) if post[0] > before else 0


def _keep_latest(posts: list[Post], post: Post) -> None:
    """Put the event in its place, unless its content is there in its community and later."""
    said = post[3:]
    for place, other in enumerate(posts):
        if other[3:] == said:
            if other[0] > post[0]:
                return
            del posts[place]
            break
    place = len(posts)
    while place and posts[place - 1][0] > post[0]:
        place -= 1
    posts.insert(place, post)


def duplicate_evidence(posts: list[Post], content: int, within: int) -> dict[str, object]:
    """The latest event in each community, the communities, and the hash of the content."""
    same = [post for post in posts if post[3] == content]
    return evidence_of(
        shown([(time, source, name, None) for time, source, name, _, _ in same]),
        communities=len(same),
        within=within,
        content=f"{content:016x}",
    )


@dataclass(frozen=True, slots=True)
class DuplicateContent(Kind):
    """Keeps what was said where, by its hash."""

    takes: ClassVar[Mapping[str, Parameter]] = {
        "communities": count("into how many communities one user posts the same", optional=True),
        "users": count("how many users post the same", optional=True),
        "within": WITHIN,
        "min_letters": count("texts of fewer letters and digits are not compared", optional=True),
    }
    looks_at: ClassVar[str | None] = "content"
    functions: ClassVar[dict[str, object]] = {
        "Hit": Hit,
        "letters": letters,
        "spreads": spreads,
        "duplicate_evidence": duplicate_evidence,
    }

    @classmethod
    def doubt(cls, fields: Fields, types: tuple[str, ...], found: Mapping[str, Value]) -> None:  # noqa: ARG003 - of no matter
        """One of the two is enough."""
        if "communities" not in fields and "users" not in fields:
            fields.wrong(fields.place, f'{fields.owner} needs "communities", "users" or both')

    @property
    def text(self) -> str:
        """In how many communities, or by how many users, within how long."""
        asked = [f"{self.parameter(n)} {n}" for n in ("communities", "users") if self._has(n)]
        said = "in " + " or by ".join(asked) if self._has("communities") else f"by {asked[0]}"
        within = duration(self.parameter("within"))
        long = f" of {self.parameter('min_letters')} letters" if self._has("min_letters") else ""
        return describe(self.detector, f"same content{long} {said} within {within}")

    def fields(self) -> list[StateField]:
        """What was said where."""
        return [StateField(f"posts_{self.detector.name}", list[Post], [])]

    def fold(self, source: Source) -> Lines:
        """Ask others, if they are to be asked, and look at one's own."""
        own = Kind.fold(self, source) if self._has("communities") else []
        return self._if_long([*self._ask(source), *own], source)

    def needs(self, source: Source) -> str | None:
        """A content and a community."""
        if "None" in (source["content_hash"], source["community_id"]):
            return None
        return f"{source['content_hash']} is not None and {source['community_id']} is not None"

    def hit(self, source: Source) -> tuple[Lines, str]:
        """See `spreads`."""
        post = f"(time, event.source, event.id, {source['content_hash']}, {source['community_id']})"
        spread = f"spreads(s.posts_{self.detector.name}, {post}, {self.parameter('within')})"
        return [], f"{spread} >= {self.parameter('communities')}"

    def hears(self) -> Lines:
        """What was found across users is a hit like others."""
        if not self._has("users"):
            return []
        name = self.detector.name
        signature = f"hear_{name}(s, at, hits, evidence)"
        return function(signature, "Others said the same.", self.struck("evidence"))

    def _ask(self, source: Source) -> Lines:
        content = source["content_hash"]
        if not self._has("users") or content == "None":
            return []
        asked = f"DETECTOR_{self.detector.name}, {{'event': event, 'content': {content}}}, {ASKS}"
        return block(f"if {content} is not None", [f"hits.append(Hit({asked}))"])

    def _if_long(self, lines: Lines, source: Source) -> Lines:
        """Only for what says enough: counted only where the catalogue asks."""
        if not self._has("min_letters"):
            return lines
        said = f"letters({source['content']}) >= {self.parameter('min_letters')}"
        return block(f"if {source['content_hash']} is not None and {said}", lines)

    def _has(self, parameter: str) -> bool:
        return parameter in self.detector.parameters

    def evidence(self, source: Source) -> str:
        """See `duplicate_evidence`."""
        figures = f"{source['content_hash']}, {self.parameter('within')}"
        return f"duplicate_evidence(s.posts_{self.detector.name}, {figures})"
