"""Files of strangers are read in a process of its own, which ends in time and leaves nothing."""

import errno
import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from alone import ended_with_most

from dec_core.data import isolated, own, reading_process
from dec_core.data.errors import DataError
from dec_core.data.isolated import keep_isolated, read_isolated, run_limited
from dec_core.data.limits import Limits
from dec_core.data.reading_process import Request
from dec_core.data.uploads import read_files

pytestmark = pytest.mark.slow

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 4, 5)).astype(np.uint8)
LABELS = np.array([3, 1, 3, 7, 1, 7])

HANGS = """
import os, subprocess, sys, time
from pathlib import Path
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path(sys.argv[1], "child").write_text(f"{os.getpid()} {child.pid}")
Path(sys.argv[1], "child").rename(Path(sys.argv[1], "started"))
time.sleep(600)
"""


def npz(**arrays) -> bytes:
    np.savez(file := io.BytesIO(), **arrays)
    return file.getvalue()


def idx_head(*shape) -> bytes:
    return bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()


FILES = [("a.npz", npz(x=IMAGES, y=LABELS))]


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path, monkeypatch):
    """Neither temporary files nor processes."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = psutil.Process().children()
    yield
    assert list(folder.iterdir()) == [] and set(psutil.Process().children()) <= set(before)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_what_is_read_is_the_same_and_lies_on_disk():
    direct = read_files(FILES)
    with read_isolated(FILES) as reading:
        assert isinstance(reading.dataset.images, np.memmap) and np.array_equal(reading.dataset.images, IMAGES)
        assert reading.dataset.y.tolist() == direct.dataset.y.tolist() and reading.notes == direct.notes
        assert (reading.dataset.name, reading.dataset.classes) == (direct.dataset.name, direct.dataset.classes)


def test_what_is_refused_is_refused_in_the_same_words():
    with pytest.raises(DataError) as here:
        read_files([("ü.csv", b"1,2,x,4\n1,2,3,4")])
    with pytest.raises(DataError) as refused, read_isolated([("ü.csv", b"1,2,x,4\n1,2,3,4")]):
        pass
    assert str(refused.value) == str(here.value)


def test_what_is_kept_has_the_name_it_has_otherwise(tmp_path):
    name = keep_isolated(FILES, tmp_path)
    assert name == own.keep(read_files(FILES).dataset, tmp_path) and own.names(tmp_path) == [name]
    assert np.array_equal(own.find(name, tmp_path).images, IMAGES)


def test_it_grows_in_the_other_process():
    """40 MB of images that come in 40 kB take no memory here."""
    packed = gzip.compress(idx_head(40_000, 10, 100) + bytes(40_000_000), 1)
    shape, most = ended_with_most(shape_of, packed)
    assert shape == (40_000, 10, 100) and most < 5_000_000


def shape_of(packed):
    """Of images that are read in the other process."""
    with read_isolated([("a.gz", packed)], limits=Limits(ratio=10**6)) as reading:
        return reading.dataset.images.shape


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits the memory of a process")
def test_memory_is_limited():
    packed = gzip.compress(idx_head(390_000, 10, 100) + bytes(100))
    with (
        pytest.raises(DataError, match=r"a.gz: received what needs more memory to read than there is; use fewer"),
        read_isolated([("a.gz", packed)], limits=Limits(ratio=10**9, memory=390_000_000)),
    ):
        pass


@pytest.fixture
def hanging(tmp_path, monkeypatch):
    """A reader that starts a process and hangs; a function that waits for that, then does what is asked."""
    (tmp_path / "hanging.py").write_text(HANGS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(isolated, "READ", "hanging")
    pids = []

    def when_started(then):
        def waiting():
            for file in Path(tempfile.gettempdir()).glob("*/started"):
                pids[:] = map(int, file.read_text().split())
                then()

        return waiting

    yield when_started
    assert len(pids) == 2
    while not all(map(is_gone, pids)):  # a process that was killed and has no parent left goes when the system has time
        time.sleep(0.02)


def test_a_reader_that_hangs_is_killed_with_its_children_when_its_time_is_over(hanging, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(isolated.time, "monotonic", lambda: now[0])
    ends = hanging(lambda: now.__setitem__(0, 121.0))
    with (
        pytest.raises(DataError, match=r"a.npz: received what takes more than 120 s to read; use fewer or smaller"),
        read_isolated(FILES, while_waiting=ends),
    ):
        pass


def test_who_waits_can_end_it(hanging):
    class Abandoned(Exception):
        pass

    def leave():
        raise Abandoned

    with pytest.raises(Abandoned), read_isolated(FILES, while_waiting=hanging(leave)):
        pass


def test_no_more_than_a_few_are_at_work_at_a_time(tmp_path):
    class Abandoned(Exception):
        pass

    def leave():
        raise Abandoned

    none_is_free = threading.Semaphore(0)
    with pytest.raises(Abandoned):
        run_limited([sys.executable, "-c", ""], 60, tmp_path / "errors", leave, none_is_free)
    none_is_free.release()
    assert run_limited([sys.executable, "-c", ""], 60, tmp_path / "errors", slots=none_is_free) == 0
    assert none_is_free.acquire(blocking=False)  # and is given back


def test_a_reader_that_fails_says_so(monkeypatch, tmp_path):
    (tmp_path / "failing.py").write_text("raise RuntimeError('no such thing')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(isolated, "READ", "failing")
    with pytest.raises(DataError, match=r"cannot be read \(RuntimeError: no such thing\)"), read_isolated(FILES):
        pass


@pytest.mark.skipif(os.name == "nt", reason="a file that never ends")
def test_it_ends_with_the_server_and_takes_its_files_along(tmp_path):
    """A server that is killed can clean up nothing."""
    folder = tmp_path / "folder"
    folder.mkdir()
    os.mkfifo(folder / "0")
    request = Request(["a.npz"], False, 2, asdict(Limits()), None)
    (folder / "request.json").write_text(json.dumps(asdict(request)))
    reader = subprocess.Popen(
        [sys.executable, "-m", "dec_core.data.reading_process", str(folder)], stdin=subprocess.PIPE
    )
    with open(folder / "0", "wb"):  # returns when the reader reads
        reader.stdin.close()
        reader.wait(60)
    assert not folder.exists()


def test_where_memory_cannot_be_limited_the_time_alone_is(monkeypatch):
    resource = pytest.importorskip("resource")
    asked = []

    def refuse(kind, _):  # as macOS does
        asked.append(kind)
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    reading_process._limit_this_process(Limits())
    assert asked == [resource.RLIMIT_AS, resource.RLIMIT_FSIZE]


@pytest.mark.parametrize(("code", "remedy"), [(errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EACCES, False)])
def test_room_is_asked_for_where_there_is_none(tmp_path, monkeypatch, code, remedy):
    (tmp_path / "request.json").write_text(json.dumps(asdict(Request(["a"], False, 2, asdict(Limits()), None))))

    def fail(*_):
        raise OSError(code, "It failed")

    monkeypatch.setattr(reading_process, "_limit_this_process", lambda limits: None)
    monkeypatch.setattr(reading_process.threading, "Thread", lambda **_: SimpleNamespace(start=lambda: None))
    monkeypatch.setattr(reading_process, "_read", fail)
    assert reading_process.main(tmp_path) == 0
    error = json.loads((tmp_path / "answer.json").read_text())["error"]
    assert "It failed" in error and ("make room on the disk" in error) == remedy
    monkeypatch.setattr(isolated.Path, "write_bytes", fail)
    with pytest.raises(DataError, match="It failed") as refused, read_isolated(FILES):
        pass
    assert ("make room on the disk" in str(refused.value)) == remedy
