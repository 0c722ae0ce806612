"""How long does an agent wait? From POST of a ticket to words on an open page.

Starts a whole desk (web server, workers, sample company, sample models) and listens to the ticket's
page as a browser does: live stream for the news, fragment for the drafts. Reported are medians and
the worst of N tickets, one after the other:

- first: POST sent → the first drafted word stands in the drafts fragment that the page fetched;
- all: POST sent → all three drafts stand there finished.

The peer is the same desk's command without the desk (`manage.py suggest`): a process that must
start and load the models each time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from tests.live_desk import COMPANY, LiveDesk, live_desk

WARM_UP = 2
LIMIT_SECONDS = 60


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
    times = [
        _one(desk, questions[number % len(questions)], f"bench-{number}")
        for number in range(count + WARM_UP)
    ][WARM_UP:]
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


def _questions() -> list[str]:
    rows = []
    for path in sorted(COMPANY.glob("new_tickets/*.jsonl")):
        rows += [json.loads(line)["question"] for line in path.read_text().splitlines()]
    return rows


def _one(desk: LiveDesk, question: str, external_id: str) -> tuple[float, float]:
    began = time.perf_counter()
    ticket = desk.new_ticket(question, external_id=external_id)
    first = 0.0
    with desk.browser_session("sara") as page:
        while True:
            html = page.get(f"/tickets/{ticket}/drafts/").text
            now = time.perf_counter() - began
            if not first and "data-has-text" in html:
                first = now
            if html.count('data-state="ready"') == 3:
                return first, now
            if now > LIMIT_SECONDS:
                raise subprocess.TimeoutExpired("drafts", LIMIT_SECONDS)
            time.sleep(0.05)


if __name__ == "__main__":
    main()
