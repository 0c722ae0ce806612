"""Any sentence-transformers model, by folder or by name; a plain BERT folder gets mean pooling.

Heavy: torch is imported when a model is opened, which only commands and workers do. A model's own
code is never run, and only safetensors weights are read.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kb.embedding.recipe import EmbedderUnavailable, Vectors
from text.persian import canonical

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32
HUB_SECONDS = 10.0
FILES = ["*.safetensors", "*.json", "*.txt", "*.model"]


class SentenceTransformersEmbedder:
    light = False

    def __init__(self, model: "SentenceTransformer") -> None:
        self._model = model
        dimension = model.get_embedding_dimension()
        if dimension is None:
            raise EmbedderUnavailable("This model gives no sentence vectors.")
        self.dimension = int(dimension)

    @property
    def pooling(self) -> str:
        """ "mean" and the like; "" where no layer says so."""
        modes = (getattr(module, "pooling_mode", None) for module in self._model)
        return "+".join(str(mode) for mode in modes if mode)

    def embed_passages(self, texts: Sequence[tuple[str, str]]) -> Vectors:
        joined = [canonical(f"{title}\n{text}" if title else text) for title, text in texts]
        encoded = self._model.encode_document(
            joined, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(encoded, dtype=np.float32).reshape(len(texts), self.dimension)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        encoded = self._model.encode_query(
            [canonical(text) for text in texts],
            batch_size=BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(encoded, dtype=np.float32).reshape(len(texts), self.dimension)


def open_model(name: str, *, revision: str = "") -> SentenceTransformersEmbedder:
    """`name`: a folder, or a name on the Hub, whose files come from the local cache or the net."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = _folder(name, revision)
    try:
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
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
