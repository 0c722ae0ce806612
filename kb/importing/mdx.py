"""MDX as Markdown: `without_jsx(text)`.

Imports, exports and comments go; a component goes and its text stays, with the title, label or
summary that it shows; an expression stays only where it is a piece of text. Code is left alone.
"""

import re

_CODE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n.*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.M | re.S)
_INLINE_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_STATEMENT = re.compile(r"^(?:import|export)\b")
_COMPONENT = re.compile(r"</?(?:[A-Z][\w.]*|[a-z]\w*(?:\.\w+)+)(?=[\s/>])|</?>")
_SHOWN = re.compile(
    r"\b(title|label|summary|header|heading|question)\s*=\s*"
    r"(?:\"([^\"\n]*)\"|'([^'\n]*)'|\{\s*[\"'`]([^\"'`\n]*)[\"'`]\s*\})"
)
_STRING = re.compile(r"\A\s*([\"'`])(.*?)\1\s*\Z", re.S)
_MAX_TAG = 20_000
_MAX_UNCLOSED = 50
"""So many tags and braces without an end, and the rest is text."""


def without_jsx(text: str) -> str:
    parts, start = [], 0
    for code in _CODE.finditer(text):
        parts += [_without(_without_statements(text[start : code.start()])), code[0]]
        start = code.end()
    parts.append(_without(_without_statements(text[start:])))
    return re.sub(r"\n{3,}", "\n\n", "".join(parts)).lstrip("\n")


def _without_statements(text: str) -> str:
    """ESM stands at the start of a line, after an empty one, and ends with one."""
    kept: list[str] = []
    inside, before = False, ""
    for line in text.split("\n"):
        if not inside and not before.strip() and _STATEMENT.match(line):
            inside = True
        elif inside and not line.strip():
            inside = False
        if not inside:
            kept.append(line)
        before = "" if inside else line
    return "\n".join(kept)


def _without(text: str) -> str:
    """Tags and expressions, found in one walk."""
    found: list[str] = []
    at = unclosed = 0
    while at < len(text):
        following = _next(text, at)
        if following is None or unclosed > _MAX_UNCLOSED:
            found.append(text[at:])
            break
        found.append(text[at:following])
        if text[following] == "`":
            code = _INLINE_CODE.match(text, following)
            end = code.end() if code else following + 1
            found.append(text[following:end])
        elif text[following] == "<":
            end = _tag_end(text, following)
            found.append(_shown(text[following:end]))
        else:
            end = _brace_end(text, following)
            found.append(_value(text[following + 1 : end - 1]))
        unclosed += end == following + 1 and text[following] != "`"
        at = end
    return "".join(found)


def _next(text: str, at: int) -> int | None:
    for mark in re.compile(r"[`<{\\]").finditer(text, at):
        letter, position = mark[0], mark.start()
        if position and text[position - 1] == "\\":
            continue
        if letter in "`{" or (letter == "<" and _COMPONENT.match(text, position)):
            return position
    return None


def _tag_end(text: str, start: int) -> int:
    """Behind the > that closes the tag, not one in an attribute's expression or string."""
    position, quote = start + 1, ""
    while position < min(len(text), start + _MAX_TAG):
        letter = text[position]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter == "{":
            end = _brace_end(text, position)
            if end == position + 1:
                return start + 1
            position = end
            continue
        elif letter == ">":
            return position + 1
        position += 1
    return start + 1


def _brace_end(text: str, start: int) -> int:
    depth = 0
    for brace in re.compile(r"[{}]").finditer(text, start, start + _MAX_TAG):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return start + 1


def _shown(tag: str) -> str:
    if tag.startswith("</"):
        return ""
    shown = _SHOWN.search(tag)
    words = next((word for word in shown.groups()[1:] if word), "") if shown else ""
    return f"\n\n**{words.strip()}**\n\n" if words.strip() else ""


def _value(expression: str) -> str:
    string = _STRING.match(expression)
    return string[2] if string and "${" not in string[2] else ""
