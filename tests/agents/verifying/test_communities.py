"""Counts of communities compared, on histories with checkpoints, losses and calls in between."""

import random
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.applying import replay
from agents.as_of import RowsAsOf
from agents.recovery.ranges import Ranges
from agents.redis.counted import FORBIDDEN, NEW_RUN, NO_JOURNAL, Counted, Page, Torn
from agents.verifying.communities import compare_communities, why_not_replayable
from agents.verifying.verdict import LISTED, Verdict
from schemas.decode import Decoder
from schemas.journal import Entry
from schemas.records import Checkpoint
from schemas.topics import TOPICS
from tests.chaos.small.worker import ENGINE, SmallWorker

ACTIONS = ("join", "join", "leave", "post", "like", "block", "block", "checkpoint", "loss", "page")
GROUPS = ("c1", "c2", "c3")
Counts = dict[str, dict[str, int]]


class Watched(SmallWorker):
    """One whose counts are read in pages, some communities at a time, while it works."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[Page] = []
        self.checkpointed = 0  # calls, when the first page was read

    def page(self, names: Sequence[str]) -> None:
        """As one transaction finds them."""
        if not self.pages:
            assert self._last is not None
            self.checkpointed = self._last.calls
        found = {name: dict(self.counts.get(name, {})) for name in names}
        self.pages.append(Page(self._calls, found))

    def lose_redis(self) -> None:
        """Pages of an older run are of no use."""
        self.pages.clear()
        super().lose_redis()

    def counted(self) -> Counted:
        """What was read; the journal as the first page found it, and what came behind."""
        meta = {"run": self._run}
        journal = [entry for entry in self._journal if entry.n > self.checkpointed]
        until = self.pages[-1].calls
        kept = [entry for entry in journal if entry.n <= until]
        return Counted(meta, self.pages, kept, frozenset(GROUPS), len(self.pages) - 1)


def played(actions: list[tuple[str, int]], chance: random.Random) -> Watched:
    """A life with pages in it, and some of it after the last page."""
    worker = Watched()
    for action, user in actions:
        if action == "page":
            worker.page(chance.sample(GROUPS, 2))
        elif action in ("join", "leave", "post"):
            worker.send(f"u{user}", action, community_id=chance.choice(GROUPS), content="hello")
        else:
            worker.act(action, f"u{user}")
    if not worker.pages:
        worker.page(GROUPS)
    if chance.random() < 0.5:  # who reads the changelog comes later than who read the pages
        worker.send("u0", "join", community_id=chance.choice(GROUPS))
        worker.block()
        worker.checkpoint()
    return worker


def compared(worker: Watched, counted: Counted) -> Verdict:
    """The verdict, from the changelog as it is by now."""
    moment = (counted.meta["run"], counted.pages[0].calls)
    rows = RowsAsOf(ENGINE.partition(0, TOPICS), moment)
    rows.add(worker.records)
    rows.finish()
    assert rows.checkpoint is not None
    assert why_not_replayable(counted, rows.checkpoint) is None
    positions = rows.checkpoint.positions
    records = [log[first:] for log, first in zip(worker.logs, positions, strict=True)]
    ranges, decoder = Ranges(records), Decoder(ENGINE.catalogue.currency)

    def apply(entry: Entry) -> None:
        for applied in entry.e:
            replay(rows.state, applied, ranges.merged, decoder)

    verdict = Verdict(0, most=100)
    compare_communities(rows.state, rows.checkpoint.calls, counted, apply, verdict)
    return verdict


LIVES = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 2)), max_size=40)


@settings(max_examples=100, deadline=None)
@given(LIVES, st.integers(0, 2**32))
def test_what_was_damaged_is_found_and_nothing_else(
    actions: list[tuple[str, int]], seed: int
) -> None:
    """Whenever pages were read between calls, and whatever checkpoints came after them."""
    chance = random.Random(seed)
    worker = played(actions, chance)
    counted = worker.counted()
    assert compared(worker, counted).found == 0

    number = chance.choice([n for n, page in enumerate(counted.pages) if page.counts])
    page = counted.pages[number]
    name, field = chance.choice(sorted(page.counts)), chance.choice(("members", "posts", "other"))
    right = page.counts[name].get(field, 0)
    wrong = {**page.counts[name], field: right + 1}
    damaged = Page(page.calls, {**page.counts, name: wrong})
    pages = [damaged if one is page else one for one in counted.pages]
    (found,) = compared(worker, replace(counted, pages=pages)).counts
    assert (found.community_id, found.field) == (name, field)
    assert (found.state, found.redis) == (right, right + 1)


def with_members() -> Watched:
    """Somebody in c1, a checkpoint, somebody in c2 and c3, no checkpoint."""
    worker = Watched()
    for number, community in enumerate(GROUPS):
        worker.send(f"u{number}", "join", community_id=community)
        worker.block()
        if number == 0:
            worker.checkpoint()
    return worker


def test_a_community_without_a_hash_is_found_by_its_absence() -> None:
    """Nobody could ask for it: it is in no page."""
    worker = with_members()
    worker.page(("c1", "c2"))
    counted = worker.counted()
    assert compared(worker, counted).found == 0, "c3 may be listed and simply not read yet"
    verdict = compared(worker, replace(counted, listed=frozenset({"c1", "c2"})))
    assert [(one.community_id, one.field, one.state) for one in verdict.counts] == [
        ("c3", "members", 1)
    ]


def test_one_that_is_gone_before_the_last_page_is_not_missed() -> None:
    worker = with_members()
    worker.page(("c1", "c2"))
    worker.send("u2", "leave", community_id="c3")
    worker.block()
    worker.page(())
    counted = replace(worker.counted(), listed=frozenset({"c1", "c2"}), complete=0)
    assert compared(worker, counted).found == 0


def test_a_hash_that_readers_do_not_find_is_told() -> None:
    worker = with_members()
    worker.page(GROUPS)
    verdict = compared(worker, replace(worker.counted(), listed=frozenset({"c1", "c3"})))
    assert [(one.community_id, one.field) for one in verdict.counts] == [("c2", LISTED)]


def test_a_journal_that_does_not_reach_back_is_said() -> None:
    """Checkpoints were quicker, somebody began a new run, or we may not read it at all."""
    worker = with_members()
    worker.page(GROUPS)
    counted, run = worker.counted(), worker._run
    covered = Checkpoint((0, 0, 0), run, 2, 0, 0, 0, 0, {}, "c@1")
    assert why_not_replayable(counted, covered) is None
    for calls in (1, 5):
        assert why_not_replayable(counted, replace_calls(covered, calls)) == NO_JOURNAL
    other = Checkpoint((0, 0, 0), "other", 2, 0, 0, 0, 0, {}, "c@1")
    assert why_not_replayable(counted, other) == NEW_RUN
    assert why_not_replayable(Torn("whatever"), covered) == "whatever"
    blind = replace(counted, journal=[], blind=True)
    assert why_not_replayable(blind, covered) == FORBIDDEN
    assert why_not_replayable(blind, replace_calls(covered, 4)) is None, "nothing has happened"


def replace_calls(checkpoint: Checkpoint, calls: int) -> Checkpoint:
    return Checkpoint((0, 0, 0), checkpoint.run, calls, 0, 0, 0, 0, {}, "c@1")
