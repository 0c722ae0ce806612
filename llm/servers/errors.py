"""What can be wrong with a server, each in one line: `Trouble`, `ServerError`.

The lines hold no value (no name, no status, nothing of what was sent), so that they can be
translated where they are shown and stored where they are counted.
"""

from enum import Enum

from django.utils.translation import gettext_noop as _

from llm.engine.results import EngineError


class Trouble(Enum):
    """`value`: the line in English."""

    NOT_ALLOWED = _("Nothing is sent to this model's server until an admin has allowed it by name.")
    RESTING = _("The model's server failed several times and is not asked for a while.")
    NO_KEY = _("The environment variable with the key of the model's server is not set.")
    UNREACHABLE = _("The model's server cannot be reached.")
    CERTIFICATE = _("The certificate of the model's server is not valid.")
    SLOW = _("The model's server did not begin to answer in time.")
    STALLED = _("The model's server fell silent in mid-answer.")
    CUT = _("The model's server broke the connection off.")
    BUSY = _("The model's server is overloaded.")
    FAULT = _("The model's server reports a fault of its own.")
    NONSENSE = _("The model's server sent something that is no answer.")
    WEB_PAGE = _("The model's server sent a web page: check its address.")
    ELSEWHERE = _("The model's server points to another address: check its address.")
    ENDLESS = _("The model's server sent more than it was asked for.")
    KEY_REFUSED = _("The model's server refused the key.")
    UNKNOWN_MODEL = _("The model's server does not know the model or the address.")
    REJECTED = _("The model's server did not accept the request.")
    TOO_LONG = _("The prompt is longer than the model on the server can read.")
    FILTERED = _("The model's server held the answer back.")
    EMPTY = _("The model wrote nothing.")


PASSING = frozenset({Trouble.UNREACHABLE, Trouble.BUSY, Trouble.FAULT, Trouble.CUT})
"""Worth another try, as long as no word of the answer has come."""

NOTHING_SENT = frozenset({Trouble.NOT_ALLOWED, Trouble.RESTING, Trouble.NO_KEY})
"""Says nothing about the server."""

OF_ONE_VERSION = frozenset(
    {
        Trouble.UNKNOWN_MODEL,
        Trouble.REJECTED,
        Trouble.TOO_LONG,
        Trouble.FILTERED,
        Trouble.EMPTY,
    }
)
"""The server lives and says no to this draft: one unknown adapter must not take the others of its
server along, so it counts as an answer, and stands on the draft alone."""


class ServerError(EngineError):
    """This draft cannot be written; others can. `words_came`: a part of the answer was there."""

    def __init__(
        self, trouble: Trouble, *, words_came: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.words_came = words_came
        self.retry_after = retry_after
