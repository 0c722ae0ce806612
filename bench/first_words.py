"""How long does an agent wait? From POST of a ticket to words on an open page.

Starts a whole desk (web server, workers, sample company, sample models), posts a ticket by the API
and opens its page in Chromium. Reported are medians and the worst of N tickets, one after the
other, opening the page included:

- first: POST sent → the first drafted word stands on the page;
- all: POST sent → all three drafts stand there finished.

The peer is the same desk's command without the desk (`manage.py suggest`): a process that must
start and load the models each time.
"""

import argparse
import json
import shutil
import statistics
import sys
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.live_desk import COMPANY, LiveDesk, live_desk

WARM_UP = 2
LIMIT_MS = 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tickets", type=int, default=15)
    options = parser.parse_args()
    with live_desk() as desk:
        result = measure(desk, options.tickets)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    else:
        for name, value in result.items():
            sys.stdout.write(f"{name:>28}  {value}\n")


def measure(desk: LiveDesk, count: int) -> dict[str, Any]:
    questions = _questions()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        _sign_in(page, desk)
        times = [
            _one(desk, page, questions[number % len(questions)], f"bench-{number}")
            for number in range(count + WARM_UP)
        ][WARM_UP:]
        browser.close()
    first, done = zip(*times, strict=True)
    began = time.perf_counter()
    peer = desk.manage("suggest", questions[0], "--json")
    alone = time.perf_counter() - began
    inside = json.loads(peer.stdout)["seconds"]
    return {
        "tickets": count,
        "first_words_median_s": round(statistics.median(first), 3),
        "first_words_max_s": round(max(first), 3),
        "all_three_median_s": round(statistics.median(done), 3),
        "all_three_max_s": round(max(done), 3),
        "peer_command_s": round(alone, 3),
        "peer_generation_s": round(inside, 3),
        "ratio_to_peer": round(statistics.median(done) / alone, 3),
    }


def _sign_in(page: Page, desk: LiveDesk) -> None:
    page.goto(f"{desk.base_url}/sign-in/")
    page.fill("#id_username", "sara")
    page.fill("#id_password", desk.passwords["sara"])
    page.click("form.card button")
    page.wait_for_selector("#inbox")


def _questions() -> list[str]:
    rows = []
    for path in sorted(COMPANY.glob("new_tickets/*.jsonl")):
        rows += [json.loads(line)["question"] for line in path.read_text().splitlines()]
    return rows


def _one(desk: LiveDesk, page: Page, question: str, external_id: str) -> tuple[float, float]:
    began = time.perf_counter()
    ticket = desk.new_ticket(question, external_id=external_id)
    page.goto(f"{desk.base_url}/tickets/{ticket}/", wait_until="commit")
    page.wait_for_selector(".draft-text", timeout=LIMIT_MS)
    first = time.perf_counter() - began
    page.locator(".draft[data-state=ready]").nth(2).wait_for(timeout=LIMIT_MS)
    return first, time.perf_counter() - began


if __name__ == "__main__":
    main()
