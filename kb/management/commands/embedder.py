"""Which embedder search uses; changing it."""

from argparse import ArgumentParser
from typing import Any

from kb.embedding import active_recipe, building, filling
from kb.models import EmbeddingRecipe
from runtime.commands import JsonCommand, Outcome


class Command(JsonCommand):
    help = "List the embedding recipes, or use another embedder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["list", "use"])
        parser.add_argument(
            "model",
            nargs="?",
            metavar="MODEL",
            help='"offline", a folder with a sentence-transformers or BERT model, or a Hub name.',
        )

    def run(self, **options: Any) -> Outcome:
        if options["action"] == "use":
            self._use(options["model"])
        elif options["model"]:
            raise building.UnnamedModel("`embedder list` takes no model.")
        return _listed()

    def _use(self, model: str | None) -> None:
        if not model:
            raise building.UnnamedModel(
                'Name the embedder: "offline", a folder, or a name on the Hub.'
            )
        building.use(
            model, progress=lambda done, total: self.progress(f"{done} of {total} embedded")
        )


def _listed() -> Outcome:
    recipes = [_row(recipe) for recipe in EmbeddingRecipe.objects.order_by("pk")]
    active = active_recipe()
    data = {
        "recipes": recipes,
        "active": active.pk if active else None,
        "progress": round(filling.progress_of(active), 4) if active else None,
    }
    lines = [
        f"{row['id']:4} {row['state']:9} {row['kind']} {row['model']} ({row['dimension']})"
        for row in recipes
    ]
    return Outcome(data, lines or ["No embedder yet: it is fitted once there are 50 passages."])


def _row(recipe: EmbeddingRecipe) -> dict[str, Any]:
    return {
        "id": recipe.pk,
        "kind": recipe.kind,
        "model": recipe.model,
        "revision": recipe.revision,
        "dimension": recipe.dimension,
        "pooling": recipe.pooling,
        "state": recipe.state,
        "text_version": recipe.text_version,
        "progress": round(filling.progress_of(recipe), 4),
    }
