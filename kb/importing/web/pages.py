"""What an HTML page says to a crawler: `look(text, url)`: links, canonical address, noindex."""

import re
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag

from kb.importing.html import parse
from kb.importing.web.addresses import BadAddress, normalise

MAX_LINKS = 1_000


@dataclass(frozen=True)
class Page:
    """`links`: absolute, each once, in the order of the page; none where the page says nofollow.
    `canonical`: "" where the page names none."""

    soup: BeautifulSoup
    base: str
    links: tuple[str, ...]
    canonical: str
    noindex: bool


def look(text: str, *, url: str, robots: str = "") -> Page:
    """`robots`: the X-Robots-Tag header. UnreadableDocument for what nobody should parse."""
    soup = parse(text)
    rules = _rules(soup, robots)
    base = _base(soup, url)
    follow = not rules & {"nofollow", "none"}
    return Page(
        soup=soup,
        base=base,
        links=tuple(links_of(soup.find_all("a", href=True), base)) if follow else (),
        canonical=_canonical(soup, base),
        noindex=bool(rules & {"noindex", "none"}),
    )


def links_of(elements: list[Tag], base: str) -> list[str]:
    """Addresses of pages among them; what a link itself marks as nofollow is left out."""
    found: dict[str, None] = {}
    for element in elements:
        rel = {str(word).lower() for word in element.get_attribute_list("rel") if word}
        href = str(element.get("href") or "").strip()
        if "nofollow" in rel or not href or href.startswith("#"):
            continue
        if re.match(r"(?!https?:)[a-zA-Z][a-zA-Z0-9+.-]*:", href):
            continue
        try:
            found[normalise(href, base)] = None
        except BadAddress:
            continue
        if len(found) >= MAX_LINKS:
            break
    return list(found)


def _rules(soup: BeautifulSoup, header: str) -> set[str]:
    """Words of the robots rules, those for everybody and those for us."""
    metas = soup.find_all("meta", attrs={"name": re.compile("^(robots|pasokh)$", re.I)})
    texts = [header, *(str(meta.get("content") or "") for meta in metas)]
    words: set[str] = set()
    for text in texts:
        for part in text.lower().split(","):
            agent, colon, rule = part.partition(":")
            if not colon:
                words.add(part.strip())
            elif agent.strip() == "pasokh":
                words.add(rule.strip())
    return words


def _base(soup: BeautifulSoup, url: str) -> str:
    element = soup.find("base", href=True)
    if not isinstance(element, Tag):
        return url
    try:
        return normalise(str(element["href"]), url)
    except BadAddress:
        return url


def _canonical(soup: BeautifulSoup, base: str) -> str:
    element = soup.find("link", rel="canonical", href=True)
    if not isinstance(element, Tag):
        return ""
    try:
        return normalise(str(element["href"]), base)
    except BadAddress:
        return ""
