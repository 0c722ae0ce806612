"""What a person wrote in a message of HTML: `text_of_html(html)`. Quoted answers go with the marks
that the common mail programs put around them; scripts, styles and images go too."""

import re

from bs4 import Tag

from kb.importing.html import parse

_QUOTES = (
    "blockquote[type=cite], blockquote.gmail_quote, div.gmail_quote, div.gmail_extra, "
    "div.yahoo_quoted, div.moz-cite-prefix, div.protonmail_quote, div.zmail_extra, "
    "blockquote.protonmail_quote"
)
_REPLY_BEGINS = "#divRplyFwdMsg, #appendonsend, #reply-intro, div.OutlookMessageHeader"
_NO_TEXT = "script, style, template, head, title, object, svg, iframe, img"
_BLOCKS = (
    *("p", "div", "tr", "li", "ul", "ol", "table", "blockquote", "pre"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "section", "article", "header", "footer"),
)
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_SPACES = re.compile(r"[ \t\r\n\u00a0]+")


def text_of_html(html: str) -> str:
    """Raises kb's UnreadableDocument for a page too large or nested too deep."""
    soup = parse(html)
    for element in soup.select(_QUOTES):
        element.decompose()
    for element in soup.select(_REPLY_BEGINS):
        for later in list(element.find_next_siblings()):
            later.decompose()
        element.decompose()
    for element in soup.select(_NO_TEXT):
        element.decompose()
    for text in soup.find_all(string=True):
        text.replace_with(_SPACES.sub(" ", text))
    for element in soup.find_all("br"):
        element.replace_with("\n")
    for element in soup.find_all(_BLOCKS):
        if isinstance(element, Tag):
            element.insert_before("\n")
            element.insert_after("\n")
    lines = (line.strip() for line in soup.get_text().split("\n"))
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip()
