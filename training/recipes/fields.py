"""What a recipe may say, table by table: the dataclasses that a TOML file is read into.

Public entry: `Recipe`. docs/recipes.md explains every field. Nothing that decides what a run makes
is anywhere else, so that a recipe, a seed and a data digest give the same version again.
"""

from dataclasses import asdict, dataclass, field

from llm.prompts import PROMPT_VERSION, PromptBudget


@dataclass(frozen=True)
class Shape:
    """A model's shape; what is left out is the architecture's own default (`LlamaConfig()` is
    Llama-2-7B), so parameters can be counted with no weights. `kv_heads` and `head_width`: where
    they are not the heads', and the width over the heads."""

    architecture: str
    vocabulary: int | None = None
    width: int | None = None
    layers: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    head_width: int | None = None
    feed_forward: int | None = None
    context: int | None = None
    tied: bool | None = None


@dataclass(frozen=True)
class Weights:
    """Where the base comes from if it is not registered yet, and how it stands in memory.

    `repository` and `revision` at the hub; `gated`: the token in HF_TOKEN is needed. `bits`: 4
    (NF4) or 16. `double`: the constants of NF4 quantised as well. `compute`: "bfloat16", "float16"
    or "float32". `attention`: "sdpa" or "eager".
    """

    repository: str = ""
    revision: str = ""
    gated: bool = False
    bits: int = 4
    double: bool = False
    compute: str = "bfloat16"
    attention: str = "sdpa"


@dataclass(frozen=True)
class Adapter:
    """LoRA's settings; `targets` are names of linear layers."""

    rank: int
    alpha: int
    targets: tuple[str, ...]
    dropout: float = 0.0


@dataclass(frozen=True)
class VirtualTokens:
    """P-tuning: `tokens` before the prompt, made by an encoder of width `hidden`."""

    tokens: int = 20
    hidden: int = 128


@dataclass(frozen=True)
class Preference:
    """DPO: pairs of drafts `least_gap` or more stars apart; `beta` holds the version near the one
    that it began as (Rafailov et al. 2023)."""

    beta: float = 0.1
    least_gap: int = 2


@dataclass(frozen=True)
class Prompts:
    """The prompt's budget in tokens, see `llm.prompts.PromptBudget`. Serving reads it too."""

    budget: int = 1500
    passages: int = 4
    similar: int = 3
    passage_tokens: int = 220
    question_tokens: int = 60
    answer_tokens: int = 120

    def as_budget(self) -> PromptBudget:
        values = asdict(self)
        return PromptBudget(total=values.pop("budget"), **values)


@dataclass(frozen=True)
class Text:
    """How a row becomes text. `layout`: a layout of `llm.prompts` ("support-1", "support-2",
    "chatml", "question-answer", "context-question-answer", "two-speaker"). `padding`: "left" or
    "right". `begin`, `end`: the tokenizer's own opening token before every row (where it has one)
    and its end token after every answer. `max_tokens`: of a whole row; longer ones lose the
    beginning of their context, and a row whose answer does not fit is left out and counted.
    `packing`: several rows in one line of `max_tokens`, none of which sees another."""

    layout: str = PROMPT_VERSION
    padding: str = "right"
    begin: bool = True
    end: bool = True
    max_tokens: int = 2048
    packing: bool = False


@dataclass(frozen=True)
class Wording:
    """How questions are put in other words (see `training.wordings`); all shares from 0 to 1."""

    dropped_words: float = 0.12
    typing_errors: float = 0.05


@dataclass(frozen=True)
class Rows:
    """Where rows come from and how their context is varied.

    `sources`: which kinds of rows a data set has (see `training.datasets`). `share`: of the rows
    that are learned from, from 0 to 1, chosen by the seed. `article_share`: rows that ask with a
    sentence of an article. `reply_share`: rows of replies that agents sent from the desk, which
    are what a team writes today. `likely_reply`: rows that get a past ticket of their own standard
    reply as the most similar one, whatever search found (search finds more once a desk has more
    tickets). `retold`: similar pairs that another ticket with the same reply stands in for.
    `poor_context`: rows with fewer similar answers or passages, so that the question itself is
    used too. `holdout`: customers kept out to be measured on. `validation`: rows of the rest that
    the loss is watched on. `least_new`: ratings and replies since the last run below which there
    is nothing new to learn from.
    """

    sources: tuple[str, ...] = ("ticket", "reply", "article")
    share: float = 1.0
    article_share: float = 0.0
    reply_share: float = 0.0
    likely_reply: float = 0.0
    retold: float = 0.0
    poor_context: float = 0.0
    holdout: float = 0.05
    validation: float = 0.0
    least_new: int = 20
    max_rows: int = 20_000
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True)
class Tasks:
    """What a base reads in pre-training, as shares of its rows: whole sections, and past questions
    with the title they belong to; the rest asks with a part of an article. `prompt_weight`: the
    weight of the prompt's tokens in the loss against the reply's 1."""

    sections: float = 0.15
    questions: float = 0.4
    prompt_weight: float = 0.5
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True)
class Schedule:
    """`steps` of the optimiser, or `epochs` over the rows (one of the two is 0). `batch` rows at
    once, `accumulation` times to a step. `warmup`: a share of the steps below 1, else steps.
    `decay`: "cosine" (to 2%), "linear", "constant". `optimiser`: "adamw", "adamw_8bit" or
    "paged_adamw_8bit". `checkpoint_every` steps (0: as often as costs little), of which the last
    `checkpoints` are kept. `evaluate_every` steps on the validation rows (0: once an epoch), and
    `patience` evaluations without a better loss that end a run (0: never); the best is kept.
    `openings`: share of batches whose answers are cut to their first `opening_tokens`. Standard
    replies part in their first words, so most of what is to be learned stands there.
    `checkpointing`: activations are computed twice to save memory.
    """

    learning_rate: float
    batch: int
    steps: int = 0
    epochs: float = 0.0
    accumulation: int = 1
    warmup: float = 0.05
    weight_decay: float = 0.0
    decay: str = "cosine"
    optimiser: str = "adamw"
    checkpoint_every: int = 0
    checkpoints: int = 2
    evaluate_every: int = 0
    patience: int = 0
    checkpointing: bool = False
    openings: float = 0.0
    opening_tokens: int = 16
    max_answer_tokens: int = 160


@dataclass(frozen=True)
class Recipe:
    """One recipe. `base`: name of a registered base, or of one that `weights` says how to get.
    `begins_as`: the version whose adapter is trained on: "" for a new one, "live" for the one that
    serves in the slot that is challenged, or a name.
    """

    name: str
    method: str
    seed: int
    schedule: Schedule
    base: str = ""
    begins_as: str = ""
    about: str = ""
    shape: Shape | None = None
    weights: Weights = field(default_factory=Weights)
    adapter: Adapter | None = None
    virtual: VirtualTokens | None = None
    preference: Preference | None = None
    prompt: Prompts = field(default_factory=Prompts)
    text: Text = field(default_factory=Text)
    rows: Rows = field(default_factory=Rows)
    tasks: Tasks = field(default_factory=Tasks)
    generation: dict[str, float] = field(default_factory=dict)
