"""The memory of a worker is limited where somebody asks for it, and a run that exceeds it says so."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from timing import wait_for

from dec_core.config import RunConfig
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import new_attempt
from dec_core.work.failure import NO_MEMORY, cause
from dec_core.work.place import Place
from dec_core.work.supervisor import Supervisor

ROOT = Path(__file__).parents[1]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the system does not limit it")


@linux
@pytest.mark.parametrize(("most_mb", "expected"), [("1500", "1500000000"), ("0", "-1")])
def test_a_process_has_no_more_memory_than_it_may(most_mb, expected):
    code = f"import resource; from dec_core.work.worker import _limit_memory; _limit_memory({most_mb}); "
    code += "print(resource.getrlimit(resource.RLIMIT_DATA)[0])"
    printed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert printed.strip() == expected


def test_the_words_name_the_limit_and_a_remedy(monkeypatch):
    assert cause(MemoryError()) == NO_MEMORY
    monkeypatch.setenv("DEC_MAX_MEMORY", "2500")
    words = (
        "This run needs more than the 2,500 MB of memory that one may use here. Use fewer images, or smaller batches."
    )
    exhausted = type("ResourceExhaustedError", (Exception,), {})
    assert cause(MemoryError()) == cause(exhausted("OOM when allocating tensor")) == words


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
    supervisor = Supervisor(tmp_path)
    try:
        large = supervisor.start(RunConfig.make(dataset="digits", hidden_units=(4096, 4096, 4096, 4096)))
        next_one = supervisor.start(small)
        assert wait_for(lambda: large.status.state == "failed", 200)
        assert large.status.message.startswith("This run needs more than the 1,500 MB of memory that one may use here.")
        assert wait_for(lambda: next_one.status.state == "finished", 200), next_one.log_tail()
    finally:
        supervisor.close()
