"""One of several processes of a run: `accelerate launch -m training.methods FOLDER`, as
`training.spreading` starts it. Without Django and without a database; see `tasking`."""

import os
import sys
from pathlib import Path

import torch  # noqa: TID253

from runtime.errors import InputError
from training.methods.results import Method, Stopped, method_of
from training.methods.tasking import TaskFolder


def main(folder: Path) -> int:
    """0 also for a run that was stopped: what came of it stands in the folder."""
    task, rank = TaskFolder(folder), int(os.environ.get("RANK", "0"))
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    try:
        work = task.work(rank=rank)
        method: Method = method_of(work.recipe)
        fit = method.train(task.material(), work)
    except Stopped as stopped:
        if rank == 0:
            task.end(stopped)
    except InputError as error:
        task.end(str(error))
        return 2
    else:
        if rank == 0:
            task.end(fit)
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
