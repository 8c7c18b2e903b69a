"""What the detectors cost an event, beside the rest of the packaged catalogue.

    python -m benchmarks.detector_cost [--users 20000] [--events 200000] [--runs 3]

The same simulated fortnight, decoded outside the measured time, through the engine alone: with
the whole catalogue, without its detectors, without each of them, and with the detector across
users that comes beside it (what it asks; nobody answers), in turns. Prints the CPU microseconds
an event of each, median of the runs, with expiry and the rows of checkpoints; then what the hash
of a content costs, and what the comparison of one posting does, without Kafka.
"""

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from time import process_time

from agents.simulate.plan import Plan
from agents.simulate.traffic import Traffic
from benchmarks.detectors import FORTNIGHT_S, PACKAGED, START, with_all_detectors
from benchmarks.engine import apply_block
from schemas.contents import content_hash
from schemas.decode import Decoder
from schemas.events import TOPIC_OF, Event, Interaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.catalogue.model import Catalogue, Constant, Expression, Logical, Name, Tag, Unary
from streams.contents import Contents, rules_of
from streams.effects import Asked, Effects
from streams.engine import Engine

_BLOCK, _CHECKPOINT = 2_000, 20  # events, blocks
Block = list[tuple[int, Event]]


def blocks(plan: Plan) -> list[Block]:
    """The events of a plan with their topic index."""
    decode = Decoder("CNY").decode
    events = [decode(sent.topic, sent.value, (), sent.due) for sent in Traffic(plan)]
    indexed = [(TOPICS.index(TOPIC_OF[event.type]), event) for event in events]
    return [indexed[at : at + _BLOCK] for at in range(0, len(indexed), _BLOCK)]


def without(catalogue: Catalogue, *names: str) -> Catalogue:
    """The catalogue without some detectors; to its rules their flags are never on."""
    kept = {name: d for name, d in catalogue.detectors.items() if name not in names}
    flags = {f"anomaly_{name}" for name in names}
    tags = {name: _without(tag, flags) for name, tag in catalogue.tags.items()}
    return replace(catalogue, detectors=kept, tags=tags)


def _without(tag: Tag, flags: set[str]) -> Tag:
    rules = (
        rule if rule.condition is None else replace(rule, condition=_never(rule.condition, flags))
        for rule in tag.rules
    )
    return replace(tag, rules=tuple(rules))


def _never(condition: Expression, flags: set[str]) -> Expression:
    match condition:
        case Name(name=name) if name in flags:
            return Constant(value=False, type="bool")
        case Unary():
            return replace(condition, operand=_never(condition.operand, flags))
        case Logical():
            operands = tuple(_never(operand, flags) for operand in condition.operands)
            return replace(condition, operands=operands)
        case _:
            return condition


class Contestant:
    """A catalogue at work, its CPU seconds so far, and what it asked across users."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.seconds = 0.0
        self.asked = list[Asked]()
        self._partition, self._out = Engine(catalogue).partition(0, TOPICS), Effects()

    def take(self, block: Block, at: int, *, save: bool) -> None:
        """Apply a block, and pack the rows if there is a checkpoint after it."""
        begun = process_time()
        apply_block(self._partition, block, at, self._out)
        self._out.changes.clear()
        self._out.alerts.clear()
        self.asked += self._out.asked
        self._out.asked.clear()
        if save:
            self._partition.take_dirty()
        self.seconds += process_time() - begun


def measure(catalogues: Mapping[str, Catalogue], work: Sequence[Block]) -> dict[str, float]:
    """CPU microseconds an event of each; block by block in turns: the machine may be busy."""
    contestants = {name: Contestant(catalogue) for name, catalogue in catalogues.items()}
    done = 0
    for number, block in enumerate(work, 1):
        for contestant in contestants.values():
            contestant.take(block, done, save=number % _CHECKPOINT == 0)
        done += len(block)
    return {name: one.seconds / done * 1e6 for name, one in contestants.items()}


def hashing(work: Sequence[Block]) -> float:
    """CPU microseconds that the hash of a content costs, of those that there are."""
    said = [e.content for block in work for _, e in block if isinstance(e, Interaction)]
    contents = [content for content in said if content]
    begun = process_time()
    for content in contents:
        content_hash(content)
    return (process_time() - begun) / len(contents) * 1e6


def comparing(catalogue: Catalogue, work: Sequence[Block]) -> float:
    """CPU microseconds that the agent keyed by content needs for a posting, in one partition."""
    users, contents = Contestant(catalogue), Contents(rules_of(catalogue))
    for number, block in enumerate(work):
        users.take(block, number * _BLOCK, save=False)
    begun = process_time()
    for offset, one in enumerate(users.asked):
        contents.apply(offset, one.what, (f"{TOPICS[one.topic]}:0", one.offset))
    return (process_time() - begun) / max(1, len(users.asked)) * 1e6


def table(costs: Mapping[str, float]) -> str:
    """Markdown."""
    whole, bare = costs["whole catalogue"], costs["without detectors"]
    lines = ["| | us an event | share |", "|---|---|---|"]
    lines += [f"| {name} | {cost:.2f} | {cost / whole:.2f} |" for name, cost in costs.items()]
    lines.append(f"| **all detectors** | **{whole - bare:.2f}** | **{1 - bare / whole:.2f}** |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detector_cost")
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    catalogue = load(PACKAGED.read_text(), PACKAGED.name)
    contestants = {"whole catalogue": catalogue}
    contestants["without detectors"] = without(catalogue, *catalogue.detectors)
    contestants |= {f"without {name}": without(catalogue, name) for name in catalogue.detectors}
    beside = with_all_detectors()
    contestants["with advert_ring"] = beside
    work = blocks(Plan(START, given.users, given.events / FORTNIGHT_S, FORTNIGHT_S))
    gc.freeze()
    gc.disable()  # as a worker tunes it: nothing here makes cycles
    runs = [measure(contestants, work) for _ in range(given.runs)]
    costs = {name: median(run[name] for run in runs) for name in contestants}
    sys.stdout.write(f"{table(costs)}\n\n{hashing(work):.2f} us a content to hash, ")
    sys.stdout.write(f"{comparing(beside, work):.2f} us a posting to compare\n")


if __name__ == "__main__":
    main(sys.argv[1:])
