"""From a prompt to token ids: the one rule that training and serving share.

Public entry: `prompt_ids`. The context, the invocation and the answer are tokenised by themselves
and then joined, so that the invocation's tokens are the same in every row, whatever stands before
and after them: activated adapters wake up at exactly these ids.
"""

from dataclasses import dataclass
from typing import Any

from llm.prompts import Prompt


@dataclass(frozen=True)
class PromptIds:
    """`context` is what all versions read alike; `invocation` is where their ways part."""

    context: list[int]
    invocation: list[int]

    def __len__(self) -> int:
        return len(self.context) + len(self.invocation)


def prompt_ids(tokenizer: Any, prompt: Prompt) -> PromptIds:
    """The ids of the prompt, behind the tokenizer's own opening token where it has one."""
    return PromptIds(
        context=[*opening_ids(tokenizer), *plain_ids(tokenizer, prompt.text)],
        invocation=plain_ids(tokenizer, prompt.invocation),
    )


def plain_ids(tokenizer: Any, text: str) -> list[int]:
    """Ids of the text alone, nothing put before or behind it. No limit on its length."""
    ids: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return ids


def opening_ids(tokenizer: Any) -> list[int]:
    """What the tokenizer puts before every text: [bos] for Llama's and Mistral's, [] for ours."""
    around = tokenizer("", verbose=False)["input_ids"]
    return [token for token in around[:1] if token == tokenizer.bos_token_id]
