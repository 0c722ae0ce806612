"""What an import teaches, and what not, with the reason: `lessons(conversation)`. Pure.

Each turn of the customer that was answered is a lesson: question and answer. The first always is,
unless it is only a greeting that the question follows; a later one is none where it is too short to
be understood alone or only says thanks. A chat of friends teaches by every turn, if that is asked
for: what was said before is learned with it. Near duplicates fold afterwards (`folding`).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from text.persian import search_form
from tickets.importing.records import AGENT, CUSTOMER, PastConversation

LEAST_CHARACTERS: Final = 15
_LONGEST_POLITENESS: Final = 100
GREETING: Final = "greeting"
THANKS: Final = "thanks"
TOO_SHORT: Final = "too_short"
_WORD = re.compile(r"[^\W\d_]+")
_GREETINGS: Final = """
سلام درود وقت وقتتون وقتتان بخیر به خیر روز روزتون عصر صبح شب شبتون ظهر خوبید خوبین خسته نباشید
نباشین عرض ادب احترام علیکم همکار همکاران محترم گرامی عزیز جناب آقا خانم الو هستید هستین کسی
hi hello hey dear good morning afternoon evening there team support salam dorood
вітаю добрий день доброго дня вечір ранку привіт здравствуйте שלום היי בוקר טוב ערב צהריים טובים
"""
_THANKS: Final = """
ممنون ممنونم مرسی متشکرم متشکر سپاس سپاسگزارم سپاسگزار تشکر با از خیلی لطف لطفتون کردید کردین شما
دستتون درد نکنه نکند اوکی اوکیه باشه چشم عالی عالیه حله حل شد درست درسته بله آره نه خب خوب فهمیدم
متوجه شدم بسیار راهنمایی راهنماییتون زحمت کشیدید
ok okay thanks thank you very much so great perfect got it yes no fine works now merci thx ty
дякую дуже так добре спасибі תודה רבה כן לא טוב מעולה
"""


@dataclass(frozen=True)
class Lesson:
    """`number`: which answer of the conversation, from 1, as `learning.past_question_id` counts;
    `place`: where that answer stands among the turns, the question before it."""

    number: int
    place: int
    question: str = field(repr=False)
    answer: str = field(repr=False)


@dataclass(frozen=True)
class Lessons:
    taught: tuple[Lesson, ...]
    reasons: tuple[str, ...]
    """Why other answered turns teach nothing."""

    @property
    def answered(self) -> bool:
        return bool(self.taught or self.reasons)


def lessons(conversation: PastConversation) -> Lessons:
    taught: list[Lesson] = []
    reasons: list[str] = []
    number = 0
    for place, turn in enumerate(conversation.turns):
        if turn.role != AGENT:
            continue
        number += 1
        if not place or conversation.turns[place - 1].role != CUSTOMER:
            continue
        question = conversation.turns[place - 1].text
        before, after = conversation.turns[: place - 1], conversation.turns[place + 1 :]
        reason = (
            ""
            if conversation.every_turn
            else why_not(
                question,
                first=all(one.role == AGENT for one in before),
                more_follows=any(one.role == CUSTOMER for one in after),
            )
        )
        if reason:
            reasons.append(reason)
        else:
            taught.append(Lesson(number, place, question, turn.text))
    return Lessons(tuple(taught), tuple(reasons))


def why_not(question: str, *, first: bool, more_follows: bool) -> str:
    """ "" where the turn is a question that can stand alone."""
    words = _WORD.findall(search_form(question)) if len(question) <= _LONGEST_POLITENESS else []
    if words and _THANKS_FORMS.issuperset(words):
        return THANKS
    if first:
        is_greeting = bool(words) and more_follows and _GREETING_FORMS.issuperset(words)
        return GREETING if is_greeting else ""
    if words and (_GREETING_FORMS | _THANKS_FORMS).issuperset(words):
        return GREETING
    return TOO_SHORT if len(question.strip()) < LEAST_CHARACTERS else ""


def _forms(words: str) -> frozenset[str]:
    return frozenset(_WORD.findall(search_form(words)))


_GREETING_FORMS = _forms(_GREETINGS)
_THANKS_FORMS = _forms(_THANKS)
