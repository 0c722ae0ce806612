"""Weights in parts are saved whole: FSDP version 2 in two processes of this machine, over gloo."""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch  # noqa: TID253
from safetensors.torch import load_file

_PROCESS = """
import json, os, sys
from pathlib import Path
import torch
from torch.distributed.fsdp import fully_shard
from training.methods.checkpoints import load_trained, save_trained
from training.methods.sharded import is_sharded, make_whole

rank, folder = int(os.environ["RANK"]), Path(sys.argv[1])
meeting = f"file://{folder}/meeting"
torch.distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=2)
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 3))
model[0].requires_grad_(False)
mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (2,))
fully_shard(model[1], mesh=mesh)
assert is_sharded(model) and not is_sharded(model[0])
held = model[1].weight.to_local().numel()
save_trained(model, folder / "first.safetensors", writes=rank == 0)
torch.distributed.barrier()
with torch.no_grad():
    for weight in model[1].parameters():
        weight.mul_(0)
load_trained(model, folder / "first.safetensors")
save_trained(model, folder / f"again-{rank}.safetensors")
make_whole(model)
assert not is_sharded(model)
shapes = {name: list(one.shape) for name, one in model.named_parameters()}
weights = model[1].weight.detach().flatten().tolist()
told = {"held": held, "shapes": shapes, "weights": weights}
(folder / f"{rank}.json").write_text(json.dumps(told))
torch.distributed.destroy_process_group()
"""


def test_trained_weights_in_parts_are_saved_and_loaded_whole(tmp_path):
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", _PROCESS, str(tmp_path)],
            cwd=Path(__file__).parents[2],
            env=os.environ
            | {"RANK": str(rank), "GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    errors = [one.communicate(timeout=120)[1] for one in started]
    assert [one.returncode for one in started] == [0, 0], errors
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.Linear(5, 3))
    saved = load_file(tmp_path / "first.safetensors")
    assert set(saved) == {"1.weight", "1.bias"}
    assert torch.equal(saved["1.weight"], model[1].weight)
    told = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1)]
    assert sum(one["held"] for one in told) == 15
    assert all(0 < one["held"] < 15 for one in told)
    for rank, one in enumerate(told):
        again = load_file(tmp_path / f"again-{rank}.safetensors")
        assert torch.equal(again["1.weight"], model[1].weight)
        assert one["shapes"]["1.weight"] == [3, 5]
        assert torch.equal(torch.tensor(one["weights"]), model[1].weight.detach().flatten())
