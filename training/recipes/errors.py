"""What is wrong with a recipe."""

from runtime.errors import InputError


class RecipeError(InputError):
    """A recipe cannot be used. The line names the file's field. No fallback."""
