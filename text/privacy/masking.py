"""A text with placeholders in place of personal values, and the values apart."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from text.privacy.finding import find
from text.privacy.normal import normal_value
from text.privacy.patterns import Pattern
from text.privacy.placeholders import escape as escape_placeholders
from text.privacy.placeholders import placeholder
from text.privacy.spans import LANDLINE, PHONE, Span

LEAST_LETTERS: Final = 2
_BESIDE: Final = " \t\n\r\u200c\u200d\u200e\u200f،,.;:؛-()«»\"'"


@dataclass(frozen=True)
class Found:
    """One value behind one placeholder, as it was first written."""

    type: str
    number: int
    value: str
    fingerprint: str


@dataclass(frozen=True)
class Masked:
    """`spans` are in the text as given; `found` holds each value once, also those that were known;
    `numbers` is `known` grown by this text: give it to the next text of the same ticket."""

    text: str
    spans: list[Span] = field(repr=False)
    found: list[Found] = field(repr=False)
    numbers: dict[tuple[str, str], int] = field(repr=False)

    @property
    def values(self) -> dict[str, str]:
        """{"[PHONE_1]": value}, as `restore` takes them."""
        return {placeholder(one.type, one.number): one.value for one in self.found}


def fingerprint_as_is(type_: str, normal: str) -> str:
    return normal


def mask(
    text: str,
    *,
    known: Mapping[tuple[str, str], int] | None = None,
    taken: Mapping[str, int] | None = None,
    public: Collection[tuple[str, str]] = (),
    escape: bool = True,
    fingerprint: Callable[[str, str], str] = fingerprint_as_is,
    patterns: Sequence[Pattern] = (),
    names: bool = True,
    also: Sequence[Span] = (),
) -> Masked:
    """Numbers are per ticket: `known` says which value has which, (type, fingerprint) → number, and
    `taken` the highest number that a type has used, where values were forgotten since. `public`:
    (type, normal value) of what is nobody's secret (the company's own telephone; a landline is
    a PHONE there). `escape=False`
    is for text whose placeholders are real (an agent's reply). `fingerprint` lets a keeper of
    values compare them by a keyed hash instead of the value. `patterns`, `names`: see `find`.
    `also`: what somebody else has found, in order; what the engine finds goes before it."""
    numbers = dict(known or {})
    highest = dict(taken or {})
    for (type_, _), number in numbers.items():
        highest[type_] = max(number, highest.get(type_, 0))
    clean = escape_placeholders if escape else str
    pieces: list[str] = []
    spans: list[Span] = []
    found: dict[tuple[str, str], Found] = {}
    done = 0
    for span in _together(text, find(text, patterns=patterns, names=names), also):
        value = text[span.start : span.end]
        normal = normal_value(span.type, value)
        if (PHONE if span.type == LANDLINE else span.type, normal) in public:
            continue
        key = (span.type, fingerprint(span.type, normal))
        if key not in numbers:
            numbers[key] = highest[span.type] = highest.get(span.type, 0) + 1
        found.setdefault(key, Found(span.type, numbers[key], value, key[1]))
        pieces += [clean(text[done : span.start]), placeholder(span.type, numbers[key])]
        spans.append(span)
        done = span.end
    pieces.append(clean(text[done:]))
    return Masked("".join(pieces), spans, list(found.values()), numbers)


def _together(text: str, found: list[Span], also: Sequence[Span]) -> list[Span]:
    """Of `also` what is left beside `found`, if it has letters to tell anything. A whole of whose
    parts the engine has found some is one value."""
    for span in also:
        beside = [one for one in found if one.start < span.end and span.start < one.end]
        if all(one.type == span.type for one in beside):
            start = min([span.start, *(one.start for one in beside)])
            end = max([span.end, *(one.end for one in beside)])
            found = [one for one in found if one not in beside]
            found.append(Span(start, end, span.type))
        else:
            found = [*found, *_outside(text, span, beside)]
    return sorted(found)


def _outside(text: str, span: Span, beside: Sequence[Span]) -> Iterator[Span]:
    start = span.start
    for one in [*beside, Span(span.end, span.end, "")]:
        part = text[start : max(start, one.start)]
        inner = part.strip(_BESIDE)
        if sum(map(str.isalpha, inner)) >= LEAST_LETTERS:
            first = start + part.index(inner)
            yield Span(first, first + len(inner), span.type)
        start = max(start, one.end)
