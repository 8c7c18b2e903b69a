"""What an event costs in the engine with more and more tags, on generated catalogues.

    python -m benchmarks.tags [--events 60000] [--users 2000] [--tags 1,5,10,30,60,100,200]

Of ten tags three are levels of a windowed count, one a flag of a windowed sum, one the age of the
last event, one the number of days, one a share of two counts, one a top value, and two are made
of other tags; each but those two has a measure of its own. The measures share six event types.
The users are few, so that the figures say what tags cost and not what cold memory does. Prints a
table in Markdown: CPU microseconds an event, the same for each tag, changes an event.
"""

import argparse
import gc
import random
from collections.abc import Iterator
from time import process_time

from benchmarks.engine import SPAN_MS, START_MS, apply_block
from schemas.events import Event, Interaction, Transaction
from schemas.topics import TOPICS
from streams.catalogue.load import load
from streams.effects import Effects
from streams.engine import Engine

BLOCK = 1_000
ACTS, DEALS = ("like", "comment", "share", "visit"), ("payment", "borrow")
TYPES = (*ACTS, *DEALS)
HEAD = "catalogue: many-tags\nversion: 1\ncurrency: CNY\ntimezone: Asia/Shanghai\n"


LEVELS = (
    "{{count: {of}, window: 7d, step: 6h}}",
    "values: {{high: {m} >= {many}, some: {m} >= 3, low: else}}",
)
KINDS = (
    *(LEVELS, LEVELS, LEVELS),
    ("{{sum: amount, of: {deals}, window: 30d, step: 1d}}", "when: {m} >= 5000"),
    (
        "{{last: time, of: {of}}}",
        "values: {{lost: days_since({m}) >= 5, away: days_since({m}) >= 1}}",
    ),
    ("{{days: {of}, window: 30d}}", "values: {{often: {m} >= 10, some: {m} >= 2}}"),
    ("{{count: [{first}], window: 24h, step: 1h}}", "when: '{m} * 3 > m{ten}0'"),
    ("{{top: product, of: {deals}, window: 30d, step: 1d}}", "value: {m}"),
    ("", "when: t{ten}0 == 'high' and t{ten}3"),
    ("", "values: {{keen: t{ten}8 or t{ten}1 == 'high', cool: not t{ten}6}}"),
)
"""Of ten tags: the measure that each has to itself, and its rule."""


def catalogue(tags: int) -> str:
    """The text of a catalogue with so many tags."""
    measures, rules = list[str](), list[str]()
    for number in range(tags):
        first, second = TYPES[number % 6], TYPES[(number + number // 6 % 5 + 1) % 6]
        words = {"m": f"m{number}", "many": 10 + number % 7, "ten": str(number // 10 or "")}
        words |= {"first": first, "of": f"[{first}, {second}]"}
        words |= {"deals": f"[{DEALS[number // 10 % 2]}]"}
        measure, rule = (text.format(**words) for text in KINDS[number % 10])
        measures += [f"  m{number}: {measure}"] if measure else []
        rules += [f"  t{number}: {{title: {{zh: 标, en: Tag}}, {rule}}}"]
    return "\n".join([HEAD, "measures:", *measures, "tags:", *rules]) + "\n"


def blocks(events: int, users: int) -> Iterator[list[tuple[int, Event]]]:
    """Events of two days with their topic index."""
    rnd = random.Random(1)  # noqa: S311 - traffic, not secrets
    for first in range(0, events, BLOCK):
        block: list[tuple[int, Event]] = []
        for number in range(first, min(first + BLOCK, events)):
            time = START_MS + number * SPAN_MS // events
            common = {"id": f"e{number}", "source": "app", "user_id": f"u{rnd.randrange(users)}"}
            kind = rnd.choice(TYPES)
            if kind in DEALS:
                product, amount = rnd.choice("abc"), rnd.randrange(1, 100_000)
                deal = Transaction(type=kind, time=time, amount=amount, product=product, **common)  # type: ignore[arg-type] # chosen above
                block.append((1, deal))
            else:
                block.append((0, Interaction(type=kind, time=time, **common)))  # type: ignore[arg-type] # chosen above
        yield block


def measure(tags: int, events: int, users: int) -> tuple[float, float]:
    """CPU microseconds and changes an event."""
    partition = Engine(load(catalogue(tags), "generated.yaml")).partition(0, TOPICS)
    out, spent, changes, done = Effects(), 0.0, 0, 0
    for block in blocks(events, users):
        begin = process_time()
        apply_block(partition, block, done, out)
        spent += process_time() - begin
        done += len(block)
        changes += len(out.changes)
        out.changes.clear()
    return spent * 1e6 / events, changes / events


def main() -> None:
    """Run and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=60_000)
    arguments.add_argument("--users", type=int, default=2_000)
    arguments.add_argument("--tags", default="1,5,10,30,60,100,200")
    given = arguments.parse_args()
    gc.freeze()
    gc.disable()  # as a worker tunes it: nothing here makes cycles
    print("| tags | us an event | us a tag | changes an event |\n|---|---|---|---|")  # noqa: T201 - its output
    for tags in map(int, given.tags.split(",")):
        cost, changes = measure(tags, given.events, given.users)
        print(f"| {tags} | {cost:.1f} | {cost / tags:.2f} | {changes:.2f} |")  # noqa: T201 - its output


if __name__ == "__main__":
    main()
