"""Two servers on one folder of runs, as processes: each run is trained once, and what one leaves another takes over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from timing import wait_for

from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SERVER = """
import sys
from pathlib import Path
from dec_core.config import RunConfig
from dec_core.work import worker_process
from dec_core.work.supervisor import Supervisor
from plain_worker import ENDS_WITH_TRAINING
worker_process.WORKER = ENDS_WITH_TRAINING
sys.stdin.readline()
supervisor = Supervisor(Path(sys.argv[1]))
print(*[supervisor.start(RunConfig.from_json(text)).path for text in sys.argv[2:]], flush=True)
sys.stdin.readline()
supervisor.close()
"""


class Server:
    """A supervisor in a process of its own, which waits until a test says that it may begin."""

    def __init__(self, root, *configs):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(root), *(config.to_json() for config in configs)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        )  # fmt: skip

    def tell(self):
        """Let it begin, or end."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def runs(self):
        """Those that it has started."""
        return [RunFolder(Path(path)) for path in self.process.stdout.readline().split()]


@pytest.fixture
def server(tmp_path):
    """Starts a server over `tmp_path` that begins at once with runs of these configs."""
    made = []

    def start(*configs, at_once=True):
        made.append(Server(tmp_path, *configs))
        if at_once:
            made[-1].tell()
        return made[-1]

    yield start
    for each in made:
        each.process.kill()
        each.process.communicate()


def events(run, name):
    return [record["event"] for record in run.records()[0]].count(name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_each_run_of_two_servers_is_trained_once_and_what_a_killed_one_leaves_goes_on(server, small):
    long = small.changed(pretrain_epochs=2000, batch_size=8)
    first, second = server(long, small, small.changed(random_state=1)), server(small.changed(random_state=2))
    (trained, *waiting), (others,) = first.runs(), second.runs()
    assert wait_for(lambda: others.status.state == "finished")
    assert wait_for(lambda: len(RunReader(trained).refresh().pretrain) > 2)
    assert [run.status.state for run in (trained, *waiting)] == ["running", "queued", "queued"], "nobody took them"

    n_before = len(RunReader(trained).refresh().pretrain)
    first.process.kill()
    assert wait_for(lambda: trained.status.state == "interrupted" and (trained.path / "checkpoint.npz").exists())
    assert all(run.status.state == "interrupted" and run.status.resumable for run in waiting)
    assert len(RunReader(trained).refresh().pretrain) >= n_before

    second.tell()
    assert second.process.wait() == 0
    both = [server(at_once=False) for _ in range(2)]  # at the same moment: either may take over what waits
    for each in both:
        each.tell()
    assert wait_for(lambda: all(run.status.state == "finished" for run in waiting))
    for run in (*waiting, others):
        assert events(run, "Started") == events(run, "Finished") == 1 and events(run, "Resumed") == 0
        assert run.status.outcome["acc"] > 0.2 and run.status.message == ""
    assert trained.status.state == "interrupted" and trained.status.resumable, "who stopped it was nobody's command"
