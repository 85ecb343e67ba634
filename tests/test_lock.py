"""One process at a time trains a run; the lock goes with a process that dies."""

import subprocess
import sys
from pathlib import Path

import pytest

from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import RunIsTaken, training_lock

ROOT = Path(__file__).parents[1]
HOLDER = """
import sys
from pathlib import Path
from dec_core.runs.folder import RunFolder
from dec_core.runs.lock import training_lock
with training_lock(RunFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_who_comes_second_is_told_who_holds_the_lock_and_may_try_again(tmp_path, small):
    folder = RunFolder.create(tmp_path, small)
    with training_lock(folder), pytest.raises(RunIsTaken, match="being trained by process "), training_lock(folder):
        pass
    with training_lock(folder):
        pass


def test_a_process_that_is_killed_keeps_no_lock(tmp_path, small):
    folder = RunFolder.create(tmp_path, small)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(RunIsTaken, match=f"process {holder.pid} on "), training_lock(folder):
        pass
    holder.kill()
    holder.wait()
    with training_lock(folder):
        pass
