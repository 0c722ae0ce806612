"""A sentence-transformers model exported for the CPU: `load(folder, digest=…)`.

ONNX with int8 weights, two to three times as fast as the model itself. It takes onnxruntime and
tokenizers, no torch, so the web process embeds queries by itself. `kb.embedding.onnx_export` makes
the folder; its manifest names every file with its SHA-256, and the recipe the manifest's.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kb.embedding import cutting
from kb.embedding.cutting import Tokens, fitted
from kb.embedding.recipe import EmbedderUnavailable, Vectors
from kb.embedding.titles import with_titles
from text.persian import canonical

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "model.onnx"
TOKENIZER = "tokenizer.json"
BATCH_TOKENS = 1024
"""Tokens of a batch, padding included: what it computes on stays in the processor's cache."""
MAX_BATCH = 32


class OnnxEmbedder:
    light = True

    def __init__(
        self, session: "InferenceSession", tokenizer: str, manifest: dict[str, Any]
    ) -> None:
        self.dimension = int(manifest["dimension"])
        self.budget = int(manifest["budget"])
        self.tokenizer = tokenizer
        self._session = session
        self._pad = int(manifest["pad_id"])
        self._prompts: dict[str, str] = manifest["prompts"]
        self._tokens = Tokens(_tokenizer(tokenizer))
        self._encoder = _tokenizer(tokenizer)
        self._encoder.no_padding()
        self._encoder.enable_truncation(int(manifest["max_tokens"]))

    def embed_passages(self, texts: Sequence[tuple[str, str]]) -> Vectors:
        vectors = self._documents(
            [fitted(title, text, tokens=self._tokens, budget=self.budget) for title, text in texts]
        )
        return with_titles(vectors, [canonical(title) for title, _ in texts], self._documents)

    def _documents(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self._prompts["document"] + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self._prompts["query"] + canonical(text) for text in texts])

    def keep_tokenizer(self, folder: Path) -> str:
        """Name of the cut by the model's tokens."""
        return cutting.keep_tokenizer(self.tokenizer, self.budget, folder)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        encodings = self._encoder.encode_batch(list(texts))
        for places in batches([len(one.ids) for one in encodings]):
            ids, mask = self._padded([encodings[place] for place in places])
            (found,) = self._session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})
            vectors[places] = found
        return vectors

    def _padded(
        self, encodings: "Sequence[Encoding]"
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        shape = (len(encodings), max(len(one.ids) for one in encodings))
        ids = np.full(shape, self._pad, dtype=np.int64)
        mask = np.zeros(shape, dtype=np.int64)
        for row, one in enumerate(encodings):
            ids[row, : len(one.ids)] = one.ids
            mask[row, : len(one.ids)] = 1
        return ids, mask


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Places of texts of about the same length, the shortest first, BATCH_TOKENS at most."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        size = (len(batch) + 1) * lengths[place]
        if batch and (size > BATCH_TOKENS or len(batch) == MAX_BATCH):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def load(folder: Path, *, digest: str) -> OnnxEmbedder:
    """EmbedderUnavailable when a file is missing or is not what was exported."""
    manifest = checked_manifest(folder, digest=digest)
    return OnnxEmbedder(
        session(folder / WEIGHTS),
        (folder / TOKENIZER).read_text(encoding="utf-8"),
        manifest,
    )


def checked_manifest(folder: Path, *, digest: str) -> dict[str, Any]:
    again = "run `embedder use` with the model and --onnx again."
    try:
        data = (folder / MANIFEST).read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise EmbedderUnavailable(f"The manifest of {folder.name} has changed; {again}")
        manifest: dict[str, Any] = json.loads(data)
        for name, expected in manifest["files"].items():
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    raise EmbedderUnavailable(f"{name} of {folder.name} has changed; {again}")
    except OSError as error:
        raise EmbedderUnavailable(
            f"The embedder's folder {folder.name} is not whole; {again}"
        ) from error
    if manifest["format"] != FORMAT:
        raise EmbedderUnavailable(f"{folder.name} is of another version of Pasokh; {again}")
    return manifest


def session(path: Path) -> "InferenceSession":
    """Threads do not spin while they wait: the database and the web run on the same cores."""
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def threads() -> int:
    """OMP_NUM_THREADS where somebody has set it, as for torch, or all cores of this process."""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdigit() and int(given) else len(os.sched_getaffinity(0))


def _tokenizer(data: str) -> "Tokenizer":
    from tokenizers import Tokenizer

    return Tokenizer.from_str(data)
