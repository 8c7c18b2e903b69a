"""A worker that needs three seconds for each block, as one with hardly any CPU does."""

import asyncio
from typing import Any

from agents.commands import main
from agents.tagger import Tagger

BLOCK_S = 3.0

if __name__ == "__main__":
    process = Tagger.process

    async def slowly(self: Tagger, block: Any) -> None:
        """As it was, later."""
        if block.records:
            await asyncio.sleep(BLOCK_S)
        await process(self, block)

    Tagger.process = slowly  # type: ignore[method-assign] # this is the fault
    main()
