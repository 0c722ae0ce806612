"""Rows that end early, batches that do not fit, and what a row says it cost."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from llm.engine.results import GenerationSettings, RowRequest
from tests.llm.tiny_models import ANSWERS, prompt

VERSIONS = ("first", "second", "base", "plain")
RIGHT = [ANSWERS[name] for name in ("first", "second", "base", "first")]


def rows(number, *versions, **settings):
    asked = prompt(number)
    how = GenerationSettings(**({"max_new_tokens": 60} | settings))
    return [RowRequest(name, how, asked) for name in versions]


def three_tickets():
    return [row for number in range(3) for row in rows(number, *VERSIONS)]


def all_right():
    return [answers[number] for number in range(3) for answers in RIGHT]


@pytest.fixture(params=["fast", "generic"])
def either(request, engine):
    from llm.engine.generic import decode_generic

    if request.param == "generic":
        engine._write = decode_generic
    return engine


def test_rows_of_several_tickets_are_written_in_one_call(either):
    results = either.generate(three_tickets())
    assert [one.text for one in results] == all_right()


def test_rows_of_prompts_of_very_different_lengths_share_a_batch(engine, monkeypatch):
    from llm.engine import batching

    monkeypatch.setattr(batching, "_PADDING", 100.0)
    short = prompt(0)
    long = type(short)(f"hello hello {short.text}", short.invocation, 0, 0, False, short.version)
    longer = type(short)(f"a b c d e f {short.text}", short.invocation, 0, 0, False, short.version)
    how = GenerationSettings(max_new_tokens=30)
    wanted = [
        RowRequest(name, how, one)
        for one, names in ((long, ("base",)), (short, VERSIONS), (longer, ("first", "plain")))
        for name in names
    ]
    alone = [engine.generate([row])[0].text for row in wanted]
    assert [one.text for one in engine.generate(wanted)] == alone


def test_one_row_is_cancelled_and_the_others_go_on(either):
    seen = {}
    results = either.generate(
        three_tickets(),
        on_text=seen.__setitem__,
        should_stop=lambda row: row == 5 and row in seen,
    )
    right = all_right()
    assert results[5].finish == "cancelled"
    assert results[5].tokens < 6
    assert [one.text for at, one in enumerate(results) if at != 5] == right[:5] + right[6:]


def test_ticket_that_nobody_wants_any_more_is_not_read(engine, monkeypatch):
    from llm.engine import reading

    read = []
    real = reading._read
    monkeypatch.setattr(
        reading, "_read", lambda *given, **named: read.append(real(*given, **named)) or read[-1]
    )
    results = engine.generate(three_tickets(), should_stop=lambda row: row >= 4)
    assert [one.finish for one in results[4:]] == ["cancelled"] * 8
    assert [one.text for one in results[:4]] == all_right()[:4]
    assert [cache is None for cache in read] == [False, False, True, True, True, True]


@pytest.fixture
def seconds_are_passes(either, monkeypatch):
    """The engine's clock goes on by one with each pass of the network, and at no other time."""
    from llm.engine import generic, progress, reading

    passes = []
    clock = SimpleNamespace(monotonic=lambda: len(passes))
    for module in (generic, progress, reading):
        monkeypatch.setattr(module, "time", clock)
    layers = either._shelf.network.model
    hook = layers.register_forward_pre_hook(lambda *given: passes.append(1))
    yield clock.monotonic
    hook.remove()


def test_row_ends_when_its_time_is_over(either, seconds_are_passes):
    late, free = rows(0, "first", "second")
    cut, whole = either.generate([replace(late, seconds_limit=5), free])
    assert (cut.finish, cut.seconds, cut.tokens) == ("timeout", 5, 4)  # a pass to read the prompt
    assert ANSWERS["first"][0].startswith(cut.text)
    assert (whole.finish, whole.text) == ("stop", ANSWERS["second"][0])


def test_row_says_what_it_cost(either, seconds_are_passes):
    short, whole = either.generate([*rows(0, "first", max_new_tokens=3), *rows(0, "second")])
    assert (short.prefill_seconds, whole.prefill_seconds) == (1, 1)
    assert (short.decode_seconds, whole.decode_seconds) == (short.tokens, whole.tokens + 1)  # "end"
    for one in (short, whole):
        assert one.prefill_seconds + one.decode_seconds <= one.seconds <= seconds_are_passes()
        assert one.peak_bytes >= 0


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA out of memory. Tried to allocate"), MemoryError("no")]
)
@pytest.mark.parametrize("at", [1, 8, 25])
def test_batch_that_does_not_fit_is_halved_and_goes_on(either, at, error):
    """Raised within a layer of a real pass, wherever too many rows come together; what had been
    written by then is kept."""
    room = 4 if either._write.__name__ == "decode" else 2  # generic: one prompt's four at a time
    layer = either._shelf.network.model.layers[1].mlp
    calls = []

    def too_much(module, given):
        calls.append(given[0].shape[0])
        if given[0].shape[0] > room and len(calls) > at:
            raise error

    hook = layer.register_forward_pre_hook(too_much)
    seen = {row: [] for row in range(12)}
    results = either.generate(three_tickets(), on_text=lambda row, text: seen[row].append(text))
    hook.remove()
    assert [one.text for one in results] == all_right()
    assert {one.finish for one in results} == {"stop"}
    for row, told in seen.items():  # nothing was taken back, nothing told twice
        assert told == sorted(set(told), key=len)
        assert told[-1] == results[row].text
    assert max(calls[: at + 1]) <= max(calls) == (12 if room == 4 else 4)
    assert calls[-1] <= room


def test_row_that_does_not_fit_alone_fails_and_the_next_call_works(either):
    def too_much(module, given):
        raise RuntimeError("CUDA out of memory")

    hook = either._shelf.network.model.layers[0].register_forward_pre_hook(too_much)
    assert {one.finish for one in either.generate(rows(0, *VERSIONS))} == {"failed"}
    hook.remove()
    assert [one.text for one in either.generate(three_tickets())] == all_right()


def test_another_error_is_raised_and_leaves_the_model_as_it_was(either):
    network = either._shelf.network
    before = (network.config._attn_implementation, network.model.layers[0].mlp._forward_pre_hooks)

    def broken(module, given):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    hook = network.model.layers[1].register_forward_pre_hook(broken)
    with pytest.raises(RuntimeError, match="mat1"):
        either.generate(three_tickets())
    hook.remove()
    after = (network.config._attn_implementation, network.model.layers[0].mlp._forward_pre_hooks)
    assert after == before
    assert [one.text for one in either.generate(three_tickets())] == all_right()


def test_sampling_goes_on_where_it_was_when_its_batch_is_halved(engine):
    """The same seed writes the same text, whether or not the batch fell apart on the way."""
    hot = [
        row
        for seed in range(6)
        for row in rows(0, "base", temperature=1.5, repetition_penalty=1.2, seed=seed)
    ]
    whole = [one.text for one in engine.generate(hot)]
    calls = []

    def too_much(module, given):
        calls.append(given[0].shape[0])
        if given[0].shape[0] > 3 and len(calls) > 9:
            raise RuntimeError("out of memory")

    layer = engine._shelf.network.model.layers[1]
    hook = layer.register_forward_pre_hook(too_much)
    assert [one.text for one in engine.generate(hot)] == whole
    hook.remove()
    assert max(calls) > 3
    assert len(set(whole)) > 3
