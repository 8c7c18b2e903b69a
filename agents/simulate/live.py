"""The traffic sent to Kafka at its pace, event by event as time passes."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from agents.names import Names
from agents.send.batches import Batches
from agents.simulate.traffic import Sent
from schemas.topics import INPUT_TOPICS

_TICK_S = 0.02  # events that are due within so short a time travel together (5 ms: twice the CPU)


async def play(
    traffic: Iterable[Sent],
    batches: Batches,
    names: Names,
    *,
    start: int,
    speed: float,
    clock: Callable[[], float],
    watch: Callable[[Counter[str]], bool],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> Counter[str]:
    """Sends each event when it is due; returns how many went to each topic (logical name).

    `start` is the event time (ms) of now; it goes `speed` times as fast as `clock` (seconds).
    Where Kafka is slower than the plan nothing is left out: the traffic falls behind.
    `watch` is told what has been sent, at every pause, and ends the traffic by returning False.
    Returns when Kafka has acknowledged all.
    """
    topics = {str(logical): names.topic(logical) for logical in INPUT_TOPICS}
    sent, begun, reached = Counter[str](), clock(), 0.0
    for event in traffic:
        due = (event.due - start) / (1000 * speed)
        if due > reached:
            await batches.hand_over()
            if not watch(sent):
                break
            await sleep(max(due - (clock() - begun), _TICK_S))
            reached = clock() - begun
        while not batches.add(topics[event.topic], event.user_id.encode(), event.value):
            await batches.make_room()
        sent[event.topic] += 1
    await batches.flush()
    return sent
