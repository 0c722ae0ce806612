"""A real token-classification model, made in a second: it labels a few words that no list has.

It says nothing of a word from its neighbours, so what it finds can be told beforehand. Labels were
learned for a word's first token only, as most training scripts do.
"""

from pathlib import Path

FIRST = ("ژلمانه", "Brannika")
LAST = ("پژدوبرگ", "Quistolm")
PLACES = ("Zemblatown",)
LABELS = ("O", "B-PER", "I-PER", "B-LOC")
PLAIN = ("سلام", "دامنه", "من", "وصل", "نیست", "است", "hello", "my", "domain", "app", "from")
LETTERS = "abcdefghijklmnopqrstuvwxyzابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآ0123456789[]()_.,!؟،"


def tiny_ner(folder: Path, *, labels: tuple[str, ...] = LABELS, positions: int = 66) -> Path:
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    torch.manual_seed(3)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = _vocabulary()
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), do_lower_case=False)
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=positions,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=dict(enumerate(labels)),
    )
    model = BertForTokenClassification(config)
    places = model.bert.embeddings.position_embeddings.weight
    places.requires_grad_(False).zero_()  # a word means the same at every place
    _learn(model, tokenizer)
    model.save_pretrained(folder)
    return folder


def _vocabulary() -> list[str]:
    words = [*PLAIN, *FIRST, *PLACES, *(word[:4] for word in LAST), *(f"##{w[4:]}" for w in LAST)]
    letters = [*LETTERS, *LETTERS[:26].upper()]
    return [
        *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
        *words,
        *letters,
        *(f"##{letter}" for letter in letters),
    ]


def _learn(model, tokenizer) -> None:
    """Each token for itself, among others."""
    import torch

    known = dict.fromkeys(range(len(tokenizer)), 0)
    for words, label in ((FIRST, 1), ([word[:4] for word in LAST], 2), (PLACES, 3)):
        known |= {tokenizer.convert_tokens_to_ids(word): label for word in words}
    named = [number for number, label in known.items() if label]
    ids = torch.tensor([*known, *(named * 6)])
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    model.train()
    for _ in range(120):
        batch = ids[torch.randperm(len(ids))][: 4 * (len(ids) // 4)].reshape(4, -1)[:, :60]
        labels = torch.tensor([[known[int(one)] for one in row] for row in batch])
        loss = model(input_ids=batch, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval()
    assert loss.item() < 0.05, loss.item()
