"""Debian's Chromium, without a window, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

from tests.servers import ServerMissing

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def chromium() -> str:
    """Return the program; ServerMissing without it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise ServerMissing("Chromium: the page is tested in it; apt-get install chromium")
    return found


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Start one, and end it."""
    async with async_playwright() as playwright:
        # Root may not use Chromium's sandbox, and a container has little shared memory.
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        running = await playwright.chromium.launch(executable_path=chromium(), args=options)
        try:
            yield running
        finally:
            await running.close()
