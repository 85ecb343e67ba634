"""The app over an empty folder of runs, for all tests of Train."""

import gc

import pytest
from screens import MAIN, PATIENCE, NoWorkers, look_into_all
from streamlit.testing.v1 import AppTest


@pytest.fixture(scope="session")
def static(tmp_path_factory):
    """What browsers fetch, made once for all of these tests, and not found in the checkout."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def app(tmp_path, static, monkeypatch):
    """The app over an empty folder of runs, with a supervisor that starts no process."""
    import streamlit as st

    from pages.shared import focus

    class Workers(NoWorkers):
        root = tmp_path
        started = []  # noqa: RUF012  (of this test)

        def is_completing(self, run):
            return False

        def command(self, run, command):
            return True

    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setenv("DEC_STATIC", str(static))
    monkeypatch.setattr(focus, "supervisor", Workers)
    at = look_into_all(AppTest.from_file(MAIN, default_timeout=PATIENCE))
    at.started = Workers.started
    gc.freeze()  # Streamlit collects garbage after each drawing, and TensorFlow has much
    yield at
    gc.unfreeze()
