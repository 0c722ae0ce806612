"""What a model wrote, made fit to be read and sent: `clean_answer`, `disagree`, `while_written`.

A model may write anything: what its prompt says, what a customer or an article told it to, what it
made up. Out goes everything that only the prompt's layout can have put there, all markup, and every
address, number and placeholder that neither the sources nor this ticket have. Sources are cited by
number, and the number is looked up here: the model names no link. Nothing is added, so whatever
stands in the cleaned text was written by the model.

Pure: no Django, no model. The order matters: echoes first, since they hold marks of all kinds;
placeholders before markup, since `<EMAIL_1>` and `\\_` look like markup; repetition last.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from llm.cleaning.citing import without_citations
from llm.cleaning.echoes import without_echo
from llm.cleaning.filling import keep_known
from llm.cleaning.inventions import without_contacts, without_links
from llm.cleaning.markup import plain_text
from llm.cleaning.repetition import without_repetition
from llm.cleaning.spacing import tidy
from llm.cleaning.supporting import SourceText, disagree, support
from text.privacy.placeholders import whole

__all__ = ["Cleaned", "SourceText", "clean_answer", "disagree", "while_written"]

MAX_CHARACTERS: Final = 20_000
"""More than 4,096 tokens write; the rest is cut."""

_HALF_HEAD: Final = re.compile(r"^[ \t]*#[^\n]*\Z", re.MULTILINE)


@dataclass(frozen=True)
class Cleaned:
    """`cited`: numbers of the sources that the answer names, in order. `removed`: how many of
    what: echo, markup, placeholder, link, a type of personal data, citation, repetition.
    `supported`: the share of its content words that the sources have."""

    text: str
    cited: tuple[int, ...] = ()
    removed: dict[str, int] = field(default_factory=dict)
    supported: float = 1.0


def clean_answer(
    text: str,
    *,
    sources: Sequence[SourceText],
    placeholders: Collection[str],
    public: Collection[str] = (),
) -> Cleaned:
    """`placeholders`: names that this ticket has ("[PHONE_1]"). `public`: contacts of the company
    that may stand in any answer."""
    removed: dict[str, int] = {}

    def take(step: tuple[str, int], what: str) -> str:
        left, count = step
        if count:
            removed[what] = removed.get(what, 0) + count
        return left

    text = take(without_echo(text[:MAX_CHARACTERS]), "echo")
    text = take(keep_known(text, placeholders), "placeholder")
    text = take(plain_text(text), "markup")
    text = take(keep_known(text, placeholders), "placeholder")  # one that markup had hidden
    text = take(without_links(text, sources, public=public), "link")
    text, types = without_contacts(text, sources, public=public)
    for type_, count in types.items():
        removed[type_.lower()] = count
    text, cited, unknown = without_citations(text, known={one.number for one in sources})
    text = take((text, unknown), "citation")
    text = tidy(take(without_repetition(text), "repetition"))
    return Cleaned(text, cited, removed, support(text, sources))


def while_written(text: str) -> str:
    """What may be shown of an answer that is not finished: cheap, and without the half placeholder
    at its end. Citations stay until their numbers can be looked up."""
    text, _echoes = without_echo(_HALF_HEAD.sub("", whole(text[:MAX_CHARACTERS])))
    text, _marks = plain_text(text)
    return whole(tidy(text))
