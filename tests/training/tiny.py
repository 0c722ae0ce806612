"""A recipe and a corpus so small that a run takes a second or two."""

from typing import Any

from training.datasets import Asked, Corpus, Row, Section
from training.recipes import Recipe, recipe_from

SHAPE = {
    "architecture": "llama",
    "vocabulary": 400,
    "width": 64,
    "layers": 2,
    "heads": 2,
    "feed_forward": 64,
    "context": 512,
    "tied": True,
}
PROMPT = {
    "budget": 200,
    "passages": 1,
    "similar": 1,
    "passage_tokens": 20,
    "question_tokens": 20,
    "answer_tokens": 20,
}
ADAPTER = {"rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj", "down_proj"]}


def base_recipe(**changes: Any) -> Recipe:
    table = {
        "name": "tiny-base",
        "method": "pretrain",
        "seed": 3,
        "shape": SHAPE,
        "prompt": PROMPT,
        "schedule": {"steps": 4, "batch": 4, "learning_rate": 5e-3},
    }
    return recipe_from(table | changes)


def tuned_recipe(**changes: Any) -> Recipe:
    table = {
        "name": "tiny-tuned",
        "method": "alora",
        "base": "tiny-base",
        "seed": 4,
        "shape": SHAPE,
        "adapter": ADAPTER,
        "prompt": PROMPT,
        "rows": {"article_share": 0.3, "likely_reply": 0.3, "poor_context": 0.3},
        "schedule": {"steps": 4, "batch": 4, "learning_rate": 1e-2, "openings": 0.5},
        "generation": {"max_new_tokens": 8},
    }
    return recipe_from(table | changes)


CORPUS = Corpus(
    sections=(
        Section(
            "اتصال دامنه", "نیم‌سرورها", "نیم‌سرورها را در پنل ثبت کنید. تا ۲۴ ساعت صبر کنید.", "fa"
        ),
        Section("Renewal", "", "Switch renewal off in the panel. It takes one minute.", "en"),
        Section("گواهی SSL", "فعال کردن", "از پنل گزینهٔ SSL را بزنید. رایگان است.", "fa"),
    ),
    asked=(
        Asked("سلام دامنم وصل نمیشه", "اتصال دامنه", "fa"),
        Asked("how do i stop renewal", "Renewal", "en"),
    ),
)

ROWS = [
    Row(
        key=f"r{number}",
        kind="ticket" if number % 3 else "article",
        lang="fa",
        question=f"{question} {number}",
        answer=answer,
        reply=reply,
        passages=(("اتصال دامنه", "نیم‌سرورها را در پنل ثبت کنید."),),
        similar=((question, answer),),
    )
    for number in range(12)
    for reply, (question, answer) in [
        (
            number % 2,
            [
                ("سلام دامنم وصل نمیشه", "سلام، نیم‌سرورها را در پنل ثبت کنید."),
                ("قفل سبز ندارم", "درود، گواهی رایگان است و از پنل روشن می‌شود."),
            ][number % 2],
        )
    ]
]
