"""An article's Markdown as HTML that is safe to show: `render(markdown)`.

Raw HTML in it is text, links lead to web, mail and telephone addresses only, and nothing is loaded
from anywhere: an image is its alternative text. Every block finds its own direction.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_BLOCKS = ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "blockquote")
_TAGS = {*_BLOCKS, "ul", "ol", "table", "thead", "tbody", "tr", "pre", "code", "strong", "em"}
_TAGS |= {"a", "br", "hr"}


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
    for token in tokens:
        if token.nesting == 1 and token.tag in _BLOCKS:
            token.attrSet("dir", "auto")
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}, **{tag: {"dir"} for tag in _BLOCKS}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - nh3 has cleaned it
