"""A picture of every page: both languages, wide and narrow, light and dark, eight side by side.

`python -m tests.browser.pictures [--only NAME …] [--into docs/pictures]`, or `make pictures`:
starts a desk of the sample company, looks at each page of tests/browser/pages.py in Chromium, and
lets Chromium put the eight together in one WebP of at most 120 KB.
"""

import argparse
import base64
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, FloatRect, sync_playwright

from tests.browser.conftest import CHROMIUM, NARROW, WIDE
from tests.browser.looking import Looker, Scheme
from tests.browser.pages import GROUPS, Page
from tests.browser.shown_desk import ShownDesk, shown_desk
from tests.live_desk import ROOT

PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 120_000
MOST_IN_ALL = 6_000_000
QUALITIES = (60, 45, 30, 18)
TALLEST = {True: 1500, False: 1700}
"""Pixels of a page that are shown, wide and narrow: a long list says no more further down."""
CORNER: FloatRect = {"x": 0, "y": 0, "width": 1, "height": 1}
SHEET = """
<style>
  body { margin: 0; padding: 10px; background: #7d8685; display: inline-grid; gap: 10px;
         grid-template-columns: repeat(2, 600px 200px); align-items: start; }
  img { inline-size: 100%; display: block; border-radius: 4px; }
</style>
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.browser.pictures", description=__doc__)
    parser.add_argument("--only", nargs="*", help="names of pictures")
    parser.add_argument("--into", type=Path, default=PICTURES)
    given = parser.parse_args()
    pages = [one for group in GROUPS.values() for pages in group.values() for one in pages]
    unknown = set(given.only or ()) - {one.title for one in pages}
    if unknown or CHROMIUM is None:
        sys.exit(
            f"No such pages: {', '.join(unknown)}" if unknown else "Chromium is not installed."
        )
    given.into.mkdir(parents=True, exist_ok=True)
    with shown_desk() as desk, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for who in dict.fromkeys(one.who for one in pages):
            wanted = [one for one in pages if one.who == who]
            wanted = [one for one in wanted if not given.only or one.title in given.only]
            for title, shots in _looked_at(browser, desk, who, wanted):
                path = given.into / f"{title}.webp"
                path.write_bytes(_together(browser, shots))
                print(f"{path}: {path.stat().st_size // 1000} KB", flush=True)
        browser.close()
    whole = sum(path.stat().st_size for path in given.into.glob("*.webp"))
    if whole > MOST_IN_ALL:
        sys.exit(f"{whole / 1e6:.1f} MB of pictures; {MOST_IN_ALL / 1e6:.0f} MB are the most.")


def _looked_at(
    browser: Browser, desk: ShownDesk, who: str, pages: list[Page]
) -> Iterator[tuple[str, list[bytes]]]:
    lookers = [Looker(browser, desk, lang, who) for lang in ("fa", "en")] if pages else []
    for one in pages:
        shots = []
        for looker in lookers:
            looker.open(one)
        for scheme in ("light", "dark"):
            shots += [_shot(looker, size, scheme) for looker in lookers for size in (WIDE, NARROW)]
        yield one.title, shots
    for looker in lookers:
        looker.page.context.close()


def _shot(looker: Looker, size: dict[str, int], scheme: Scheme) -> bytes:
    """As much of the page as is shown; the window grows with it, so that nothing floats."""
    looker.around(size, scheme)
    height = min(
        looker.page.evaluate("document.documentElement.scrollHeight"), TALLEST[size is WIDE]
    )
    looker.around(size | {"height": max(height, size["height"])}, scheme)
    # Where the machine is busy, the first picture after the window changed may lack what moved far
    # and is painted for itself (the Send button of the sticky reply box); the next one has it.
    looker.page.screenshot(clip=CORNER)
    return looker.page.screenshot(type="jpeg", quality=90)


def _together(browser: Browser, shots: list[bytes]) -> bytes:
    """One picture, of the best quality that is small enough."""
    page = browser.new_page(viewport={"width": 1700, "height": 400})
    images = (f"data:image/jpeg;base64,{base64.b64encode(one).decode()}" for one in shots)
    page.set_content(SHEET + "".join(f'<img src="{one}">' for one in images))
    page.wait_for_function("[...document.images].every((one) => one.complete)")
    painter = page.context.new_cdp_session(page)
    size = page.locator("body").bounding_box()
    assert size is not None
    clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
    for quality in QUALITIES:
        options = {
            "format": "webp",
            "quality": quality,
            "clip": clip,
            "captureBeyondViewport": True,
        }
        picture = base64.b64decode(painter.send("Page.captureScreenshot", options)["data"])
        if len(picture) <= MOST_BYTES:
            break
    page.close()
    return picture


if __name__ == "__main__":
    main()
