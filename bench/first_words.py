"""How long does an agent wait? From POST of a ticket to words on an open page.

Starts a whole desk (web server, workers, sample company, sample models), posts a ticket by the API
and opens its page in Chromium. Reported are medians and the worst of N tickets, opening the page
included:

- first: POST sent → the first drafted word stands on the page;
- all: POST sent → all three drafts stand there finished.

One after the other, or with `--per-minute 20` as they come: at random moments (exponential gaps,
always the same), however many of the former are still being written, each on a page of its own.

The peer is the same desk's command without the desk (`manage.py suggest`): a process that must
start and load the models each time.
"""

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import time
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

from tests.live_desk import COMPANY, LiveDesk, live_desk

WARM_UP = 2
LIMIT_MS = 60_000
LATE_SECONDS = 10.0
WATCH = """
const seen = {};
new MutationObserver(() => {
  if (document.querySelector(".draft-text")) seen.first ??= Date.now();
  if (document.querySelectorAll(".draft[data-state=ready]").length > 2) seen.done ??= Date.now();
}).observe(document, { childList: true, subtree: true, attributes: true });
window.benchSeen = seen;
"""
"""The page notes the moments itself: who looks from outside looks twice a second."""
Times = tuple[float, float]
"""Of a ticket: to the first words, to all drafts."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tickets", type=int, default=15)
    parser.add_argument("--per-minute", type=float, default=0.0, help="0: one after the other.")
    options = parser.parse_args()
    with live_desk() as desk:
        result = measure(desk, options.tickets, per_minute=options.per_minute)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:>28}  {value}\n")


def measure(desk: LiveDesk, count: int, *, per_minute: float = 0.0) -> dict[str, Any]:
    times = asyncio.run(_on_pages(desk, count, per_minute))
    first, done = zip(*times, strict=True)
    began = time.perf_counter()
    peer = desk.manage("suggest", _questions()[0], "--json")
    alone = time.perf_counter() - began
    inside = json.loads(peer.stdout)["seconds"]
    return {
        "tickets": count,
        "per_minute": per_minute,
        "first_words_median_s": round(statistics.median(first), 3),
        "first_words_max_s": round(max(first), 3),
        "first_words_over_1_s": sum(one > 1.0 for one in first),
        "all_three_median_s": round(statistics.median(done), 3),
        "all_three_max_s": round(max(done), 3),
        "without_drafts_after_10_s": sum(one > LATE_SECONDS for one in done),
        "peer_command_s": round(alone, 3),
        "peer_generation_s": round(inside, 3),
        "ratio_to_peer": round(statistics.median(done) / alone, 3),
    }


async def _on_pages(desk: LiveDesk, count: int, per_minute: float) -> list[Times]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = await browser.new_context()
        await context.add_init_script(WATCH)
        page = await context.new_page()
        await _sign_in(page, desk)
        for number in range(WARM_UP):
            await _one(desk, page, -1 - number)
        if per_minute:
            times = await _as_they_come(desk, context, count, per_minute)
        else:
            times = [await _one(desk, page, number) for number in range(count)]
        await browser.close()
    return times


async def _as_they_come(
    desk: LiveDesk, context: BrowserContext, count: int, per_minute: float
) -> list[Times]:
    gaps = random.Random(1)
    began, due, coming = time.perf_counter(), 0.0, []
    for number in range(count):
        page = await context.new_page()  # an agent's browser is open before the ticket comes
        await asyncio.sleep(max(0.0, due - (time.perf_counter() - began)))
        coming.append(asyncio.create_task(_on_its_own_page(desk, page, number)))
        due += gaps.expovariate(per_minute / 60)
    return await asyncio.gather(*coming)


async def _on_its_own_page(desk: LiveDesk, page: Page, number: int) -> Times:
    try:
        return await _one(desk, page, number)
    finally:
        await page.close()


async def _sign_in(page: Page, desk: LiveDesk) -> None:
    await page.goto(f"{desk.base_url}/sign-in/")
    await page.fill("#id_username", "sara")
    await page.fill("#id_password", desk.passwords["sara"])
    await page.click("form.card button")
    await page.wait_for_selector("#inbox")


def _questions() -> list[str]:
    rows = []
    for path in sorted(COMPANY.glob("new_tickets/*.jsonl")):
        rows += [json.loads(line)["question"] for line in path.read_text().splitlines()]
    return rows


async def _one(desk: LiveDesk, page: Page, number: int) -> Times:
    questions = _questions()
    question = questions[number % len(questions)]
    began = time.time()  # the page's clock
    ticket = await asyncio.to_thread(desk.new_ticket, question, external_id=f"bench-{number}")
    await page.goto(f"{desk.base_url}/tickets/{ticket}/", wait_until="commit")
    ready = page.locator(".draft[data-state=ready]").nth(2)
    # "attached": where the drafts are guesses, the page folds them away in the end
    await ready.wait_for(state="attached", timeout=LIMIT_MS)
    seen = await page.evaluate("window.benchSeen")
    return seen["first"] / 1000 - began, seen["done"] / 1000 - began


if __name__ == "__main__":
    main()
