"""An article's Markdown as HTML that is safe to show: `render(markdown)`.

Raw HTML in it is text, links lead to web, mail and telephone addresses only, and nothing is loaded
from anywhere: an image is its alternative text. Every block finds its own direction; what holds
blocks (lists and their items, tables, quotes) gets that of most of its letters.
"""

import unicodedata
from collections.abc import MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th")
_CONTAINERS = ("ul", "ol", "li", "table", "blockquote")
_TAGS = {*_BLOCKS, *_CONTAINERS, "thead", "tbody", "tr", "pre", "code", "strong", "em"}
_TAGS |= {"a", "br", "hr"}
_ATTRIBUTES = {tag: {"dir"} for tag in (*_BLOCKS, *_CONTAINERS)}
_ATTRIBUTES |= {"a": {"href"}, "ol": {"dir", "start"}}


class _Renderer(RendererHTML):
    def image(
        self,
        tokens: Sequence[Token],
        index: int,
        options: OptionsDict,
        env: MutableMapping[str, Any],
    ) -> str:
        return escape(self.renderInlineAsText(tokens[index].children or [], options, env))


_PARSER = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")


def render(markdown: str) -> SafeString:
    tokens = _PARSER.parse(markdown)
    for place, token in enumerate(tokens):
        if token.nesting == 1 and token.tag in _BLOCKS:
            token.attrSet("dir", "auto")
        elif token.nesting == 1 and token.tag in _CONTAINERS:
            token.attrSet("dir", _direction(tokens, place))
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has cleaned it


def _direction(tokens: Sequence[Token], place: int) -> str:
    """`dir="auto"` does not look into parts that have a direction of their own."""
    balance = 0
    for later in range(place + 1, len(tokens)):
        if tokens[later].level == tokens[place].level:
            break
        for part in tokens[later].children or []:
            if part.type == "text":
                kinds = [unicodedata.bidirectional(letter) for letter in part.content]
                balance += kinds.count("R") + kinds.count("AL") - kinds.count("L")
    return "rtl" if balance > 0 else "ltr"
