"""The tokenizer of a base of our own: byte-level BPE, so that no text has an unknown letter.

Public entry: `fit_tokenizer`. Words are cut as Persian needs it: a half-space (ZWNJ) stays inside
its word, at most three digits go together. Arabic ي and ك are read as ی and ک. The prompt's section
marks are one token each; text from outside cannot hold them (`llm.prompts.neutralise`).
"""

from collections.abc import Iterable
from typing import Any, Final

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from llm.prompts import SECTIONS

PAD, BEGIN, END = "<pad>", "<bos>", "<eos>"
_WORDS: Final = r" ?[\p{L}\p{M}\u200c]+| ?\p{N}{1,3}| ?[^\s\p{L}\p{M}\p{N}\u200c]+|\s+(?!\S)|\s+"


def fit_tokenizer(texts: Iterable[str], *, vocabulary: int) -> Any:
    """A transformers tokenizer of at most `vocabulary` tokens; same texts, same tokens."""
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace("ي", "ی"), normalizers.Replace("ك", "ک")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, BEGIN, END, *SECTIONS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BEGIN, eos_token=END, pad_token=PAD
    )
