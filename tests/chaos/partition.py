"""All that a run left behind of one partition, in Kafka and in Redis."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.names import Names
from agents.settings import Settings
from schemas.journal import Entry
from tests.chaos.changelog import Changelog, Run
from tests.chaos.logs import Logs, read_logs
from tests.chaos.seen import Seen


@dataclass(frozen=True, slots=True)
class Partition:
    """All that is known of one partition at the end.

    `seen` are the moments just before each loss of Redis, and the end, in order.
    """

    number: int
    topics: Sequence[str]  # full names by topic index
    logs: Logs
    changelog: Changelog
    seen: Sequence[Seen]

    @property
    def end(self) -> Seen:
        """As Redis shows it when all is over."""
        return self.seen[-1]

    @property
    def published(self) -> int:
        """How many changes there were, those of lost runs included."""
        whole = [(run, self.fullest(run)) for run in self.changelog.runs]
        return sum(int(seen.meta["seq"]) - run.base.seq for run, seen in whole if seen)

    def fullest(self, run: Run) -> Seen | None:
        """The moment at which most of a run was there; None if it was never seen whole."""
        whole = [seen for seen in self.seen if seen.run == run.id]
        return max(whole, key=lambda seen: seen.calls, default=None)

    def calls(self, run: Run) -> Sequence[Entry]:
        """Those of a run, as far as they were seen."""
        seen = self.fullest(run)
        return [entry for entry in seen.journal if entry.n > run.base.calls] if seen else ()


def partitions_of(settings: Settings, seen: Sequence[Sequence[Seen]]) -> list[Partition]:
    """All partitions, with what Kafka has of them; `seen` are moments, each by partition."""
    names = Names.of(settings)
    changelogs = [Changelog().add(log) for (log,) in read_logs(settings, [names.changelog])]
    logs = read_logs(settings, names.topics)
    return [
        Partition(
            number, names.topics, logs[number], changelog, [moment[number] for moment in seen]
        )
        for number, changelog in enumerate(changelogs)
    ]
