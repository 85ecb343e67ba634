"""The app over a folder of runs, for tests of its screens without a browser."""

import gc
import json
import os
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from dec_core.config import GROUPS
from dec_core.runs.folder import RunFolder
from dec_core.work.housekeeping import Housekeeping
from dec_core.work.room import RoomSettings
from dec_core.work.supervisor import Standing
from pages.train.field_widgets import OPENED

MAIN = Path(__file__).parents[1] / "pages" / "main.py"
PATIENCE = 240.0  # seconds for one drawing; the first imports a lot, and speed is not what is tested


class NoWorkers:
    """A supervisor that starts no process."""

    root = None
    started = []  # noqa: RUF012  (replaced for every use)
    swept = []  # noqa: RUF012  (replaced for every use)
    left = []  # noqa: RUF012  (replaced for every use)
    completing = []  # noqa: RUF012  (replaced for every use)
    busy = False
    room = RoomSettings()
    housekeeping = Housekeeping(Path("nowhere"), RoomSettings())  # whose thread is not started
    standstill = ""

    def start(self, config, owner=""):
        self.started.append(config)
        return RunFolder.create(self.root, config, owner=owner)

    def standing(self):
        return Standing(True, 1, 2, ())

    def sweep(self, storage, name, owner=""):
        self.swept.append((storage, name))

    def leave_sweep(self, name):
        self.left.append(name)

    def sweeps(self):
        return [pair for pair in self.swept if pair[1] not in self.left]

    def sweep_before(self, name):
        return ""

    def is_sweeping(self, name):
        return False

    def sweep_waits(self):
        return False

    def ahead_of(self, run):
        return 0

    def complete(self, run):
        self.completing.append(run.id)
        return not self.busy

    def is_completing(self, run):
        return run.id in self.completing and not self.busy


class AtOnce:
    """A thread whose work is done when `start` returns, so that none goes on into the next test."""

    errors = []  # noqa: RUF012  (replaced for every use)

    def __init__(self, target, args, daemon):
        self.target, self.args = target, args

    def start(self):
        try:
            self.target(*self.args)
        except Exception as error:
            self.errors.append(error)


@contextmanager
def app_over(root):
    """The app over a folder of runs, with a supervisor that starts no process."""
    import streamlit as st

    from pages.shared import browser_files, focus

    with pytest.MonkeyPatch.context() as patch:
        st.cache_resource.clear()
        st.cache_data.clear()
        gc.freeze()  # Streamlit collects garbage after each drawing, and TensorFlow has much
        patch.setenv("DEC_RUNS", str(root))
        patch.setenv("DEC_STATIC", str(root.parent / "static"))
        (root.parent / "static").mkdir(exist_ok=True)
        patch.setattr(browser_files, "threading", SimpleNamespace(Thread=AtOnce))
        patch.setattr(AtOnce, "errors", [])
        patch.setattr(focus, "supervisor", NoWorkers)
        patch.setattr(NoWorkers, "root", root)
        patch.setattr(NoWorkers, "started", [])
        patch.setattr(NoWorkers, "swept", [])
        patch.setattr(NoWorkers, "left", [])
        patch.setattr(NoWorkers, "completing", [])
        # which takes longer than the app: to search all packages for components
        patch.setattr(BidiComponentManager, "discover_and_register_components", lambda *_, **__: None)
        yield
        gc.unfreeze()
        st.cache_resource.clear()
        st.cache_data.clear()


def opened_at(page: str, /, **query: str) -> AppTest:
    """A screen as a link opens it, for a new visitor. Train in a room needs one that says so: see `opened_bare`."""
    is_bare = page == "train" and not query and os.environ.get("DEC_ROOM") == "1"
    return _opened(page, {"preset": "first-look"} if is_bare else query)


def opened_bare() -> AppTest:
    """The server's address without anything, as it stands on the board."""
    return _opened("train", {})


def _opened(page: str, query: dict[str, str]) -> AppTest:
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.switch_page(f"{page}/{page}.py")
    at.query_params.update(query)
    return look_into_all(at).run()


def look_into_all(at: AppTest) -> AppTest:
    """As for who has opened every group of Train's form once: what nobody has looked into is not drawn."""
    at.session_state[OPENED] = {f"{kind}_{group.lower()}" for kind in ("group", "advanced") for group in GROUPS}
    return at


# -- private names of Streamlit, 1.67. AppTest has no public way to send what a browser sends other than the newest
# state of its widgets, to send events of a component, or to run the whole app once it has run a page of it.


def widget_states(at: AppTest):
    """What a browser that shows this drawing would send with its next request."""
    return at._tree.get_widget_states()


def send(at: AppTest, states) -> AppTest:
    """A request with these states of widgets, which may be those of an earlier drawing."""
    return at._run(states)


def send_event(at: AppTest, states, component_id: str, events: list[dict]) -> AppTest:
    """A request with these states, and what has been clicked in a component."""
    sent = type(states)()
    sent.CopyFrom(states)
    trigger = sent.widgets.add()
    trigger.id = _make_trigger_id(component_id, "events")
    trigger.json_trigger_value = json.dumps(events)
    return send(at, sent)


def from_the_top(at: AppTest, states=None) -> AppTest:
    """A request that runs the whole app, the frame around the page included."""
    at._finished_page_script_hash = ""
    return send(at, states)
