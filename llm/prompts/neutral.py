"""Text from outside as plain data: `neutralise` for the first layout, `fenced` for later ones.

What `neutralise` does may not change: models were trained on it. `fenced` does more: it also sees
marks that are written with letters of other widths or with something invisible between them.
"""

import re
import unicodedata
from typing import Final

from text.privacy.placeholders import pieces

_MARKS: Final = re.compile(r"#{3,}")
# Control tokens of the model families in use (Llama, Mistral, Gemma, ChatML): written by a
# customer they would otherwise become the token itself.
_CONTROLS: Final = re.compile(
    r"<(?=\|[^|<>\n]{1,40}\|>|/?s>|/?(?:bos|eos|pad|unk|mask)>|<SYS>>|</SYS>>|(?:start|end)_of_turn>)"
    r"|\[(?=/?INST\])",
    re.IGNORECASE,
)
_BLANK_LINES: Final = re.compile(r"\n\s*\n")

_HASHES: Final = str.maketrans(dict.fromkeys("＃﹟♯⌗", "#"))
_MORE_CONTROLS: Final = re.compile(
    r"<(?=[|｜]|/?(?:think|tool_call|tool_response|image|start_of_image|end_of_image)>)"
    r"|\[(?=/?(?:TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS|SYSTEM_PROMPT)\])",
    re.IGNORECASE,
)
_JOINERS: Final = "\u200c\u200d"  # they belong to the spelling of Persian


def neutralise(text: str) -> str:
    """Text from outside as plain data: no section mark, no control token, no blank lines."""
    plain = _CONTROLS.sub(_opened_otherwise, text.strip())
    return _BLANK_LINES.sub("\n", _MARKS.sub("##", plain))


def fenced(text: str) -> str:
    """As `neutralise`, and no mark or control token in disguise."""
    seen = "".join(one for one in text if one in _JOINERS or unicodedata.category(one) != "Cf")
    seen = re.sub(rf"(?<=#)[{_JOINERS}]+(?=#)", "", seen.translate(_HASHES))
    return neutralise(_MORE_CONTROLS.sub(_opened_otherwise, neutralise(seen)))


def without_values(text: str) -> str:
    """Of another ticket: a placeholder says what stood there and can never become one of this
    ticket's, which may have the same name."""
    return "".join(
        part if isinstance(part, str) else f"({part.type.lower().replace('_', ' ')})"
        for part in pieces(text)
    )


def _opened_otherwise(found: re.Match[str]) -> str:
    return "‹" if found.group() == "<" else "("
