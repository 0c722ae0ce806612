"""Where in a page the article stands: `main_content(soup)` takes the rest away.

Three steps, from what pages say about themselves to what their shape says: elements that are never
content (scripts, forms, navigation, banners, by tag or ARIA role); elements whose class or id names
furniture; then, in a page without `main` or `article`, lists of links and of languages at its
edges. Nothing goes for its name alone that holds a good part of the page's prose: a page whose body
has the class "menu" is still a page. Hidden elements stay: an FAQ hides answers until one clicks.
"""

import re

from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import PageElement

from kb.importing.html_tree import holders

_NEVER_TEXT = """script style noscript template iframe object embed svg canvas video audio map
input select textarea option datalist dialog link meta base"""
_NEVER = _NEVER_TEXT.split()
_FURNITURE_TAGS = ("nav", "footer", "aside", "menu", "search")
_ROLES = """navigation banner contentinfo complementary search menu menubar toolbar alertdialog
dialog doc-toc"""
_FURNITURE_ROLES = frozenset(_ROLES.split())
_WORDS = """nav navbar navigation breadcrumb breadcrumbs sidebar footer cookie cookies consent gdpr
share sharing sharedaddy social pagination pager skip skiplink related relatedposts relatives tags
toc feedback votes vote comments newsletter subscribe advert ads popup modal topbar masthead sitemap
lang language languages locale hreflang menu submenu megamenu copyright"""
_OF_LANGUAGE = frozenset(("lang", "language", "languages", "locale"))
_SITE_WORDS = frozenset(("logo", "brand", "branding", "masthead", "sitename"))
_PERMALINKS = frozenset(("#", "¶", "§", "🔗", "\u200b"))
_FURNITURE_WORDS = frozenset(_WORDS.split())
_MAIN = (
    "[itemprop=articleBody], .article-body, .article__body, .post-content, .entry-content, "
    ".markdown-body, #article-body"
)
_SAFE_SHARE = 0.4
"""An element with more than this share of the prose is not furniture, whatever its name."""
_LINK_SHARE = 0.7
_ASIDE_LINK_SHARE = 0.5
_LANGUAGES = """english فارسی العربية عربي русский українська עברית türkçe français español deutsch
italiano português 中文 日本語 한국어 دری پښتو کوردی اردو हिन्दी polski azərbaycan"""
_LANGUAGE_NAMES = frozenset(_LANGUAGES.split())


def main_content(soup: BeautifulSoup) -> Tag:
    """The element with the article; furniture inside it is gone from the tree."""
    body = soup.body or soup
    for element in body.find_all(_NEVER):
        element.decompose()
    _drop_site_names(body)
    for link in body.find_all("a", href=re.compile("^#")):
        if _text(link) in _PERMALINKS:  # beside headings
            link.decompose()
    for comment in body.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    found = _marked_main(body)
    _drop_furniture(found or body)
    if found is None:
        _drop_link_lists(body)
    return found or body


def _drop_site_names(body: Tag) -> None:
    """A first heading that is the site's name and not the page's: in a logo, above other ones."""
    for heading in body.find_all("h1"):
        around = [heading, *list(heading.parents)[:2]]
        words = set().union(*(_words(element) for element in around))
        is_title = "site" in words and "title" in words and "entry" not in words
        if (words & _SITE_WORDS or is_title) and body.find(["h1", "h2", "main", "article"]):
            holder = heading.find_parent(["main", "article"])
            if holder is None:
                heading.decompose()


def _marked_main(body: Tag) -> Tag | None:
    """`main`, a lone `article`, or a well-known class. Pages mark an empty one now and then."""
    whole = _prose(body)
    for selector in (_MAIN, "main article", "main, [role=main]", "article"):
        candidates = [element for element in body.select(selector) if _text(element)]
        outer = [element for element in candidates if not _inside(element, candidates)]
        if len(outer) == 1 and _prose(outer[0]) >= min(200, whole // 4):
            return _with_heading(outer[0], body)
    return None


def _with_heading(element: Tag, body: Tag) -> Tag:
    """An article's body often stands below its `h1` in a common parent."""
    if element.find("h1") or len(body.find_all("h1")) != 1:
        return element
    heading = body.find("h1")
    assert isinstance(heading, Tag)
    element.insert(0, heading.extract())
    return element


def _inside(element: Tag, others: list[Tag]) -> bool:
    ids = {id(other) for other in others}
    return any(id(parent) in ids for parent in element.parents)


def _drop_furniture(root: Tag) -> None:
    whole = _prose(root)
    holds_article = holders(root, ("h1", "main", "article"))
    for element in list(root.find_all(True)):
        if element.decomposed or element is root or id(element) in holds_article:
            continue
        if _says_so(element) or (_is_named_so(element) and _prose(element) <= whole * _SAFE_SHARE):
            _remove(element)


def _says_so(element: Tag) -> bool:
    """Tag or role mean furniture and nothing else."""
    if element.name == "header":
        return element.find_parent(["main", "article", "section"]) is None
    if element.name == "aside" and element.find_parent(["main", "article"]) is not None:
        return _link_share(element) >= _ASIDE_LINK_SHARE  # others are notes and warnings
    return element.name in _FURNITURE_TAGS or str(element.get("role")) in _FURNITURE_ROLES


def _is_named_so(element: Tag) -> bool:
    """Class, id or links make it likely."""
    if element.name in ("html", "body", "main", "article", "p", "h1", "h2", "h3", "pre", "code"):
        return False
    if element.name == "form":
        return True
    found = _words(element) & _FURNITURE_WORDS
    if found and found <= _OF_LANGUAGE:  # of a program, where there is code
        return element.find(["pre", "code"]) is None
    return bool(found) or _is_language_switch(element)


def _words(element: Tag) -> set[str]:
    names = [*(element.get_attribute_list("class")), element.get("id")]
    joined = " ".join(str(name) for name in names if name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", joined)
    return set(re.split(r"[^a-z]+", spaced.lower()))


def _is_language_switch(element: Tag) -> bool:
    if element.name not in ("ul", "ol", "div", "p", "span", "section", "table"):
        return False
    links = element.find_all("a", limit=60)
    if len(links) < 2 or _link_share(element) < _LINK_SHARE:
        return False
    named = sum(
        bool(link.get("hreflang")) or _text(link).lower() in _LANGUAGE_NAMES for link in links
    )
    return named >= max(2, len(links) // 2)


def _drop_link_lists(body: Tag) -> None:
    """Menus that nothing names: from either end of the page, blocks that are links and no more."""
    for edge in (1, -1):
        container: Tag = body
        while True:
            children = [child for child in container.children if _has_text(child)]
            if not children:
                break
            first = children[0] if edge == 1 else children[-1]
            if not isinstance(first, Tag) or first.name in ("h1", "h2", "p", "table"):
                break
            if _is_link_list(first):
                _remove(first)
            elif len(children) == 1:
                container = first
            else:
                break


def _is_link_list(element: Tag) -> bool:
    links = element.find_all("a", limit=200)
    return len(links) >= 3 and _link_share(element) >= _LINK_SHARE


def _link_share(element: Tag) -> float:
    whole = len(_text(element))
    return sum(len(_text(link)) for link in element.find_all("a")) / whole if whole else 0.0


def _prose(element: Tag) -> int:
    """Characters outside of links: what a menu has none of, however long it is."""
    return len(_text(element)) - sum(len(_text(link)) for link in element.find_all("a"))


def _remove(element: Tag) -> None:
    """With the heading that stood over it and now stands over nothing ("Related articles")."""
    before = element.find_previous_sibling()
    alone = element.find_next_sibling() is None
    element.decompose()
    if alone and isinstance(before, Tag) and re.fullmatch("h[2-6]", before.name or ""):
        before.decompose()


def _has_text(node: PageElement) -> bool:
    return bool(_text(node))


def _text(node: PageElement) -> str:
    return " ".join(node.get_text(" ").split())
