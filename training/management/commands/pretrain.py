"""`manage.py pretrain`: a small base of one's own from the desk's articles."""

from runtime.commands import Outcome
from training.pretraining import pretrain_base
from training.recipe_command import RecipeCommand
from training.recipes import Recipe


class Command(RecipeCommand):
    help = "Train a small base from scratch on the desk's articles and register it."

    default_recipe = "sample-base"

    def learn(self, recipe: Recipe) -> Outcome:
        made = pretrain_base(recipe, report=self.progress)
        if made is None:
            return Outcome(
                {"run": None, "metrics": {}}, ["There are no articles to learn from; import some."]
            )
        data = {
            "run": made.run.pk,
            "version": made.version.name,
            "total_parameters": made.fit.total_parameters,
            "seconds": made.fit.seconds,
            "metrics": made.metrics,
        }
        return Outcome(
            data,
            [f"{made.version.name} is registered ({made.fit.seconds:.0f} s, {made.metrics})."],
        )
