"""I1 and I2, of events: a user's count is the number of their events."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from schemas.decode import Decoder
from schemas.rejects import Rejected
from schemas.topics import INPUT_TOPICS
from tests.chaos.invariants import Violations
from tests.chaos.logs import Logs
from tests.chaos.seen import Seen

REMEMBERED = 32  # events of a user and topic, by which repeats are known: CONTRACT 2


def miscounted(
    logs: Iterable[Logs],
    shown: Mapping[str, int],
    types: Sequence[str],
    currency: str,
    counted: Mapping[str, Sequence[str]],
) -> Violations:
    """Without an engine: each user's count is the number of their events.

    `shown`: user -> the tag that counts, as in Redis; users who are missing there are not checked.
    `counted`: the events that a user's changes name as counted, in order, as of `counting`. One
    that comes again beyond the reach of CONTRACT 2 counts again: forwarded ones may come so late.
    """
    topics = _topics(logs, types, currency)
    for user in sorted(shown):
        sent = topics.get(user, {})
        again = _forgotten(counted.get(user, ()), sent)
        if shown[user] != len(sent) + again:
            word = "I1 lost" if shown[user] < len(sent) else "I2 applied twice"
            rest = f" and {again} again" if again else ""
            yield f"{word}: {user} counts {shown[user]} events of {len(sent)}{rest}"


def _topics(
    logs: Iterable[Logs], types: Sequence[str], currency: str
) -> Mapping[str, Mapping[str, str]]:
    """User -> id -> topic of each event that counts."""
    decoder, found = Decoder(currency), dict[str, dict[str, str]]()
    for partition in logs:
        for topic, log in zip(INPUT_TOPICS, partition, strict=False):
            for record in log:
                try:
                    event = decoder.decode(topic, record.value, record.headers, record.timestamp)
                except Rejected:
                    continue
                if event.type in types:
                    found.setdefault(event.user_id, {})[event.id] = topic
    return found


def _forgotten(ids: Sequence[str], topics: Mapping[str, str]) -> int:
    """How many of these events came again when more than are remembered lay between."""
    last, had, again = dict[str, int](), Counter[str](), 0
    for one in ids:
        topic = topics.get(one, "")
        again += one in last and had[topic] - last[one] >= REMEMBERED
        had[topic] += 1
        last[one] = had[topic]
    return again


def counting(seen: Iterable[Seen], tag: str) -> Mapping[str, Sequence[str]]:
    """User -> the events by which `tag` rose, in order; what a loss took back came again later."""
    found: dict[str, dict[int, str]] = {}
    for moment in seen:
        for _, change in moment.changes:
            if change["tag"] == tag and change["new"] is not None and "id" in change["cause"]:
                found.setdefault(change["user_id"], {})[int(change["new"])] = change["cause"]["id"]
    return {user: [ids[n] for n in sorted(ids)] for user, ids in found.items()}
