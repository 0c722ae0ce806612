"""`manage.py embedder list|use|tune`: what kb knows of embedders, and tuning one on the desk."""

from argparse import ArgumentParser
from typing import Any

from kb.embedding.building import UnnamedModel
from kb.embedding.command import EmbedderCommand, named
from runtime.commands import Outcome
from training.embedder_tuning import DEFAULT_MINUTES, TunedEmbedder, as_json, tune


class Command(EmbedderCommand):
    help = "List the embedding recipes, use another embedder, or tune one on the desk's own pairs."
    actions = ("list", "use", "tune")

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--epochs", type=int, metavar="N", help="tune: how often to go over the pairs."
        )
        parser.add_argument(
            "--max-minutes",
            type=float,
            metavar="M",
            default=DEFAULT_MINUTES,
            help="tune: stop training after so long.",
        )
        parser.add_argument(
            "--use", action="store_true", help="tune: search with the model if it became better."
        )

    def run(self, **options: Any) -> Outcome:
        if options["action"] != "tune":
            if options["use"] or options["epochs"] is not None:
                raise UnnamedModel("--epochs and --use belong to `embedder tune`.")
            return super().run(**options)
        tuned = tune(
            named(options["model"]),
            epochs=options["epochs"],
            max_minutes=options["max_minutes"],
            use=options["use"],
            onnx=options["onnx"],
            report=self.progress,
        )
        return Outcome(as_json(tuned), _lines(tuned))


def _lines(tuned: TunedEmbedder) -> list[str]:
    before, after = tuned.before, tuned.after
    lines = [
        f"Learned from {tuned.pairs} pairs in {tuned.seconds:.0f} s ({tuned.steps} steps).",
        f"On {tuned.holdout} {tuned.measured_on} of articles kept out: hit@1 {before.hit_1:.3f}, "
        f"now {after.hit_1:.3f}; hit@5 {before.hit_5:.3f}, now {after.hit_5:.3f}.",
        f"The tuned model: {tuned.folder}",
    ]
    if tuned.active:
        return [*lines, "Search uses it now."]
    return [*lines, f"Search does not use it; `embedder use {tuned.folder}` changes that."]
