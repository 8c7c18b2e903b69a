"""Counts of communities compared: those of the state, call by call, with the pages from Redis.

What a user counts for is a function of their row, so the counts of the state are the sum over
its users. The journal brings state and sum from the checkpoint to the call of each page.
"""

from collections import deque
from collections.abc import Callable, Iterable

from agents.redis.counted import FORBIDDEN, NEW_RUN, NO_JOURNAL, Counted, Page, Torn
from agents.verifying.verdict import LISTED, Verdict
from schemas.journal import Entry
from schemas.records import Checkpoint
from streams.communities import Counts, add
from streams.engine import Partition


def compare_communities(
    state: Partition,
    covered: int,
    counted: Counted,
    replay: Callable[[Entry], None],
    verdict: Verdict,
) -> None:
    """Compare all pages; the state, of call number `covered`, is that of the last page then.

    `replay` applies an entry of the journal to the state.
    """
    counts = state.counts_of(state.user_ids())
    state.take_counts()
    waiting = deque(entry for entry in counted.journal if entry.n > covered)
    absent: set[str] | None = None
    for number, page in enumerate(counted.pages):
        while waiting and waiting[0].n <= page.calls:
            replay(waiting.popleft())
            moved = state.take_counts()
            add(counts, moved)
            if absent:
                absent -= {community for community in moved if not counts.get(community)}
        _compare_page(page, counts, counted, verdict)
        if number == counted.complete:
            absent = _present(counts) - _asked_for(counted.pages) - counted.listed
    for community in sorted(absent or ()):
        verdict.add_counts(community, counts[community], {})


def _compare_page(page: Page, counts: Counts, counted: Counted, verdict: Verdict) -> None:
    for community, found in page.counts.items():
        verdict.add_counts(community, counts.get(community, {}), found)
        if found and counts.get(community) and community not in counted.listed:
            verdict.add_count(community, LISTED, 1, 0)


def _present(counts: Counts) -> set[str]:
    return {community for community, fields in counts.items() if fields}


def _asked_for(pages: Iterable[Page]) -> set[str]:
    return {community for page in pages for community in page.counts}


def why_not_replayable(counted: Counted | Torn, checkpoint: Checkpoint) -> str | None:
    """Why the journal does not reach from the checkpoint to every page; None if it does."""
    if isinstance(counted, Torn):
        return str(counted)
    if checkpoint.run != counted.meta["run"]:
        return NEW_RUN
    begins = counted.journal[0].n if counted.journal else counted.pages[-1].calls + 1
    if begins <= checkpoint.calls + 1 <= counted.pages[0].calls + 1:
        return None
    return FORBIDDEN if counted.blind else NO_JOURNAL
