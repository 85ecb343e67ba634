"""A full disk is said in words, with a way out, and leaves nothing behind."""

from __future__ import annotations

import errno
import shutil

import pytest
from screens import app_over, opened_at
from sqlalchemy.exc import OperationalError

from dec_core.runs.folder import RunFolder, list_runs
from pages.sweep.storage import answering

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path):
    (tmp_path / "runs").mkdir()
    with app_over(tmp_path / "runs"):
        yield tmp_path / "runs"


@pytest.fixture
def full(monkeypatch):
    """From when it is called, nothing can be written."""

    def write(path, fill):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    return lambda: monkeypatch.setattr(RunFolder, "write", staticmethod(write))


def said(at, root) -> str:
    words = " ".join(toast.value for toast in at.toast)
    assert not at.exception and str(root) not in words
    return words


def button(at, label):
    return next(each for each in at.button if each.label == label)


def test_start_says_so_and_leaves_no_folder(root, full):
    at = opened_at("train")
    full()
    button(at, "Start").click().run()
    assert "The new run could not be written: the server's disk is full. Delete runs" in said(at, root)
    assert [path.name for path in root.iterdir() if not path.name.startswith(".")] == []


def test_a_folder_that_can_no_longer_be_written_to_is_said_in_words(root, monkeypatch, finished_run):
    """As on a disk that the system has turned read-only: what was trained is shown, what is asked for is refused."""
    shutil.copytree(finished_run.path, root / finished_run.id)

    write = RunFolder.write

    def refused(path, fill):
        if root in path.parents:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        write(path, fill)

    at = opened_at("train", run=finished_run.id)
    monkeypatch.setattr(RunFolder, "write", staticmethod(refused))
    button(at, "Start").click().run()
    assert "The new run could not be written: the server cannot write to its runs folder. Ask the" in said(at, root)
    for page in ("train", "compare", "inspect"):
        assert not opened_at(page, run=finished_run.id).exception


def test_a_name_that_cannot_be_written_says_so(root, full, finished_run):
    shutil.copytree(finished_run.path, root / finished_run.id)
    at = opened_at("compare", runs=finished_run.id)
    at.session_state[f"menu_{finished_run.id}"] = True
    at.run()
    full()
    at.text_input(key=f"name_{finished_run.id}").set_value("mine").run()
    words = said(at, root)
    assert "could not be written: the server's disk is full" in words and "deleted" not in words


def test_more_seeds_that_cannot_be_written_say_so(root, full, finished_run):
    shutil.copytree(finished_run.path, root / finished_run.id)
    at = opened_at("compare", runs=finished_run.id)
    at.session_state[f"menu_{finished_run.id}"] = True
    at.run()
    full()
    button(at, "Train 2 more").click().run()
    assert said(at, root).count("The new run could not be written: the server's disk is full") == 1
    assert [run.id for run in list_runs(root)] == [finished_run.id]


def test_a_sweep_that_cannot_be_stored_says_so():
    with pytest.raises(ValueError, match="could not be stored: the server's disk is full"), answering():
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))
    with pytest.raises(ValueError, match="does not respond"), answering():
        raise OperationalError("INSERT", {}, Exception("database is locked"))
