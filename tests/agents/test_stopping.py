import asyncio

from agents.stopping import cancel_until_done
from tests.agents.protocol import virtual


async def deaf(times: int) -> None:
    """Takes so many cancellations for something else, as redis-py does at a time limit."""
    for _ in range(times + 1):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue


def test_a_cancellation_that_gets_lost_is_repeated() -> None:
    async def main() -> bool:
        task = asyncio.create_task(deaf(3))
        await asyncio.sleep(1)
        await cancel_until_done([task])
        return task.done()

    assert virtual.run(main())


def test_the_error_of_a_task_is_not_ours() -> None:
    async def fail() -> None:
        raise OSError

    async def main() -> None:
        task = asyncio.create_task(fail())
        await asyncio.sleep(0)
        await cancel_until_done([task])
        assert isinstance(task.exception(), OSError)

    virtual.run(main())
