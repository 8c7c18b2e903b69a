"""Keeps a match index true by the news: what it may be asked, and whether it is behind."""

from collections.abc import Collection

from agents.matching.index import MatchIndex, Page
from agents.matching.query import parse
from agents.redis.news import Away, Back, Begin, End, News
from streams.catalogue.model import Catalogue
from streams.catalogue.names import SUMMARY, flag_of


class Matcher:
    """Answers queries about all users; tags of the catalogue are known though nobody has them.

    While Redis is away or a new snapshot is under way it answers from what was so before, and
    `behind` says so.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        tags = catalogue.tags.values()
        self.index = MatchIndex({tag.name: tag.levels for tag in tags if tag.levels})
        self._known = known_tags(catalogue)
        self._renewed = set[int]()  # partitions whose snapshot is not through
        self._away = set[int]()

    def take(self, news: News) -> None:
        """Take the next news."""
        self.index.apply(news)
        match news:
            case Begin(partition):
                self._renewed.add(partition)
            case End(partition):
                self._renewed.discard(partition)
            case Away(away):
                self._away.update(away)
            case Back(back):
                self._away.difference_update(back)

    @property
    def behind(self) -> Collection[int]:
        """Partitions of which only what was so before is known."""
        return self._renewed | self._away

    def match(self, query: str, limit: int = 100, cursor: str | None = None) -> Page:
        """Return who is found. Raises QueryFault, WrongCursor."""
        return self.index.match(parse(query, self.known()), limit, cursor)

    def known(self) -> Collection[str]:
        """Return the tags that a query may name."""
        return self._known | self.index.tags()


def known_tags(catalogue: Catalogue) -> frozenset[str]:
    """Return the names of all tags of a catalogue, those of its detectors included."""
    flags = map(flag_of, catalogue.detectors)
    return frozenset([*catalogue.tags, *flags, *([SUMMARY] if catalogue.detectors else [])])
