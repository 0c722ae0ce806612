"""Runs that were stopped go on with the same losses, and what does not fit is done in parts."""

import errno
import os
import signal

import pytest

from runtime.errors import InputError
from tests.training.forked import PATIENCE, fork_server
from tests.training.limited import limited
from tests.training.tiny import ADAPTER, ROWS
from tests.training.tuning import losses, train
from training.full_disk import DiskFull
from training.methods.checkpoints import (
    last_whole,
    mark_whole,
    prune,
    read_log,
    step_of,
)
from training.methods.results import Nobody, Stopped

STEPS = {"steps": 7, "batch": 4, "learning_rate": 1e-2, "checkpoint_every": 3}
DROPOUT = {"rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj"], "dropout": 0.2}
PLAIN = {"adapter": DROPOUT | {"dropout": 0.0}, "schedule": STEPS | {"steps": 4}}
EXACT = {"weights": {"compute": "float32"}}


class StopsAt(Nobody):
    def __init__(self, step):
        self._step, self._reached = step, 0

    def on_step(self, step):
        self._reached = step.step

    def should_stop(self):
        return "asked" if self._reached == self._step else ""


def _train(folder, base_folder, watcher=None, **changes):
    settings = {"schedule": STEPS, "adapter": DROPOUT} | changes
    return train(folder, base_folder, watcher=watcher, **settings)


def _weights(folder):
    return (folder / "into" / "adapter_model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(base, tmp_path_factory):
    """The folder of a run that nothing disturbed: what every other comes to in the end."""
    folder = tmp_path_factory.mktemp("whole")
    _train(folder, base[0])
    assert len(losses(folder)) == 7
    return folder


def test_a_stopped_run_goes_on_with_the_same_losses(base, whole, tmp_path):
    with pytest.raises(Stopped) as caught:
        _train(tmp_path / "parts", base[0], StopsAt(5))
    assert (caught.value.why, caught.value.step) == ("asked", 5)
    assert last_whole(tmp_path / "parts" / "checkpoints").name == "checkpoint-5"
    _train(tmp_path / "parts", base[0])
    assert losses(tmp_path / "parts") == losses(whole)
    assert _weights(tmp_path / "parts") == _weights(whole)


class _Patience(Nobody):
    """Keeps the losses on the validation rows, and stops where it is told."""

    def __init__(self, stop_at=0):
        self.seen, self._stop_at, self._reached = [], stop_at, 0

    def on_step(self, step):
        self._reached = step.step

    def on_evaluation(self, step, loss):
        self.seen.append((step, loss))

    def should_stop(self):
        return "time" if self._reached == self._stop_at else ""


def test_early_stopping_ends_with_the_best_state_also_after_a_stop(base, tmp_path):
    schedule = {"steps": 40, "batch": 4, "learning_rate": 0.2, "evaluate_every": 2, "patience": 2}
    same = {"validation": ROWS[:3], "data": ROWS[3:], "schedule": schedule}
    watcher = _Patience()
    _, whole = _train(tmp_path / "whole", base[0], watcher, **same)
    assert tuple(watcher.seen) == whole.evaluations
    values = [loss for _, loss in whole.evaluations]
    best = values.index(min(values))
    assert whole.steps == 2 * (best + 3) < 40
    with pytest.raises(Stopped) as caught:
        _train(tmp_path / "parts", base[0], _Patience(stop_at=3), **same)
    assert (caught.value.why, caught.value.step) == ("time", 3)
    _, parts = _train(tmp_path / "parts", base[0], **same)
    assert parts.evaluations == whole.evaluations
    assert _weights(tmp_path / "parts") == _weights(tmp_path / "whole")
    # A run whose patience is used up is not begun again: it is ready at once.
    (tmp_path / "parts" / "into" / "adapter_model.safetensors").unlink()
    _, again = _train(tmp_path / "parts", base[0], **same)
    assert again.steps == whole.steps
    assert _weights(tmp_path / "parts") == _weights(tmp_path / "whole")


def test_the_watched_loss_is_transformers_own_of_the_validation_rows(base, tmp_path):
    import torch

    from tests.training.tiny import tuned_recipe
    from training.methods.batches import validation_examples
    from training.methods.loading import load_for_training
    from training.methods.results import Work

    still = {"steps": 1, "batch": 4, "learning_rate": 1e-9}
    _, fit = _train(tmp_path, base[0], validation=ROWS[:3], schedule=still, **EXACT)
    recipe = tuned_recipe(method="lora")
    loaded = load_for_training(Work(recipe=recipe, folder=tmp_path, into=tmp_path, base=base[0]))
    total = learned = 0
    for one in validation_examples(ROWS[:3], recipe=recipe, tokenizer=loaded.tokenizer, company=""):
        ids = torch.tensor([one.context + one.invocation + one.answer])
        labels = ids.clone()
        labels[:, : -len(one.answer)] = -100
        with torch.no_grad():
            total += float(loaded.model(input_ids=ids, labels=labels).loss) * len(one.answer)
        learned += len(one.answer)
    assert fit.evaluations[0][1] == pytest.approx(total / learned, rel=1e-5)


class _Memory:
    """A loss that runs out of memory at some of its calls."""

    def __init__(self, monkeypatch, fails):
        from training.methods import adapters

        self.calls, self.rows, self._fails = 0, [], fails
        self._loss = adapters.segment_loss
        monkeypatch.setattr(adapters, "segment_loss", self)

    def __call__(self, model, line):
        import torch

        self.calls += 1
        self.rows.append(sum(1 for one in line.lengths if one > 31))
        if self._fails(self):
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self._loss(model, line)


@pytest.fixture(scope="module")
def exact(base, tmp_path_factory):
    """The losses of a run in full precision that had all the memory that it wanted."""
    folder = tmp_path_factory.mktemp("exact")
    _train(folder, base[0], **PLAIN, **EXACT)
    return losses(folder)


@pytest.mark.parametrize("call", [1, 3])
def test_out_of_memory_halves_the_rows_at_once_and_changes_no_loss(
    base,
    exact,
    tmp_path,
    monkeypatch,
    call,
):
    memory = _Memory(monkeypatch, lambda memory: memory.calls == call)
    _, fit = _train(tmp_path / "parts", base[0], **PLAIN, **EXACT)
    assert losses(tmp_path / "parts") == pytest.approx(exact, rel=1e-5)
    assert memory.rows[call - 1 : call + 2] == [4, 2, 2]
    assert fit.micro_batch == 2
    noted = [line for line in read_log(tmp_path / "parts" / "log.jsonl") if "micro_batch" in line]
    assert noted == [{"step": call, "micro_batch": 2}]


def test_a_smaller_batch_is_remembered_when_the_run_goes_on(base, tmp_path, monkeypatch):
    memory = _Memory(monkeypatch, lambda memory: memory.calls == 1)
    with pytest.raises(Stopped):
        _train(tmp_path, base[0], StopsAt(2), **PLAIN)
    before = len(memory.rows)
    _train(tmp_path, base[0], **PLAIN)
    assert set(memory.rows[before:]) == {2}


def test_a_row_that_does_not_fit_alone_is_one_clear_line(base, tmp_path, monkeypatch):
    from training.methods.keeping import TooLarge

    _Memory(monkeypatch, lambda memory: True)
    with pytest.raises(TooLarge, match=r"One row alone does not fit into memory; lower text\."):
        _train(tmp_path, base[0])
    assert not any((tmp_path / "into").iterdir())


def test_out_of_memory_while_evaluating_halves_too(base, tmp_path, monkeypatch):
    import torch

    _Memory(monkeypatch, lambda memory: not torch.is_grad_enabled() and memory.rows[-1] > 1)
    schedule = STEPS | {"steps": 2, "evaluate_every": 1}
    _, fit = _train(tmp_path, base[0], validation=ROWS[:4], schedule=schedule)
    assert len(fit.evaluations) == 2
    assert fit.micro_batch == 1


def test_other_errors_of_the_loss_are_not_taken_for_memory(base, tmp_path, monkeypatch):
    from training.methods import adapters

    def broken(model, line):
        raise RuntimeError("a bug")

    monkeypatch.setattr(adapters, "segment_loss", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        _train(tmp_path, base[0])


def test_a_loss_that_is_no_number_ends_the_run_in_one_clear_line(base, tmp_path, monkeypatch):
    from training.methods import adapters
    from training.methods.fitting import Diverged

    usual, calls = adapters.segment_loss, []

    def diverging(model, line):
        calls.append(line)
        return usual(model, line) * (float("nan") if len(calls) == 5 else 1.0)

    monkeypatch.setattr(adapters, "segment_loss", diverging)
    with pytest.raises(Diverged, match=r"lower schedule\.learning_rate"):
        _train(tmp_path, base[0])
    assert step_of(last_whole(tmp_path / "checkpoints")) == 3
    assert not any((tmp_path / "into").iterdir())


def test_a_state_that_is_no_number_is_neither_kept_nor_saved(base, tmp_path, monkeypatch):
    from training.methods import adapters
    from training.methods.fitting import Diverged

    usual = adapters.segment_loss

    def broken(model, line):  # a loss with gradients that are none
        loss = usual(model, line)
        if loss.requires_grad:
            loss.register_hook(lambda gradient: gradient * float("nan"))
        return loss

    monkeypatch.setattr(adapters, "segment_loss", broken)
    one = STEPS | {"steps": 1}
    with pytest.raises(Diverged):
        _train(tmp_path / "plain", base[0], schedule=one)
    with pytest.raises(Diverged):
        _train(tmp_path / "watched", base[0], validation=ROWS[:3], schedule=one)
    assert not (tmp_path / "watched" / "best.safetensors").exists()
    for name in ("plain", "watched"):
        assert not any((tmp_path / name / "into").iterdir())


def test_a_process_works_on_one_gpu_of_several(tmp_path, monkeypatch):
    import torch

    from tests.training.tiny import tuned_recipe
    from training.methods.fitting import _arguments

    for name, there in (("is_available", True), ("device_count", 4), ("set_device", None)):
        monkeypatch.setattr(torch.cuda, name, lambda *args, there=there: there)
    recipe = tuned_recipe(**EXACT)
    assert _arguments(recipe, tmp_path, 3).n_gpu == 1


def test_gradients_are_clipped(base, tmp_path, monkeypatch):
    import torch

    from training.methods import fitting

    norms = []

    class Watched(fitting._StepTrainer):
        def _clip_grad_norm(self, model):
            before = super()._clip_grad_norm(model)
            after = [one.grad.norm() for one in model.parameters() if one.grad is not None]
            norms.append((float(before), float(torch.stack(after).norm())))
            return before

    monkeypatch.setattr(fitting, "_StepTrainer", Watched)
    _train(tmp_path, base[0], adapter=ADAPTER | {"alpha": 400})
    assert any(before > 1.5 for before, _ in norms)
    assert all(after < 1.001 for _, after in norms)


def test_ctrl_c_lets_the_step_end_and_the_run_goes_on_later(base, whole, tmp_path):
    class Interrupted(Nobody):
        def on_step(self, step):
            if step.step == 4:
                os.kill(os.getpid(), signal.SIGINT)

    # As at a terminal: what a shell starts in the background ignores Ctrl-C from the beginning.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(Stopped) as caught:
            _train(tmp_path / "parts", base[0], Interrupted())
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught.value.why == "asked"
    assert caught.value.step in (4, 5)
    _train(tmp_path / "parts", base[0])
    assert losses(tmp_path / "parts") == losses(whole)


def test_an_interrupt_in_the_middle_of_a_step_loses_only_that(base, whole, tmp_path, monkeypatch):
    memory = _Memory(monkeypatch, _interrupt_at_fifth)
    with pytest.raises(Stopped) as caught:
        _train(tmp_path / "parts", base[0])
    assert (caught.value.why, caught.value.step) == ("asked", 3)
    assert memory.calls == 5
    _train(tmp_path / "parts", base[0])
    assert losses(tmp_path / "parts") == losses(whole)


def _interrupt_at_fifth(memory):
    if memory.calls == 5:
        raise KeyboardInterrupt
    return False


def test_a_half_written_checkpoint_does_not_count(base, whole, tmp_path):
    with pytest.raises(Stopped):
        _train(tmp_path / "parts", base[0], StopsAt(5))
    newest = last_whole(tmp_path / "parts" / "checkpoints")
    (newest / "whole.json").unlink()  # killed just before it was whole
    (newest / "optimizer.pt").write_bytes(b"half")
    _train(tmp_path / "parts", base[0])
    assert losses(tmp_path / "parts") == losses(whole)
    assert _weights(tmp_path / "parts") == _weights(whole)


def test_a_line_of_the_log_that_was_cut_off_is_written_again(base, tmp_path):
    with pytest.raises(Stopped):
        _train(tmp_path, base[0], StopsAt(4))
    log = tmp_path / "log.jsonl"
    log.write_text(log.read_text()[:-9])
    assert len(losses(tmp_path)) == 3
    _train(tmp_path, base[0])
    assert [line["step"] for line in read_log(log)][-3:] == [5, 6, 7]


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    for step in (2, 10, 4):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        mark_whole(folder, {"step": step})
    prune(tmp_path, keep=2)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["checkpoint-10", "checkpoint-4"]
    assert step_of(last_whole(tmp_path)) == 10


def test_a_checkpoint_of_another_model_is_not_gone_on_from(base, tmp_path):
    from training.methods.checkpoints import OtherCheckpoint

    with pytest.raises(Stopped):
        _train(tmp_path, base[0], StopsAt(4))
    with pytest.raises(OtherCheckpoint, match="another model or recipe"):
        _train(tmp_path, base[0], adapter=DROPOUT | {"rank": 8})


@pytest.mark.parametrize("name", ["save_trained", "mark_whole"])
def test_a_full_disk_is_one_clear_line_and_leaves_nothing_half(
    base,
    whole,
    tmp_path,
    monkeypatch,
    name,
):
    from training.methods import fitting, keeping

    module = fitting if name == "save_trained" else keeping
    usual, calls = getattr(module, name), []

    def full(*args, **more):
        calls.append(args)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        usual(*args, **more)

    monkeypatch.setattr(module, name, full)
    with pytest.raises(DiskFull, match=r"The disk is full.* go on with --resume"):
        _train(tmp_path / "parts", base[0])
    left = [one.name for one in (tmp_path / "parts" / "checkpoints").iterdir()]
    assert left == ["checkpoint-3"]
    assert not any((tmp_path / "parts" / "into").iterdir())
    _train(tmp_path / "parts", base[0])
    assert losses(tmp_path / "parts") == losses(whole)


def test_files_that_the_system_will_not_take_are_one_clear_line(base, tmp_path):
    """A limit on the size of files stands for a disk that is full, in torch's own writers too."""
    said = tmp_path / "said"
    changes = {"schedule": STEPS, "adapter": DROPOUT}
    process = fork_server().Process(target=limited, args=(tmp_path, base[0], changes, said))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0
    lines = said.read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["600", "3000", "12000"]
    assert all(" The disk is full, and " in line and line.endswith(". 0") for line in lines)


def test_a_gpu_that_is_not_there_is_one_clear_line(base, tmp_path, monkeypatch):
    import torch

    from training.methods.devices import NoGpu

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("PASOKH_TRAINING_DEVICE", "cuda")
    with pytest.raises(NoGpu, match="torch sees no GPU; install its driver"):
        _train(tmp_path, base[0])
    monkeypatch.setenv("PASOKH_TRAINING_DEVICE", "tpu")
    with pytest.raises(InputError, match="PASOKH_TRAINING_DEVICE must be one of auto, cpu, cuda"):
        _train(tmp_path, base[0])
    monkeypatch.setenv("PASOKH_TRAINING_DEVICE", "cpu")
    _train(tmp_path, base[0], schedule=STEPS | {"steps": 1})
