"""The prompt that training and serving share: versioned layouts, one cut rule.

Public entries: `render` turns what was found for a ticket (passages of articles, past answers to
similar questions, the conversation) into the text that a model reads, within a budget of tokens;
`messages` puts that text into messages for a chat server. Nothing here knows a tokenizer, a model
or the database: the caller brings `count_tokens`.

Why so: a tuned model is only as good as the likeness of its prompts in training and in use, so
both come from `render` and every row that was made with it carries the layout's name. Change a
layout and you give it a new name (`layouts`).

A layout is plain text with marks of its own (lines of `###`, `<|im_start|>`, `<person1>`); no text
from outside can hold them (`neutral`), so a customer or an article cannot open a section or a turn.
The last mark is the layout's invocation: adapters of the activated kind wake up at its tokens. A
training row is tokens(text) + tokens(invocation) + tokens(`layout.written(answer)`) + end, each
tokenised by itself, so that the invocation's tokens are always found. What a model writes is read
with `layout.spoken`.
"""

from llm.prompts.layout import Layout
from llm.prompts.layouts import (
    AGENT,
    ARTICLE,
    CUSTOMER,
    INVOCATION,
    LANGUAGES,
    LAYOUTS,
    MARK,
    PAST_ANSWER,
    PAST_QUESTION,
    PROMPT_VERSION,
    SECTIONS,
    SERVER_LAYOUT,
    UnknownLayout,
    layout_of,
)
from llm.prompts.neutral import neutralise
from llm.prompts.parts import (
    CountTokens,
    Kind,
    Passage,
    PastAnswer,
    Prompt,
    PromptBudget,
    PromptError,
    PromptInput,
    Role,
    Turn,
)
from llm.prompts.rendering import messages, render
from llm.prompts.rewording import KINDS as REWORDINGS

__all__ = [
    "AGENT",
    "ARTICLE",
    "CUSTOMER",
    "INVOCATION",
    "LANGUAGES",
    "LAYOUTS",
    "MARK",
    "PAST_ANSWER",
    "PAST_QUESTION",
    "PROMPT_VERSION",
    "REWORDINGS",
    "SECTIONS",
    "SERVER_LAYOUT",
    "CountTokens",
    "Kind",
    "Layout",
    "Passage",
    "PastAnswer",
    "Prompt",
    "PromptBudget",
    "PromptError",
    "PromptInput",
    "Role",
    "Turn",
    "UnknownLayout",
    "layout_of",
    "messages",
    "neutralise",
    "render",
]
