"""A room with runs of two visitors, and who looks at it: for tests of its screens."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from screens import NoWorkers, app_over
from streamlit.runtime.context import ContextProxy

from dec_core.runs.folder import RunFolder
from dec_core.runs.marks import mark, remove
from dec_core.runs.status import this_process
from pages.shared import focus
from pages.shared.visitor import cookie_name, signed

ANNA, BEN = "a" * 16, "b" * 16
SECRET = "Annas secret"  # the name of her run


class Workers(NoWorkers):
    """A supervisor that starts no process and remembers its commands."""

    commands = []  # noqa: RUF012  (replaced for every use)

    def command(self, run, command):
        self.commands.append((run.id, command))
        return True

    def resume(self, run):
        self.commands.append((run.id, "resume"))


@contextmanager
def room_over(root, finished_run, monkeypatch):
    """A room in which Anna has a finished run, one that trains and a deleted one, and Ben and the server one each."""
    monkeypatch.setenv("DEC_ROOM", "1")

    def made(name, owner, **status):
        run = RunFolder(root / name)
        shutil.copytree(finished_run.path, run.path)
        if owner:
            (run.path / "owner").write_text(owner)
        run.set_status(replace(run.status, **status))
        return run

    with app_over(root):
        monkeypatch.setattr(focus, "supervisor", Workers)
        monkeypatch.setattr(Workers, "commands", [])
        runs = SimpleNamespace(
            root=root, finished=made("20260101-000001-aaaa", ANNA), bens=made("20260101-000002-bbbb", BEN),
            servers=made("20260101-000003-cccc", ""), deleted=made("20260101-000004-aaaa", ANNA),
            training=made("20260101-000005-aaaa", ANNA, state="running", **this_process()),
        )  # fmt: skip
        mark(runs.finished, name=SECRET)
        remove(runs.deleted)
        arrives(monkeypatch, BEN)
        yield runs


def arrives(monkeypatch, who):
    """Whoever asks from now on is this one; "" for somebody without a cookie."""
    cookies = {cookie_name(): signed(who)} if who else {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda self: cookies))


@contextmanager
def asking(who):
    with pytest.MonkeyPatch.context() as patch:
        arrives(patch, who)
        yield


def seen(at) -> str:
    """All that a drawing has sent to the browser."""
    return "\n".join(str(node.proto) for part in (at.main, at.sidebar) for node in part if hasattr(node, "proto"))


def warnings(at):
    """What a screen says of runs that are not there or not the visitor's; not what it thinks of how one clusters."""
    assert not at.exception
    about = ("somebody else", "here is no", "cookie")
    return [item.value for item in at.warning if any(words in item.value for words in about)]


def press(at, start):
    (found,) = [item for item in at.button if item.key and item.key.startswith(start)]
    at = found.click().run()
    assert not at.exception
    return at
