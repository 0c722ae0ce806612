"""What decisions say, in English; pages translate it when they show it, and the figures stand
beside it."""

from enum import StrEnum

from django.utils.translation import gettext_noop as _


class Why(StrEnum):
    """One sentence each."""

    FIRST = _("Nothing served in this slot before, and the drafts hold nothing that was planted.")
    BETTER = _("Better than the live version on the holdout, with its interval clear of zero.")
    TOO_FEW_ROWS = _("The holdout has too few rows that both versions answered.")
    TOO_FEW_CUSTOMERS = _("The holdout's rows are of too few customers.")
    CANARY_FOUND = _("Its drafts give back personal values that were planted in training.")
    NOT_BETTER = _("Not better than the live version by more than chance can explain.")
    WORSE_LANGUAGE = _("Worse than the live version in a language with enough rows.")
    REFUSES_MORE = _("It puts customers off more often than the live version.")
    WRONG_LANGUAGE = _("It answers in the wrong language more often than the live version.")
    REPEATS_MORE = _("It repeats itself more than the live version.")
    SAYS_NOTHING = _("Its drafts have nothing in common with what the team sent.")
    SLOT_CHANGED = _("The slot was changed while the version was measured.")
    NOT_ADMITTED = _("The registry does not let this version serve.")
    RATED_BETTER = _("Agents rate it better than the live version, clear of chance.")
    RATED_NO_WORSE = _("After the last look agents rate it at least as high as the live version.")
    RATED_WORSE = _("Agents rate it worse than the live version, clear of chance.")
    RATED_WORSE_LANGUAGE = _("Agents rate it worse than the live version in one language.")
    RATED_LOWER = _("After the last look agents rate it lower than the live version.")
    BROKEN = _("Its files or its server can no longer be used.")
    REPLACED = _("A newer version is tried in its place.")
    PROMOTION_WORSE = _("Since its promotion agents rate it worse than its predecessor.")
    RUN_FAILED = _("The training run failed.")
