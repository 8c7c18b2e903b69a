"""Community health as source: what events and time do to the counts of `streams.communities`.

Asked for by a measure `set: community_id`, which says who is a member; without one nothing of
this is generated.
"""

from dataclasses import dataclass
from typing import ClassVar

from streams import communities
from streams.aggregates.figure import Source
from streams.aggregates.set import MOST
from streams.catalogue.model import Catalogue, Measure
from streams.compiler.code import Lines, StateField, block, function, safe, sooner


@dataclass(frozen=True, slots=True)
class CommunitySource:
    """Writes the lines; `members` is the measure with everybody's communities."""

    members: Measure

    functions: ClassVar[dict[str, object]] = {
        "standing": communities.standing,
        "speak": communities.speak,
        "comment": communities.comment,
        "post": communities.post,
        "fade": communities.fade,
        "crowd": communities.crowd,
        "recount": communities.recount,
        "counts_of": communities.counts_of,
    }

    @classmethod
    def of(cls, catalogue: Catalogue) -> "CommunitySource | None":
        """For this catalogue; None if it does not ask for it."""
        sets = (m for m in catalogue.measures.values() if m.aggregate == "set")
        members = next((m for m in sets if m.field == "community_id"), None)
        return None if members is None else cls(members)

    @staticmethod
    def fields() -> list[StateField]:
        """The days of the week with speech, by community, and the contents of the week's posts."""
        day = communities.Day
        return [
            StateField("spoken", dict[str, list[day]] | None, None),  # type: ignore[valid-type] # made at run time
            StateField("said", list[tuple[int, int]], []),
        ]

    def reads_content(self, event_type: str) -> bool:
        """Whether the hash of the content is needed."""
        return event_type in communities.POSTS

    def before(self, event_type: str, source: Source) -> Lines:
        """Before an event is taken in: how its user stands in its community."""
        if not self._counts(event_type) or source["community_id"] == "None":
            return []
        if self._only_speaks(event_type):
            return []
        stood = [f"stood = standing({self._set}, s.spoken, group)"]
        if event_type in self.members.types:
            stood.append(f"full = crowd({self._set}, {MOST})")
        return [f"group = {source['community_id']}", *block("if group is not None", stood)]

    def after(self, event_type: str, source: Source) -> Lines:
        """After it: what it said, and what is different now."""
        if not self._counts(event_type) or source["community_id"] == "None":
            return []
        if self._only_speaks(event_type):
            heard = sooner(f"comment(s, {self._set}, group, time, at, hits.counts)")
            named = f"group = {source['community_id']}"
            return ["# community health", named, *block("if group is not None", heard)]
        lines: Lines = []
        if event_type in communities.SPEECH:
            said = "s, group, time, at"
            is_post = self.reads_content(event_type)
            lines += sooner(
                f"post({said}, {source['content_hash']})" if is_post else f"speak({said})"
            )
        pushed = ", full" if event_type in self.members.types else ""
        lines.append(f"recount(hits.counts, {self._set}, s.spoken, group, stood{pushed})")
        return ["# community health", *block("if group is not None", lines)]

    def settle(self) -> Lines:
        """At an instant: what has left the week, and when the next day does."""
        return block("if s.spoken is not None", sooner(f"fade(s, {self._set}, at, hits.counts)"))

    def counts(self) -> Lines:
        """`counts(s)`: everything that a user counts for."""
        body = [f"return counts_of({self._set}, s.spoken)"]
        return function("counts(s)", "What the user counts for in each community.", body)

    @property
    def _set(self) -> str:
        return f"s.m_{safe(self.members.name)}"

    def _counts(self, event_type: str) -> bool:
        """Whether events of this type can move a count."""
        return event_type in (*communities.SPEECH, *self.members.types, *self.members.removes)

    def _only_speaks(self, event_type: str) -> bool:
        """Whether its events make nobody a member and are no posts: far less can change then."""
        joins = event_type in (*self.members.types, *self.members.removes)
        return event_type in communities.SPEECH and not joins and not self.reads_content(event_type)
