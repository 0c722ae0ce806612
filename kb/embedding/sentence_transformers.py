"""Any sentence-transformers model, by folder or by name; a plain BERT folder gets mean pooling.

Passages are cut by the model's own tokens (`kb.embedding.cutting`), so that nothing is dropped.
Heavy: torch is imported when a model is opened, which only commands and workers do. A model's own
code is never run, and only safetensors weights are read.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kb.embedding import cutting
from kb.embedding.cutting import Tokens, fitted
from kb.embedding.recipe import EmbedderUnavailable, Vectors
from kb.embedding.titles import with_titles
from text.persian import canonical

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32
HUB_SECONDS = 10.0
FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]


class SentenceTransformersEmbedder:
    light = False

    def __init__(self, model: "SentenceTransformer") -> None:
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise EmbedderUnavailable("This model gives no sentence vectors.")
        self.dimension = int(dimension)
        self.model = model
        _refuse_foreign_tokenizer(model)
        self.tokenizer = _tokenizer_of(model)
        self._tokens = _tokens(self.tokenizer)
        self.budget = _budget(model, self._tokens)

    @property
    def pooling(self) -> str:
        """ "mean" and the like; "" where no layer says so."""
        modes = (getattr(module, "pooling_mode", None) for module in self.model)
        return "+".join(str(mode) for mode in modes if mode)

    def embed_passages(self, texts: Sequence[tuple[str, str]]) -> Vectors:
        vectors = self._documents([self.passage_text(title, text) for title, text in texts])
        return with_titles(vectors, [canonical(title) for title, _ in texts], self._documents)

    def _documents(self, texts: Sequence[str]) -> Vectors:
        encoded = self.model.encode_document(
            list(texts), batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(encoded, dtype=np.float32).reshape(len(texts), self.dimension)

    def passage_text(self, title: str, text: str) -> str:
        """What is embedded of a passage."""
        if self._tokens is None:
            return canonical(f"{title}\n{text}" if title else text)
        return fitted(title, text, tokens=self._tokens, budget=self.budget)

    def keep_tokenizer(self, folder: Path) -> str:
        """Name of the cut by the model's tokens; "" for a tokenizer that only Python code knows."""
        if self._tokens is None or self.budget < cutting.MIN_BUDGET:
            return ""
        return cutting.keep_tokenizer(self.tokenizer, self.budget, folder)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        encoded = self.model.encode_query(
            [canonical(text) for text in texts],
            batch_size=BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(encoded, dtype=np.float32).reshape(len(texts), self.dimension)


def _refuse_foreign_tokenizer(model: "SentenceTransformer") -> None:
    """A folder whose vocabulary was not read gives an empty tokenizer, to which every word is
    unknown, and no error."""
    knows = len(model.tokenizer)
    rows = getattr(getattr(model[0], "model", None), "get_input_embeddings", lambda: None)()
    if rows is not None and knows < rows.num_embeddings // 2:
        raise EmbedderUnavailable(
            f"The tokenizer in the model's folder knows {knows} pieces and the model "
            f"{rows.num_embeddings}: its vocabulary is missing."
        )


def _tokenizer_of(model: "SentenceTransformer") -> str:
    """As JSON, the same whatever was encoded before; "" where there is none of the fast kind."""
    from tokenizers import Tokenizer

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        return ""
    copy = Tokenizer.from_str(backend.to_str())
    copy.no_truncation()
    copy.no_padding()
    return copy.to_str()


def _tokens(tokenizer: str) -> Tokens | None:
    from tokenizers import Tokenizer

    return Tokens(Tokenizer.from_str(tokenizer)) if tokenizer else None


def _budget(model: "SentenceTransformer", tokens: Tokens | None) -> int:
    """Tokens that a passage may have: without the marks at both ends and the model's own prompt."""
    longest = model.max_seq_length or cutting.MAX_BUDGET
    marks = model.tokenizer.num_special_tokens_to_add()
    prompts = [tokens.count(text) for text in model.prompts.values()] if tokens else []
    return int(min(longest, cutting.MAX_BUDGET + marks)) - int(marks) - max(prompts, default=0)


def open_model(
    name: str, *, revision: str = "", attention: str = ""
) -> SentenceTransformersEmbedder:
    """`name`: a folder, or a name on the Hub, whose files come from the local cache or the net.
    `attention`: the implementation; an export takes "eager"."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = _folder(name, revision)
    chosen = {"attn_implementation": attention} if attention else {}
    try:
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True, **chosen},
            local_files_only=True,
        )
    except (OSError, ValueError, RuntimeError, ImportError, KeyError) as error:
        raise EmbedderUnavailable(
            f"No embedder can be loaded from {name}: its folder needs a transformers or "
            "sentence-transformers model with safetensors weights and a tokenizer."
        ) from error
    return SentenceTransformersEmbedder(model)


def revision_of(name: str) -> str:
    """What the vectors hang on: the digest of a folder's files, or the Hub's commit."""
    if not _is_folder(name):
        return _folder(name, "").name
    folder = Path(name).expanduser()
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".safetensors", ".json", ".txt", ".model") and path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:40]


def _is_folder(name: str) -> bool:
    return Path(name).expanduser().is_dir()


def _folder(name: str, revision: str) -> Path:
    """Where the files lie. The Hub is asked once and briefly: its own client tries for a minute."""
    if _is_folder(name):
        return Path(name).expanduser()
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HFValidationError, HTTPError, LocalEntryNotFoundError

    try:
        with suppress(LocalEntryNotFoundError):
            return Path(snapshot_download(name, revision=revision or None, local_files_only=True))
        commit = HfApi().model_info(name, revision=revision or None, timeout=HUB_SECONDS).sha
        return Path(snapshot_download(name, revision=commit, allow_patterns=FILES))
    except HFValidationError as error:
        raise EmbedderUnavailable(f"{name} is neither a folder nor a name on the Hub.") from error
    except (OSError, HTTPError) as error:
        raise EmbedderUnavailable(
            f"{name} is no folder here, and the Hub does not give it to this machine."
        ) from error
