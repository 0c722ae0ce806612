"""What a small base learns to read: synthetic tasks of answering from given passages.

Public entry: `BaseBatches`. Adapters of the activated kind see a prompt only through the base, so
a base must read prompts well: what a question is about has to stand in its states. Plain next-token
prediction on a small corpus does not bring that; these tasks do, in the layout of serving:

- a part of an article asks (a sentence, a heading, with words lost and typing errors): the reply is
  the article's title, the heading, and the section's first sentence;
- a past ticket's question asks: the reply is the title of the article that it belongs to;
- whole sections, as they are.

Passages and similar pairs in the prompts are real ones, the right one among them or not; the
"answers" of the pairs are sentences of articles. The team's own answers are never read here.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from llm.engine.tokens import plain_ids, prompt_ids
from llm.prompts import Passage, PastAnswer, Prompt, PromptInput, Turn, neutralise, render
from text.sentences import sentences
from training.datasets import Corpus, Section
from training.methods.examples import WINDOW, Example, TokenCounter, of_like_length
from training.recipes import Recipe
from training.wordings import reword

SECTION_TOKENS: Final = 300
REPLY_TOKENS: Final = 48
LEAST_CHARACTERS: Final = 12
_RIGHT_PASSAGE: Final = 0.6
_RIGHT_PAIR: Final = 0.5
_SECOND_SENTENCE: Final = 0.3


@dataclass(frozen=True)
class _Part:
    """A sentence or heading of a section."""

    section: Section
    text: str


class BaseBatches:
    """What a base reads, step by step: `at(step)` gives the same examples whenever asked. A whole
    section is an example with no context."""

    def __init__(self, corpus: Corpus, *, recipe: Recipe, tokenizer: Any, company: str) -> None:
        self.steps = recipe.schedule.steps
        self._recipe, self._tokenizer = recipe, tokenizer
        self._maker = _Maker(corpus, recipe=recipe, company=company)
        self._count, self._budget = TokenCounter(tokenizer), recipe.prompt.as_budget()
        self._size = recipe.schedule.batch * recipe.schedule.accumulation
        self._window: tuple[int, list[list[Example]]] = (-1, [])

    def at(self, step: int) -> Sequence[Example]:
        number = step // WINDOW
        if self._window[0] != number:
            chance = self._maker.chance = random.Random(f"{self._recipe.seed}:{number}")  # noqa: S311
            made = [self._example() for _ in range(WINDOW * self._size)]
            self._window = (number, of_like_length(made, self._size, chance))
        return self._window[1][step % WINDOW]

    def _example(self) -> Example:
        maker, tasks = self._maker, self._recipe.tasks
        kind = maker.chance.random()
        if kind < tasks.sections:
            text = plain_ids(self._tokenizer, maker.section())[:SECTION_TOKENS]
            return Example(context=[], invocation=[], answer=text)
        asked = kind < tasks.sections + tasks.questions and maker.has_questions
        parts, reply = maker.question() if asked else maker.part()
        prompt: Prompt = render(parts, count_tokens=self._count, budget=self._budget)
        ids = prompt_ids(self._tokenizer, prompt)
        end = [self._tokenizer.eos_token_id]
        answer = plain_ids(self._tokenizer, reply)[:REPLY_TOKENS] + end
        return Example(context=ids.context, invocation=ids.invocation, answer=answer)


class _Maker:
    """Prompts and replies from a corpus."""

    def __init__(self, corpus: Corpus, *, recipe: Recipe, company: str) -> None:
        self.chance = random.Random(recipe.seed)  # noqa: S311 - reproducible, not secret
        self.has_questions = bool(corpus.asked)
        self._corpus = corpus
        self._wording = recipe.tasks.wording
        self._passages = recipe.prompt.passages
        self._similar = recipe.prompt.similar
        self._company = company
        self._parts = [
            _Part(section, text) for section in corpus.sections for text in _parts_of(section)
        ]
        self._by_title = defaultdict(list)
        for section in corpus.sections:
            self._by_title[section.title].append(section)

    def section(self) -> str:
        one = self.chance.choice(self._corpus.sections)
        return neutralise(f"{one.title}\n{one.heading}\n{one.text}")

    def question(self) -> tuple[PromptInput, str]:
        one = self.chance.choice(self._corpus.asked)
        sections = self._by_title.get(one.title) or [self.chance.choice(self._corpus.sections)]
        reply = f"{one.title}." if one.title else "…"
        return self._prompt(one.question, self.chance.choice(sections), one.lang), reply

    def part(self) -> tuple[PromptInput, str]:
        one = self.chance.choice(self._parts)
        text = one.text
        if self.chance.random() < _SECOND_SENTENCE:
            text = f"{text} {self.chance.choice(_parts_of(one.section))}"
        heading = f"{one.section.heading}: " if one.section.heading else ""
        first = next(iter(_sentences(one.section)), "")
        reply = f"{one.section.title}. {heading}{first}"
        return self._prompt(text, one.section, one.section.lang), reply

    def _prompt(self, question: str, section: Section, lang: str) -> PromptInput:
        passages = [self.chance.choice(self._corpus.sections) for _ in range(self._passages)]
        if passages and self.chance.random() < _RIGHT_PASSAGE:
            passages[self.chance.randrange(len(passages))] = section
        similar = [
            self._pair(self.chance.choice(self._parts))
            for _ in range(self.chance.randrange(self._similar + 1))
        ]
        if similar and self.chance.random() < _RIGHT_PAIR:
            right = self._pair(_Part(section, self.chance.choice(_parts_of(section))))
            similar[self.chance.randrange(len(similar))] = right
        return PromptInput(
            lang=lang,
            company=self._company,
            passages=tuple(Passage(one.title, f"{one.heading}\n{one.text}") for one in passages),
            similar=tuple(similar),
            turns=(Turn("customer", self._reworded(question)),),
        )

    def _pair(self, part: _Part) -> PastAnswer:
        asked = part.text
        if self._corpus.asked and self.chance.random() < 0.5:
            asked = self.chance.choice(self._corpus.asked).question
        return PastAnswer(asked, " ".join(_sentences(part.section)[:2]) or part.section.title)

    def _reworded(self, text: str) -> str:
        return reword(text, self._wording, chance=self.chance)


def _sentences(section: Section) -> list[str]:
    return [one for one in sentences(section.text) if len(one) >= LEAST_CHARACTERS]


def _parts_of(section: Section) -> list[str]:
    named = [text for text in (section.title, section.heading) if text]
    return named + _sentences(section)
