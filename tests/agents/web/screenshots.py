"""Pictures of the page for the docs: `python -m tests.agents.web.screenshots docs/images`.

Ten days of a simulated community, computed by the offline engine and published into a Redis, the
last part of it while the page looks.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from playwright.async_api import Browser, Page

from agents.commands import run
from schemas.alerts import Alert, decode_alert
from schemas.changes import TagChange, decode_change
from tests.agents.published import Published
from tests.agents.web.browser import DESK, PHONE, browser
from tests.agents.web.serving import serving
from tests.servers import RedisServer

DAYS, USERS, LIVE_S = 10, 400, 30
_RATE = 0.03


def community(folder: Path) -> tuple[list[TagChange], list[Alert]]:
    """Simulate and compute; all is over by now."""
    seconds = DAYS * 86_400
    start = str(int(time.time() - seconds) * 1000)
    plan = ["--users", str(USERS), "--rate", str(_RATE), "--seconds", str(seconds)]
    events = folder / "events.ndjson"
    assert run(["simulate", *plan, "--start", start, "--out", str(events)]) == 0
    assert run(["replay", str(events), "--out", str(folder)]) == 0
    changes = [decode_change(line) for line in _lines(folder / "changes.ndjson")]
    return changes, [decode_alert(line) for line in _lines(folder / "alerts.ndjson")]


def _lines(file: Path) -> Iterator[str]:
    yield from file.read_text(encoding="utf-8").splitlines()


def publish_past(published: Published, changes: list[TagChange], alerts: list[Alert]) -> None:
    """What was before the page is opened; with some communities."""
    for change in changes:
        published.replayed(change)
    for alert in alerts:
        alert.stale = False  # computed from a file, yes, but shown as it happened
        published.alerted(alert)
    for number in range(1, 9):
        for partition in range(published.partitions):
            members = 40 - 4 * number + partition
            counts = {
                "members": members,
                "speakers": members // 4,
                "posts": 90 // number + partition,
                "repeated": 9 // number,
                f"posters:{20 // number + 1}": 1,
            }
            key = published.keys.community(partition, f"c{number}")
            published.redis.hset(key, mapping=dict(counts.items()))
            published.redis.sadd(published.keys.communities(partition), f"c{number}")


async def publish_live(published: Published, changes: list[TagChange], alerts: list[Alert]) -> None:
    """The rest, in waves, over half a minute."""
    for tenth in range(LIVE_S * 10):
        now = int(time.time() * 1000)
        for change in changes[: 1 + tenth % 7]:
            change.time = now
            published.replayed(change)
        del changes[: 1 + tenth % 7]
        for partition in range(published.partitions):
            published.redis.hincrby(
                published.keys.partition_meta(partition), "pos:interactions", 3 + tenth % 11
            )
            published.progress(partition, clock=now - 1000)
        if tenth % 40 == 20 and alerts:
            alert = alerts.pop()
            alert.time, alert.stale = now, False
            published.alerted(alert)
        await asyncio.sleep(0.1)


async def take(into: Path) -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder:
        changes, alerts = await asyncio.to_thread(community, Path(folder))
    with RedisServer() as redis:
        published = Published(redis.url, "tagstream")
        cut = len(changes) - 1_300
        publish_past(published, changes[:cut], alerts[:-8])
        async with serving(redis.url) as server, browser() as chromium:
            await server.until_ready()
            living = asyncio.create_task(publish_live(published, changes[cut:], alerts[-8:]))
            await pictures(chromium, server.url, alerts[-1].user_id, into)
            await living
        published.close()


async def pictures(chromium: Browser, url: str, user: str, into: Path) -> None:
    """Open the pages side by side, and let them live a while."""
    pages = {
        "page-light": await opened(chromium, f"{url}/?user={user}", DESK, "light"),
        "page-dark": await opened(chromium, f"{url}/?user={user}", DESK, "dark"),
        "page-phone": await opened(chromium, url, PHONE, "light"),
    }
    await asyncio.sleep(LIVE_S - 8)
    for name, page in pages.items():
        await page.screenshot(path=into / f"{name}.png")
    await pages["page-light"].evaluate("document.querySelector('#tags').scrollIntoView()")
    await pages["page-light"].screenshot(path=into / "page-tags.png")
    await pages["page-phone"].evaluate("document.querySelector('#match').scrollIntoView()")
    await pages["page-phone"].screenshot(path=into / "page-phone-match.png")


async def opened(chromium: Browser, url: str, size: dict[str, int], scheme: str) -> Page:
    """Open the page; the first alert's evidence is unfolded, a query asked."""
    page = await chromium.new_page(viewport=size, color_scheme=scheme)  # type: ignore[arg-type] # a size
    await page.goto(url)
    await page.locator(".alert summary").first.click()
    await page.locator(".example").first.click()
    if "user=" in url:
        await page.locator("#member-card summary").first.click()
    await page.evaluate("scrollTo(0, 0)")
    return page


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
