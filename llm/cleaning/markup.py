"""Markdown and HTML to plain text: `plain_text`. Lists stay lines, links become their words and
the address behind them, which `inventions` looks at."""

import html
import re
from collections.abc import Callable
from typing import Final

_ROUNDS: Final = 3
_Sub = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]

_HIDDEN: Final = re.compile(
    r"<(script|style|iframe|object|svg|template|head)\b[^>]{0,2000}>.*?(?:</\1\s*>|\Z)"
    r"|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_ANCHOR: Final = re.compile(
    r"<a\b[^<>]{0,1000}?\bhref\s*=\s*[\"']?([^\"'\s<>]{1,1000})[\"']?[^<>]{0,1000}>(.*?)</a\s*>",
    re.IGNORECASE | re.DOTALL,
)
_BREAK: Final = re.compile(
    r"<(?:br|hr)\b[^<>]{0,200}>|</(?:p|div|h[1-6]|tr|ul|ol|table|blockquote)\s*>", re.IGNORECASE
)
_ITEM: Final = re.compile(r"\s*<li\b[^<>]{0,200}>\s*", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z][a-zA-Z0-9:-]{0,30}(?:[\s/][^<>]{0,2000})?>")
_OPEN_TAG: Final = re.compile(
    r"<(?:a|img|script|iframe|form|input|style|svg|link|meta)\b[^<>]*\Z", re.I
)

_ADDRESS: Final = r"(?:[^()\s]|\([^()\s]{0,500}\)){0,1000}"
_TITLE: Final = r"(?:[ \t]+[^()\n]{0,200})?"
_MARKDOWN: Final[tuple[_Sub, ...]] = (
    (re.compile(r"^[ \t]*(?:```|~~~)[^\n]*\n?", re.MULTILINE), ""),
    (re.compile(rf"!\[([^\[\]\n]{{0,500}})\]\({_ADDRESS}{_TITLE}\)"), r"\1"),
    (
        re.compile(rf"(?<!\w)\[([^\[\]\n]{{1,500}})\]\(\s*({_ADDRESS}){_TITLE}\)"),
        lambda found: _linked(found[1], found[2]),
    ),
    (re.compile(r"!(?=\[)"), ""),
    (re.compile(r"\](?=\(\S)"), "] "),
    (re.compile(r"^[ \t]*\[[^\[\]\n]{1,100}\]:[ \t]*(\S{1,1000})[^\n]*$", re.MULTILINE), r"\1"),
    (re.compile(r"<((?:https?|ftp|mailto|tel):[^<>\s]{1,1000})>", re.IGNORECASE), r"\1"),
    (re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE), r"\1"),
    (re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$\n?", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|)+[ \t]*(?::?-{3,}:?)?[ \t]*$\n?", re.M), ""),
    (
        re.compile(r"^[ \t]*\|(.+)\|[ \t]*$", re.MULTILINE),
        lambda found: " – ".join(cell.strip() for cell in found[1].split("|")),
    ),
    (re.compile(r"^([ \t]*)[*+•][ \t]+", re.MULTILINE), r"\1- "),
    (re.compile(r"\*\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*\*"), r"\1"),
    (re.compile(r"\*\*(?=\S)(.{1,2000}?)(?<=\S)\*\*"), r"\1"),
    (re.compile(r"(?<![\w_])__(?=[^\s_])(.{1,2000}?)(?<=[^\s_])__(?![\w_])"), r"\1"),
    (re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]{1,2000}?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_\\])_(?=[^\s_])([^_\n]{1,2000}?)(?<=\S)_(?![\w_])"), r"\1"),
    (re.compile(r"~~(?=\S)(.{1,2000}?)(?<=\S)~~"), r"\1"),
    (re.compile(r"(`{1,3})([^`\n]{1,2000}?)\1"), r"\2"),
    (re.compile(r"\\([\\`*_{}\[\]()#+.!|>~-])"), r"\1"),
    (re.compile(r"\*\*+|(?<!\w)__+(?!\w)"), ""),
)


def plain_text(text: str) -> tuple[str, int]:
    """(the text without markup, how many pieces of markup there were, bullets not counted)."""
    count = 0
    for _ in range(_ROUNDS):  # an entity may hold a tag
        before = text
        text, tags = _without_html(text)
        count += tags
        for pattern, instead in _MARKDOWN:
            text, found = pattern.subn(instead, text)
            count += found if instead != r"\1- " else 0
        if text == before:
            break
    return text, count


def _without_html(text: str) -> tuple[str, int]:
    if "&" in text:
        text = html.unescape(text)
    if "<" not in text:
        return text, 0
    count = 0
    for pattern, instead in (
        (_HIDDEN, " "),
        (_ANCHOR, lambda found: _linked(found[2], found[1])),
        (_BREAK, "\n"),
        (_ITEM, "\n- "),
        (_TAG, ""),
        (_OPEN_TAG, ""),
    ):
        text, found = pattern.subn(instead, text)
        count += found
    return text, count


def _linked(words: str, address: str) -> str:
    """An address that says nothing more than the words is not written twice."""
    bare = re.sub(r"^(?:mailto:|tel:|https?://)", "", address, flags=re.IGNORECASE).rstrip("/")
    return words if bare and bare in words else f"{words} ({address})"
