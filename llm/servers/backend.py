"""A draft by a version that stands on a server: `write`.

The row of the server decides whether it is asked at all (`breaker.admit`): that costs no time where
the answer is no. No database is touched while the server writes. Raises `ServerError` with one line
for people; that is the whole damage, other drafts go on.
"""

from dataclasses import replace

from llm.engine.results import EngineError, GenerationSettings, RowResult
from llm.models import ModelVersion
from llm.prompts import Prompt, PromptInput
from llm.servers.asking import Answer, Limits, OnText, ShouldStop, ask
from llm.servers.breaker import Admission, admit
from llm.servers.connecting import key_of
from llm.servers.errors import ServerError
from llm.servers.options import Options
from llm.servers.prompting import Asked, asked_of, estimate_tokens


class NotOnAServer(EngineError):
    """The version belongs to the local engine."""


def prompt_of(version: ModelVersion, parts: PromptInput) -> Prompt:
    """What `write` makes of `parts`: which sources stand in it, and whether it was cut."""
    return asked_of(version, parts).prompt


def write(
    version: ModelVersion,
    parts: PromptInput,
    *,
    on_text: OnText = lambda text: None,
    should_stop: ShouldStop = lambda: False,
    seconds_limit: float | None = None,
    max_new_tokens: int | None = None,
    insist: bool = False,
) -> RowResult:
    """Both callbacks run in the caller's thread. The answer has `server.timeout_seconds`, or
    `seconds_limit` if that is less; where it is over in the middle of the text, `finish` is
    timeout. `insist` asks a server whose breaker is open.

    Raises ServerError, or PromptError where there is nothing to answer.
    """
    if version.server is None:
        raise NotOnAServer(f"Model version {version.name} stands on no server.")
    settings = _settings(version, max_new_tokens)
    asked = asked_of(version, parts)
    admission = admit(version.server, insist=insist)
    try:
        key_of(admission.server)
        options = Options(
            admission.server,
            {"model": version.served_name, **asked.fields},
            settings,
            stop=asked.stop,
        )
        limits = _limits(admission, seconds_limit)
        answer = ask(
            admission.server,
            options,
            limits,
            on_text=lambda text: on_text(asked.spoken(text)),
            should_stop=should_stop,
        )
    except ServerError as error:
        admission.failed(error.trouble)
        raise
    except BaseException:
        admission.given_up()
        raise
    _tell(admission, answer)
    return _result(answer, asked)


def _limits(admission: Admission, seconds_limit: float | None) -> Limits:
    """A server that is tried again gets one try."""
    seconds = admission.server.timeout_seconds
    if seconds_limit is not None:
        seconds = min(seconds, seconds_limit)
    return Limits.of(seconds, tries=1) if admission.trial else Limits.of(seconds)


def _settings(version: ModelVersion, max_new_tokens: int | None) -> GenerationSettings:
    """What `sweep_generation` found goes before the manifest's."""
    given = {**version.manifest.get("generation", {}), **version.generation}
    settings = GenerationSettings.of(given)
    return replace(settings, max_new_tokens=max_new_tokens) if max_new_tokens else settings


def _tell(admission: Admission, answer: Answer) -> None:
    if answer.finish == "cancelled" and not answer.pieces:
        admission.given_up()
    else:
        admission.succeeded()


def _result(answer: Answer, asked: Asked) -> RowResult:
    prompt = asked.prompt
    counted = answer.prompt_tokens
    return RowResult(
        text=asked.spoken(answer.text),
        tokens=answer.pieces if answer.tokens is None else answer.tokens,
        seconds=answer.seconds,
        prompt_tokens=estimate_tokens(prompt.text) if counted is None else counted,
        finish=answer.finish,
        prefill_seconds=answer.first_seconds,
        decode_seconds=answer.seconds - answer.first_seconds,
        peak_bytes=0,  # its memory is the server's own
    )
