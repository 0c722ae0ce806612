"""`manage.py embedder`: which embedder search uses, and changing it. `training`, which knows how to
tune one, has the command itself and adds that."""

from argparse import ArgumentParser
from typing import Any

from kb.embedding import active_recipe, building, filling
from kb.models import EmbeddingRecipe
from runtime.commands import JsonCommand, Outcome


class EmbedderCommand(JsonCommand):
    help = "List the embedding recipes, or use another embedder."
    actions: tuple[str, ...] = ("list", "use")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=self.actions)
        parser.add_argument(
            "model",
            nargs="?",
            metavar="MODEL",
            help='"offline", a folder with a sentence-transformers or BERT model, or a Hub name.',
        )
        parser.add_argument(
            "--onnx",
            action="store_true",
            help="Export the model for the CPU in int8: two to three times as fast.",
        )

    def run(self, **options: Any) -> Outcome:
        if options["action"] == "use":
            self.use(named(options["model"]), onnx=options["onnx"])
        elif options["model"] or options["onnx"]:
            raise building.UnnamedModel("`embedder list` takes no model.")
        return listed()

    def use(self, model: str, *, onnx: bool) -> None:
        building.use(
            model,
            onnx=onnx,
            progress=lambda done, total: self.progress(f"{done} of {total} embedded"),
        )


def named(model: str | None) -> str:
    if not model:
        raise building.UnnamedModel('Name the embedder: "offline", a folder, or a name on the Hub.')
    return model


def listed() -> Outcome:
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
        "cut": recipe.cut,
        "state": recipe.state,
        "text_version": recipe.text_version,
        "progress": round(filling.progress_of(recipe), 4),
    }
