"""From a sentence-transformers model to its int8 twin for the CPU: `export(embedder, into, …)`.

The whole model (transformer, pooling, what follows) is traced into one ONNX graph, and the weights
of its matrix multiplications become int8 (`kb.embedding.int8`), by what a sample of the desk's
texts shows. Before the folder is kept, its vectors are held against the model's own on these.
Heavy: torch; only commands and workers come here.
"""

import hashlib
import json
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kb.embedding import cutting
from kb.embedding.int8 import Inputs, quantise
from kb.embedding.onnx_int8 import FORMAT, MANIFEST, TOKENIZER, WEIGHTS, load
from kb.embedding.recipe import EmbedderUnavailable
from kb.embedding.sentence_transformers import SentenceTransformersEmbedder

OPSET = 17
MIN_COSINE = 0.95
"""Mean over the sample: a model below it does not bear int8 and would only be searched badly."""
UNFINISHED = ".export-"


def export(
    embedder: SentenceTransformersEmbedder,
    into: Path,
    *,
    model: str,
    revision: str,
    sample: Sequence[tuple[str, str]] = (),
) -> tuple[str, str]:
    """Write the folder; its name and the SHA-256 of its manifest. The embedder must have been
    opened with eager attention."""
    _refuse_what_cannot_be_traced(embedder)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into, prefix=UNFINISHED) as made:
        work = Path(made) / "model"
        work.mkdir()
        _trace(embedder, Path(made) / "full.onnx")
        inputs = list(_inputs(embedder, sample))
        quantise(Path(made) / "full.onnx", work / WEIGHTS, sample=inputs)
        (work / TOKENIZER).write_text(embedder.tokenizer, encoding="utf-8")
        digest = _describe(embedder, work, model=model, revision=revision)
        if sample:
            _hold_against(embedder, work, digest, sample)
        final = into / f"onnx-{digest[:16]}"
        if not final.exists():
            work.rename(final)
    return final.name, digest


def _refuse_what_cannot_be_traced(embedder: SentenceTransformersEmbedder) -> None:
    prompts = any(embedder.model.prompts.values())
    kinds = [type(module).__name__ for module in embedder.model]
    leaves_prompt_out = any(
        getattr(module, "include_prompt", True) is False for module in embedder.model
    )
    if not embedder.tokenizer or kinds[0] != "Transformer" or (prompts and leaves_prompt_out):
        raise EmbedderUnavailable("This model cannot be exported to ONNX; use it without --onnx.")


def _trace(embedder: SentenceTransformersEmbedder, path: Path) -> None:
    import torch

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = embedder.model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask}
            vectors = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, dim=1)

    ids = torch.randint(5, 9, (2, 8))  # of different lengths, so that no branch is traced away
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    batch, tokens = {0: "batch"}, {0: "batch", 1: "tokens"}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Whole().eval(),
                (ids, mask),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["vectors"],
                dynamic_axes={"input_ids": tokens, "attention_mask": tokens, "vectors": batch},
                opset_version=OPSET,
                dynamo=False,  # the new exporter needs another package and gives no faster graph
            )
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        raise EmbedderUnavailable(
            "This model cannot be exported to ONNX; use it without --onnx."
        ) from error


def _inputs(
    embedder: SentenceTransformersEmbedder, sample: Sequence[tuple[str, str]]
) -> Iterator[Inputs]:
    for title, text in sample:
        made = embedder.model.preprocess([embedder.passage_text(title, text)])
        yield {
            name: made[name].numpy().astype(np.int64) for name in ("input_ids", "attention_mask")
        }


def _describe(
    embedder: SentenceTransformersEmbedder, folder: Path, *, model: str, revision: str
) -> str:
    prompts = embedder.model.prompts
    data = json.dumps(
        {
            "format": FORMAT,
            "model": model,
            "revision": revision,
            "dimension": embedder.dimension,
            "pooling": embedder.pooling,
            "budget": min(embedder.budget, cutting.MAX_BUDGET),
            "max_tokens": _max_tokens(embedder),
            "pad_id": embedder.model.tokenizer.pad_token_id or 0,
            "prompts": {name: prompts.get(name) or "" for name in ("query", "document")},
            "files": {name: _digest(folder / name) for name in (WEIGHTS, TOKENIZER)},
        },
        ensure_ascii=False,
        indent=2,
        sort_keys=True,
    )
    (folder / MANIFEST).write_text(data, encoding="utf-8")
    return hashlib.sha256(data.encode()).hexdigest()


def _max_tokens(embedder: SentenceTransformersEmbedder) -> int:
    return min(embedder.model.max_seq_length or cutting.MAX_BUDGET, cutting.MAX_BUDGET + 8)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hold_against(
    embedder: SentenceTransformersEmbedder,
    folder: Path,
    digest: str,
    sample: Sequence[tuple[str, str]],
) -> None:
    full = embedder.embed_passages(sample)
    small = load(folder, digest=digest).embed_passages(sample)
    cosine = float(np.mean(np.sum(full * small, axis=1)))
    if cosine < MIN_COSINE:
        raise EmbedderUnavailable(
            f"int8 changes this model's vectors too much (cosine {cosine:.2f}); "
            "use it without --onnx."
        )
