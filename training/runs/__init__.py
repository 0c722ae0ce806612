"""Training runs: one at a time, watched, stopped and gone on with.

Public entries: `one_at_a_time` (the lock), `record` (a run's row around its work, and its watcher),
`run_folder`, `resumable` (what can be gone on with), `training.runs.running` (the desk's start
button and the process of a run). The row is the truth about a run: who looks at it sees the step,
the cost and the last sign of life, whatever became of the process.
"""

from training.runs.folders import clean, has_checkpoint, run_folder
from training.runs.locking import Busy, is_free, one_at_a_time
from training.runs.recording import RunRecord, record
from training.runs.resuming import resumable
from training.runs.watching import RunWatcher

__all__ = [
    "Busy",
    "RunRecord",
    "RunWatcher",
    "clean",
    "has_checkpoint",
    "is_free",
    "one_at_a_time",
    "record",
    "resumable",
    "run_folder",
]
