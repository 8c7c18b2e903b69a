"""The page in a real browser: on a desk and on a phone, by mouse and by keyboard."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from schemas.alerts import Alert, Title
from schemas.changes import ExpiryCause, Why
from tests.agents.published import Published
from tests.agents.web.browser import DESK, PHONE, browser, chromium
from tests.agents.web.serving import Serving, serving
from tests.conftest import do_without
from tests.servers import GivenRedis, Namespace, RedisServer, ServerMissing

pytestmark = [pytest.mark.redis, pytest.mark.asyncio(loop_scope="module")]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WHY = Why("borrows_90d >= 3", {"borrows_90d": 3, "last_seen": 1_760_000_000_000})
WITHIN_MS = 20_000


class Stage:
    """A server, what it serves, and a browser."""

    def __init__(self, server: Serving, published: Published, chrome: Browser) -> None:
        self.server, self.published, self.chrome = server, published, chrome

    @asynccontextmanager
    async def page(
        self, size: dict[str, int] = DESK, path: str = "/", **options: Any
    ) -> AsyncIterator[Page]:
        """Open the page, live; whatever it says on the console or asks of others is a fault."""
        context = await self.chrome.new_context(viewport=size, **options)  # type: ignore[arg-type] # a size
        context.set_default_timeout(WITHIN_MS)
        page = await context.new_page()
        said, asked = list[str](), list[str]()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(self.server.url + path)
        await expect(page.locator("#status-text")).to_have_text("live", timeout=WITHIN_MS)
        try:
            yield page
        finally:
            await context.close()
        # what Chromium says of every 404 and 400, which the page shows in its own way
        assert [text for text in said if "Failed to load resource" not in text] == []
        assert [url for url in asked if not url.startswith(self.server.url)] == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(redis_server: RedisServer | GivenRedis) -> AsyncIterator[Stage]:
    """Set up once for all tests of this file, which use users of their own."""
    try:
        chromium()
    except ServerMissing as missing:
        do_without(str(missing))
    published = Published(redis_server.url, Namespace.fresh().prefix)
    some_life(published)
    async with serving(redis_server.url, published.keys.prefix) as server, browser() as chrome:
        await server.until_ready(40)
        yield Stage(server, published, chrome)
    published.close()


def some_life(published: Published) -> None:
    """Enough that no part of the page is empty."""
    for n in range(40):
        published.change(f"u{n}", "activity", ("low", "active", "highly_active")[n % 3])
        published.change(f"u{n}", "borrowing", "moderate", WHY)
        if n % 4 == 0:
            published.change(f"u{n}", "default_history", new=True)
        published.change(f"u{n}", "region", f"region {n % 10}")
    published.redis.hset(published.keys.community(0, "c1"), mapping={"members": 12, "speakers": 3})
    published.redis.sadd(published.keys.communities(0), "c1")


def alert(user_id: str, detector: str = "small_frequent_borrowing", **given: Any) -> Alert:
    """Three small loans."""
    now = int(time.time() * 1000)
    loans = [{"source": "app", "id": f"e{n}", "time": now - n, "amount": 900} for n in range(3)]
    told: dict[str, Any] = {
        "seq": 0,
        "user_id": user_id,
        "detector": detector,
        "severity": "warning",
        "title": Title(zh="小额高频借贷", en="Small, frequent borrowing"),
        "time": now,
        "cause": ExpiryCause(),
        "evidence": {"events": loans, "count": 3, "within": 86_400_000},
        "suppressed": 0,
        "stale": False,
    }
    return Alert(**(told | given))


def card(page: Page, user: str) -> Any:
    """The alerts of a user."""
    return page.locator("#feed > li").filter(has_text=user)


async def test_an_alert_is_on_the_page_within_a_second(stage: Stage) -> None:
    """From written to seen; with its evidence. On a busy machine: the best of five."""
    async with stage.page() as page:
        took = []
        for n in range(5):
            stage.published.alerted(alert(f"quick-{n}"))
            began = time.perf_counter()
            await card(page, f"quick-{n}").wait_for()
            took.append(time.perf_counter() - began)
        assert min(took) < 1.0, took
        last = page.locator("#feed > li").first
        await expect(last).to_contain_text("quick-4")
        await last.locator("summary").click()
        await expect(last.locator("tbody tr")).to_have_count(3)
        await expect(last.locator("summary")).to_contain_text("within 1 day")


async def test_alerts_that_came_before_the_page_are_there(stage: Stage) -> None:
    """The latest of them; one that a stream tells twice is there once."""
    stage.published.alerted(alert("early"))
    async with stage.page() as page:
        await expect(card(page, "early")).to_have_count(1)


async def test_filters_choose_by_severity_and_detector(stage: Stage) -> None:
    """Counts stay those of all."""
    stage.published.alerted(alert("grave", severity="critical", detector="unusual_amount"))
    stage.published.alerted(alert("mild"))
    async with stage.page() as page:
        await card(page, "mild").wait_for()
        await page.locator("input[name=warning]").uncheck()
        await expect(card(page, "mild")).to_have_count(0)
        await expect(card(page, "grave")).to_have_count(1)
        await page.locator("input[name=warning]").check()
        await page.locator("select[name=detector]").select_option("unusual_amount")
        await expect(card(page, "mild")).to_have_count(0)
        await expect(card(page, "grave")).to_have_count(1)


async def test_an_alert_is_acknowledged_by_keyboard_in_this_browser_alone(stage: Stage) -> None:
    """It stays away after a reload, can be seen and reopened; another browser still has it."""
    stage.published.alerted(alert("handled"))
    async with stage.page() as page:
        await card(page, "handled").locator(".ack").focus()
        await page.keyboard.press("Enter")
        await expect(card(page, "handled")).to_have_count(0)
        assert await page.evaluate("document.activeElement !== document.body")
        await page.reload()
        await expect(page.locator("#status-text")).to_have_text("live")
        await expect(card(page, "handled")).to_have_count(0)
        await page.locator("input[name=acknowledged]").check()
        await card(page, "handled").get_by_role("button", name="Reopen").click()
        async with stage.page() as other:
            await card(other, "handled").wait_for()


async def test_a_paused_list_stands_still_and_tells_what_waits(stage: Stage) -> None:
    """Until it goes on."""
    async with stage.page() as page:
        await page.locator("#pause").click()
        stage.published.alerted(alert("patient"))
        await expect(page.locator("#pause")).to_have_text("Go on (1 new)")
        await expect(card(page, "patient")).to_have_count(0)
        await page.locator("#pause").click()
        await card(page, "patient").wait_for()


async def test_a_member_has_tags_reasons_and_recent_changes_which_stay_fresh(
    stage: Stage,
) -> None:
    """Named in the address, so that a link leads there; unfolded stays unfolded."""
    stage.published.change("m/1", "borrowing", "heavy", WHY)
    async with stage.page(path="/?user=m%2F1") as page:
        row = page.locator("#member-card details").filter(has_text="Borrowing")
        await expect(row).to_contain_text("heavy")
        await row.locator("summary").click()
        await expect(row).to_contain_text("borrows_90d >= 3")
        await expect(page.locator(".lately")).to_contain_text("heavy")
        stage.published.change("m/1", "borrowing", "light", WHY)
        await expect(row).to_contain_text("light")
        await expect(row).to_have_attribute("open", "")
        await page.locator("#member-id").fill("nobody")
        await page.keyboard.press("Enter")
        await expect(page.locator("#member-card")).to_contain_text("no tags")


async def test_a_match_has_its_count_and_leads_to_members(stage: Stage) -> None:
    """By typing or by a bar; a fault is shown with its place."""
    async with stage.page() as page:
        await page.locator("#match-query").fill("default_history and borrowing=moderate")
        await page.keyboard.press("Enter")
        await expect(page.locator("#match-result .answer")).to_have_text("10 members")
        await page.locator("#match-result .user").first.click()
        await expect(page.locator("#member-card")).to_contain_text("Borrowing")
        bar = page.locator("#spreads button").filter(has_text="region 7")
        await bar.click()
        await expect(page.locator("#match-query")).to_have_value('region="region 7"')
        await expect(page.locator("#match-result .answer")).to_have_text("4 members")
        await page.locator("#match-query").fill("activty=low")
        await page.keyboard.press("Enter")
        await expect(page.locator("#match-result")).to_contain_text('did you mean "activity"?')


async def test_bars_and_rates_move_with_what_happens(stage: Stage) -> None:
    """Within a few pulses."""
    async with stage.page() as page:
        for n in range(5):
            stage.published.change(f"mover-{n}", "scale", "large")
        bar = page.locator("#spreads button").filter(has_text=re.compile("^large"))
        await expect(bar.locator(".count")).to_have_text("5")
        await expect(page.locator("#rate-changes .figure")).not_to_have_text("0")
        line = page.locator("#rate-changes .line")
        await expect(line).to_have_attribute("d", re.compile("C"))


async def test_communities_are_a_table_that_can_be_sorted(stage: Stage) -> None:
    """Whatever is counted of them."""
    async with stage.page() as page:
        table = page.locator("#communities table")
        await expect(table.locator("tbody tr")).to_have_count(1)
        await expect(table).to_contain_text("c1")
        await table.get_by_role("button", name="silent percent").click()
        await expect(table.locator("th[aria-sort=descending]")).to_contain_text("silent")


@pytest.mark.parametrize("size", [{"width": 320, "height": 640}, DESK])
async def test_nothing_is_wider_than_the_screen(stage: Stage, size: dict[str, int]) -> None:
    """Down to the smallest phone."""
    user = f"{size['width']}-" + "w" * 100
    stage.published.alerted(alert(user))
    async with stage.page(size, path="/?user=u1") as page:
        await card(page, user).wait_for()
        await page.locator("#communities table").wait_for()
        await card(page, user).locator("summary").click()
        wide = await page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"]


@pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "light", id="desk, light"),
        pytest.param(PHONE, "dark", id="phone, dark"),
        pytest.param(DESK, "dark", id="desk, dark", marks=pytest.mark.long),
        pytest.param(PHONE, "light", id="phone, light", marks=pytest.mark.long),
    ],
)
async def test_axe_finds_nothing_serious(stage: Stage, size: dict[str, int], scheme: str) -> None:
    """Names, roles, contrast: in both schemes and widths, everything unfolded."""
    last = f"axe-{scheme}-{size['width']}"
    stage.published.alerted(alert("axe"))
    stage.published.alerted(alert("axe", severity="critical", suppressed=2, stale=True))
    stage.published.alerted(alert(last, severity="info"))
    async with stage.page(size, "/?user=u0", color_scheme=scheme, reduced_motion="reduce") as page:
        await card(page, last).wait_for()
        await page.locator("#feed summary").first.click()
        await page.locator("#member-card summary").first.click()
        await page.locator(".example").first.click()
        await page.locator("#match-result .answer").wait_for()
        await page.locator("#communities table").wait_for()
        await page.locator("#spreads .card:not([hidden])").first.wait_for()
        await page.evaluate(AXE)
        found = await page.evaluate("axe.run()")
        bad = [
            (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in found["violations"]
            if one["impact"] in ("serious", "critical", "moderate")
        ]
        assert bad == []


async def test_a_choice_of_light_or_dark_is_remembered(stage: Stage) -> None:
    """Against the system's."""
    async with stage.page(color_scheme="light") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(ground)
        await page.locator("#theme").click()
        dark = await page.evaluate(ground)
        assert dark != light
        await page.reload()
        assert await page.evaluate(ground) == dark


async def test_with_a_token_the_page_asks_for_it(
    stage: Stage, redis_server: RedisServer | GivenRedis
) -> None:
    """Again if it is wrong; then everything is there, and stays for this tab."""
    prefix = stage.published.keys.prefix
    async with serving(redis_server.url, prefix, token="s3cret") as server:
        page = await stage.chrome.new_page(viewport=DESK)  # type: ignore[arg-type] # a size
        await page.goto(server.url)
        await page.locator("#login-token").fill("wrong")
        await page.keyboard.press("Enter")
        await expect(page.locator("#login-text")).to_contain_text("not the token")
        await page.locator("#login-token").fill("s3cret")
        await page.keyboard.press("Enter")
        await expect(page.locator("#status-text")).to_have_text("live", timeout=WITHIN_MS)
        await page.reload()
        await expect(page.locator("#status-text")).to_have_text("live", timeout=WITHIN_MS)
        await page.close()


async def test_the_page_goes_on_by_itself_when_the_server_is_back(
    stage: Stage, redis_server: RedisServer | GivenRedis
) -> None:
    """With what happened meanwhile."""
    prefix = stage.published.keys.prefix
    async with serving(redis_server.url, prefix) as server:
        page = await stage.chrome.new_page(viewport=DESK)  # type: ignore[arg-type] # a size
        await page.goto(server.url)
        await expect(page.locator("#status-text")).to_have_text("live", timeout=WITHIN_MS)
        server.streams.stopping = True
        await expect(page.locator("#status-text")).to_have_text("reconnecting", timeout=WITHIN_MS)
        stage.published.alerted(alert("meanwhile"))
        await asyncio.sleep(0)
        server.streams.stopping = False
        await expect(page.locator("#status-text")).to_have_text("live", timeout=WITHIN_MS)
        await card(page, "meanwhile").wait_for(timeout=WITHIN_MS)
        await page.close()
