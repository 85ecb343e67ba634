"""The memory of a worker is limited where somebody asks for it, and a run that exceeds it says so."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from plain_worker import ENDS_WITH_TRAINING
from timing import wait_for

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import new_attempt
from dec_core.work import memory
from dec_core.work.failure import NO_MEMORY, cause
from dec_core.work.place import Place
from dec_core.work.room import RoomSettings
from dec_core.work.supervisor import Supervisor
from dec_core.work.worker_process import Worker

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the system does not limit it")


@linux
@pytest.mark.parametrize(("most_mb", "expected"), [("1500", "1500000000"), ("0", "-1")])
def test_a_process_has_no_more_memory_than_it_may(most_mb, expected):
    code = f"import resource; from dec_core.work.worker import _limit_memory; _limit_memory({most_mb}); "
    code += "print(resource.getrlimit(resource.RLIMIT_DATA)[0])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == expected


@pytest.mark.parametrize(
    ("total", "slots", "expected"), [(16e9, 1, 15_500), (16e9, 3, 5_100), (16e9, 16, memory.OF_LARGEST)]
)
def test_in_a_room_each_training_may_take_its_share_of_the_machine(monkeypatch, total, slots, expected):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(total=total))
    room = {"DEC_ROOM": "1", "DEC_SLOTS": str(slots)}
    assert RoomSettings.from_environment(room).max_memory == expected
    assert RoomSettings.from_environment(room | {"DEC_MAX_MEMORY": "2000"}).max_memory == 2000
    for none in ({"DEC_MAX_MEMORY": "0"}, {"DEC_ROOM": "0"}, {"DEC_EXECUTOR": "tcp://nowhere:1"}):
        assert RoomSettings.from_environment(room | none).max_memory == 0


LIMITED = """
import resource, sys
from dec_core.work import worker
worker.Control = lambda: sys.exit(print(resource.getrlimit(resource.RLIMIT_DATA)[0]))
worker.main()
"""


@linux
@pytest.mark.parametrize(("is_room", "slots"), [("1", "2"), ("0", "1")])
def test_a_worker_of_a_room_has_its_share_and_one_of_a_desk_any(tmp_path, monkeypatch, is_room, slots):
    monkeypatch.setattr("dec_core.work.worker_process.WORKER", (sys.executable, "-c", LIMITED))
    for name, value in (("ROOM", is_room), ("SLOTS", slots)):
        monkeypatch.setenv(f"DEC_{name}", value)
    started = Worker(tmp_path / "log")
    assert started.process.wait() == 0
    started.close()
    limit = memory.share(2) * 10**6 if is_room == "1" else -1
    assert started.log.read_text() == f"{limit}\n"


def test_the_words_name_the_limit_and_a_remedy(monkeypatch):
    assert cause(MemoryError()) == NO_MEMORY
    monkeypatch.setenv("DEC_MAX_MEMORY", "2500")
    words = (
        "This run needs more than the 2,500 MB of memory that one may use here. Use fewer images, or smaller batches."
    )
    exhausted = type("ResourceExhaustedError", (Exception,), {})
    assert cause(MemoryError()) == cause(exhausted("OOM when allocating tensor")) == words
    aborted = type("AbortedError", (Exception,), {})
    by_onednn = (
        "Graph execution error: Operation received an exception:Status: {}, message: could not execute a primitive"
    )
    assert cause(aborted(by_onednn.format(1))) == words
    assert cause(aborted(by_onednn.format(2))).startswith("AbortedError: Graph")


@pytest.mark.parametrize(("limit", "code", "is_said"), [("2500", -6, True), ("2500", -9, False), ("0", -6, False)])
def test_a_library_that_ends_the_process_for_want_of_memory(small, tmp_path, monkeypatch, limit, code, is_said):
    monkeypatch.setenv("DEC_MAX_MEMORY", limit)
    run = RunFolder.create(tmp_path, small, "running")
    run.set_status(replace(run.status, **new_attempt()))
    worker = SimpleNamespace(code=code, log=tmp_path / "log", attempt=run.status.attempt)
    Place(run, "", worker).bury()
    message = run.status.message
    assert run.status.state == "failed" and message.endswith(f"The worker process was killed by signal {-code}.")
    assert message.startswith("This run needs more than the 2,500 MB") == is_said


@linux
@pytest.mark.slow
def test_a_run_that_needs_more_fails_in_words_and_the_next_one_trains(small, tmp_path, monkeypatch):
    monkeypatch.setenv("DEC_MAX_MEMORY", "1500")
    monkeypatch.setattr("dec_core.work.worker_process.WORKER", ENDS_WITH_TRAINING)
    supervisor = Supervisor(tmp_path)
    try:
        large = supervisor.start(RunConfig.make(dataset="digits", hidden_units=(4096, 4096, 4096, 4096)))
        next_one = supervisor.start(small)
        assert wait_for(lambda: large.status.state == "failed")
        assert large.status.message.startswith("This run needs more than the 1,500 MB of memory that one may use here.")
        assert wait_for(lambda: next_one.status.state == "finished"), next_one.log_tail()
    finally:
        supervisor.close()
