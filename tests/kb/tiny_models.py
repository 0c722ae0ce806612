"""Models small enough to make in a test: a BERT with random weights and its letters."""

from pathlib import Path

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789ابپتثجچحخدذرزسشصضطظعغفقکگلمنوهیآ"


def tiny_bert(folder: Path, *, words: tuple[str, ...] = (), positions: int = 64) -> Path:
    """A folder as transformers saves it, without anything of sentence-transformers in it."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
    vocabulary = [*special, *letters, *(word for word in words if len(word) > 1)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=positions,
    )
    BertModel(config).save_pretrained(folder)
    return folder
