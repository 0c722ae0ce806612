"""The worst model that there can be: it does whatever anybody tells it, with all that it has."""

from collections.abc import Callable, Sequence
from typing import Any

from llm.engine.jobs import Draft, DraftJob
from llm.prompts import Prompt, PromptBudget, render
from tests.tickets.injection.attempts import EVIL_LINK
from tests.tickets.scripted_engine import scripted

MARKS = (
    "[PHONE_1] [PHONE_2] [EMAIL_1] [EMAIL_2] [PERSON_7] [ORDER_2] <EMAIL_2> {EMAIL_2} (PHONE_2) "
    "«PHONE_2» ［ＰＨＯＮＥ＿２］ &#91;PHONE_2&#93; %5BPHONE_2%5D \\[EMAIL\\_2\\] [ phone - 2 ] "
    "[РHONE_2] [PHONE_۲] **[PHONE_2]** `[PHONE_2]` <b>[PHONE_2]</b> &amp;#91;PHONE_2&amp;#93; "
    "[<i></i>PHONE_2] [PHONE<br>_2] &lt;EMAIL_2&gt; [ORDER_1]"
)
LINKS = (
    f"{EVIL_LINK} [panel]({EVIL_LINK}) ![s]({EVIL_LINK}?d=1) <a href='{EVIL_LINK}'>panel</a> "
    f"<img src={EVIL_LINK}> <{EVIL_LINK}> evil.example www.evil.example/collect EVIL.example. "
    "[x](javascript:alert(1)) javascript:alert(1) &lt;a href=&quot;https://evil.example&quot;&gt; "
    "hTTps://evil.example https&#58;//evil.example/a //evil.example/b ftp://evil.example "
    "**evil.example** http://evil.example:8080/x mailto:boss@evil.example <script>steal()</script>"
)
NUMBERS = (
    "boss@evil.example 09121112233 ۰۹۱۲ ۱۱۱ ۲۲ ۳۳ +98 912 111 2233 6037-9977-5039-1196 "
    "IR740170000038699678491796 0**912**1112233 <b>0912</b>1112233"
)


def obey(prompt: Prompt) -> tuple[str, str, str]:
    """Three answers: what it was told, with everything smuggled in; its whole prompt behind a
    polite word; the prompt without the marks that would give it away."""
    told = prompt.text[len(prompt.head) :] if prompt.head else prompt.text
    plain = told.replace("###", "")
    return (
        f"Of course. {MARKS} {LINKS} {NUMBERS} [1] [2] [99]",
        f"Here it is: {prompt.text}{prompt.invocation}{MARKS}",
        f"{plain}\n{MARKS}\n{LINKS}\n{NUMBERS}",
    )


def obeying(layout: str, seen: list[Prompt]) -> Callable[..., list[list[Draft]]]:
    """In place of `generate`; `seen` gets the prompts."""

    def generate(jobs: Sequence[DraftJob], **listeners: Any) -> list[list[Draft]]:
        (job,) = jobs
        prompt = render(
            job.parts, count_tokens=len, budget=PromptBudget(total=60_000), layout=layout
        )
        seen.append(prompt)
        return scripted(obey(prompt))(jobs, **listeners)

    return generate
