"""The one error that is meant for a person's eyes."""


class InputError(ValueError):
    """What somebody gave cannot be used. The message is one line that says what to do, holds no
    customer text, and nothing was changed. Commands exit with 2, pages and the API answer 4xx.

    Parts derive their own named errors from it.
    """
