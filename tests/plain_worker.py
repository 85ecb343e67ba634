"""What tests start in place of a worker: it does nothing before it is needed, and TensorFlow is there already.

A worker of the app imports TensorFlow, eight seconds on a slow core. On Linux those of tests are forked from one
process that has imported it and done nothing else: what has computed anything cannot be forked. What a test starts and
kills stays a process of its own: a launcher, which lives and ends as the worker does.

    python tests/plain_worker.py plain                  a worker, as `python -m dec_core worker`
    python tests/plain_worker.py ends-with-training     one that adds nothing to its run

Then it does not give way: what it gives way to here are other tests. A run that goes on while something else is looked
at rests between two events: it would take a core.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

ADDRESS = "DEC_TEST_FORKS"  # environment variable: the socket of the process to fork from
OWNER = "DEC_TEST_FORKS_OWNER"  # with which it ends
PLAIN_WORKER, ENDS_WITH_TRAINING = ((sys.executable, __file__, kind) for kind in ("plain", "ends-with-training"))
ROOT = Path(__file__).parents[1]


def launch(kind: str) -> int:
    """Once it has something to do, have a worker forked, with the files, folder and environment of this process."""
    if sys.platform != "linux":
        return _work(kind) if sys.stdin.buffer.peek(1) else 0
    select.select([0], [], [])
    asked = {"kind": kind, "folder": os.getcwd(), "environment": dict(os.environ)}
    with _connected(os.environ[ADDRESS]) as connection:
        socket.send_fds(connection, [json.dumps(asked).encode()], [0, 1, 2])
        code = int(connection.recv(16) or 1)
    if code < 0:
        os.kill(os.getpid(), -code)  # as the worker was
    return code


def _connected(address: str) -> socket.socket:
    """To the process to fork from, which the first who asks starts."""
    import fcntl

    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with open(f"{address}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):
            connection.connect(address)
            return connection
        ready, ready_here = os.pipe()
        serve = [sys.executable, __file__, "serve", str(ready_here)]
        with open(f"{address}.log", "w") as log:
            files = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "pass_fds": [ready_here]}
            subprocess.Popen(serve, cwd=ROOT, start_new_session=True, **files)
        os.close(ready_here)
        os.read(ready, 1)
    connection.connect(address)
    return connection


def serve(ready: int) -> int:
    """Fork for whoever asks, as long as the owner lives; the exit code of this process, and of each fork."""
    sys.path[:0] = [str(ROOT)]
    sys.modules["matplotlib"] = None  # which nothing draws with
    sys.modules["dec_core.silent_tensorflow"] = ModuleType("silent")  # it computes something: the forks would hang
    from dec_core.work import recorder, worker  # noqa: F401

    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(os.environ[ADDRESS])
    listener.listen(64)
    listener.settimeout(1.0)
    os.write(ready, b"!")
    os.close(ready)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while os.path.exists(f"/proc/{os.environ[OWNER]}"):
        with contextlib.suppress(TimeoutError):
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                return _attended(connection)
            connection.close()
    return 0


def _attended(connection: socket.socket) -> int:
    """Fork a worker and tell how it has ended; its launcher has ended where the connection does."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.setblocking(True)
    message, files, *_ = socket.recv_fds(connection, 2**20, 3)
    worker = os.fork()
    if not worker:
        connection.close()
        return _become(json.loads(message), files)
    for file in files:
        os.close(file)
    if connection in select.select([connection, os.pidfd_open(worker)], [], [])[0]:
        os.kill(worker, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    with contextlib.suppress(OSError):
        connection.send(str(code).encode())
    os._exit(0)


def _become(asked: dict, files: list[int]) -> int:
    """Take on what the launcher has."""
    for place, file in enumerate(files):
        os.dup2(file, place)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(file, mode, closefd=False) for file, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    return _work(asked["kind"])


def _work(kind: str) -> int:
    sys.path[:0] = [str(ROOT)]
    from dec_core.work import control, recorder, worker

    worker._rehearse = worker._read_images = lambda: None
    worker._step_back = lambda niceness=10: None
    control.GRACE = 60.0  # where the machine is busy
    worker.TOUCH_EVERY = recorder.CHECKPOINT_EVERY = 0.1
    recorder.record = _resting(recorder.record)
    if kind == "ends-with-training":
        worker._complete = lambda folder: None
    return worker.main()


def _resting(record):
    def resting(*given, **more):
        with contextlib.closing(record(*given, **more)) as events:
            for number, event in enumerate(events):
                yield event
                time.sleep(0.05 if number > 100 else 0)

    return resting


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[2])) if sys.argv[1] == "serve" else launch(sys.argv[1]))
