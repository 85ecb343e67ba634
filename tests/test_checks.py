"""`doctor`: what it looks at, what it says of it, and what to do."""

import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from dec_core.cli import main
from dec_core.runs.room_files import FOLDER, signing_key
from dec_core.work import checks as doctor
from dec_core.work import memory
from dec_core.work.checks import checks

linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no such folder, in which not even root can write")


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """One on which all is well."""
    gb = 10**9
    monkeypatch.setattr(doctor.psutil, "virtual_memory", lambda: SimpleNamespace(total=16 * gb, available=8 * gb))
    monkeypatch.setattr(doctor, "n_cores", lambda: 4)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=50 * gb))
    monkeypatch.setattr(doctor, "version", lambda name: "1.0")
    monkeypatch.setattr(doctor, "_needed", lambda: iter(["numpy>=1,<2"]))
    monkeypatch.setattr(doctor, "_tested", lambda: ["numpy==1.0"])
    monkeypatch.setattr(doctor, "ENOUGH_FILES", 1)
    for name in ("DEC_ROOM", "DEC_SLOTS", "DEC_MAX_MEMORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))


def of(what, root, **how):
    (row,) = [row for row in checks(root, **how) if row.what == what]
    return row


def test_where_all_is_well_nothing_is_to_be_done(tmp_path):
    rows = checks(tmp_path)
    assert {row.level for row in rows} == {"ok"} and not any(row.remedy for row in rows)
    assert {"memory", "cores", "disk", "runs folder", "libraries", "processor", "Python"} <= {row.what for row in rows}


@pytest.mark.parametrize(
    ("what", "name", "value", "level", "remedy"),
    [
        ("memory", "psutil.virtual_memory", {"total": 15e8, "available": 1e9}, "bad", "need about 2.0 GB"),
        ("memory", "psutil.virtual_memory", {"total": 4e9, "available": 1e9}, "warn", "about 2.0 GB are needed"),
        ("disk", "shutil.disk_usage", {"free": 5e8}, "bad", "on a larger disk"),
        ("disk", "shutil.disk_usage", {"free": 3e9}, "warn", "use --disk"),
        ("uploads", "shutil.disk_usage", {"free": 5e8}, "warn", "TMPDIR"),
    ],
)
def test_what_is_scarce_is_said_with_a_remedy(tmp_path, monkeypatch, what, name, value, level, remedy):
    module, function = name.split(".")
    monkeypatch.setattr(getattr(doctor, module), function, lambda *_: SimpleNamespace(**value))
    row = of(what, tmp_path)
    assert row.level == level and remedy in row.remedy


def test_slots_need_memory_and_cores(tmp_path, monkeypatch):
    monkeypatch.setenv("DEC_ROOM", "1")
    monkeypatch.setenv("DEC_SLOTS", "12")
    assert of("memory", tmp_path).level == "bad" and "fewer --slots" in of("memory", tmp_path).remedy
    monkeypatch.setenv("DEC_SLOTS", "2")
    assert of("memory", tmp_path).level == "ok" and "training may take 7,700 MB" in of("memory", tmp_path).value
    monkeypatch.setenv("DEC_SLOTS", "4")
    row = of("memory", tmp_path)
    assert row.level == "warn" and f"training may take {memory.OF_LARGEST:,} MB" in row.value
    assert "4 trainings of the largest presets do not fit at a time: use fewer --slots" in row.remedy
    monkeypatch.setenv("DEC_SLOTS", "12")
    assert of("cores", tmp_path).level == "warn" and "fewer --slots" in of("cores", tmp_path).remedy
    monkeypatch.setenv("DEC_SLOTS", "many")
    assert of("settings", tmp_path).level == "bad" and "DEC_SLOTS: received 'many'" in of("settings", tmp_path).value


@pytest.mark.parametrize(
    ("installed", "level", "remedy"),
    [("1.0", "ok", ""), ("1.5", "warn", "It was tested with ==1.0"), ("2.0", "bad", "Install another: pip install")],
)
def test_versions_of_libraries(tmp_path, monkeypatch, installed, level, remedy):
    monkeypatch.setattr(doctor, "version", lambda name: installed)
    (row,) = [row for row in checks(tmp_path) if row.what in ("libraries", "numpy")]
    assert row.level == level and remedy in row.remedy


def test_a_library_that_is_missing(tmp_path, monkeypatch):
    def missing(name):
        raise doctor.PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", missing)
    rows = [row for row in checks(tmp_path) if row.what == "numpy"]
    assert [(row.level, row.remedy) for row in rows] == [("bad", "Install it: pip install 'numpy>=1,<2'")]


def test_the_requirements_of_this_checkout_are_read(monkeypatch):
    monkeypatch.undo()
    assert any(text.startswith("numpy") for text in doctor._needed())
    assert any(text.startswith("streamlit==") for text in doctor._tested())


def test_rights_of_the_runs_folder(tmp_path, monkeypatch):
    assert of("runs folder", tmp_path / "new" / "runs").value.endswith("will be made")
    signing_key(tmp_path)
    assert of("runs folder", tmp_path).level == "ok"
    (tmp_path / FOLDER).chmod(0o755)
    assert of("runs folder", tmp_path).level == "bad" and "chmod 700" in of("runs folder", tmp_path).remedy
    monkeypatch.setattr(doctor.os, "access", lambda *_: False)
    assert of("runs folder", tmp_path).level == "bad" and "cannot be written to" in of("runs folder", tmp_path).value


def test_the_command_says_it_all_and_ends_with_1_where_something_is_bad(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["doctor", "--port", port, "--json"]) == 1
    out, err = capsys.readouterr()
    assert f"BAD   port          cannot listen at 127.0.0.1:{port}" in err and "Choose another --port" in err
    rows = json.loads(out)
    assert {row["what"]: row["level"] for row in rows}["port"] == "bad"
    assert main(["doctor", "--port", port]) == 0
    assert "is free" in capsys.readouterr().out


@contextmanager
def answering(status, headers, body):
    """A server that answers whatever is asked: its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "headers", "body", "level", "said"),
    [
        (200, {doctor.OURS: "1"}, b"ok\n", "ok", "this program is served at 127.0.0.1:"),
        (503, {doctor.OURS: "1"}, b"the disk is fuller than it may be\n", "warn", "says: the disk is fuller"),
        (200, {}, b"ok\n", "bad", "cannot listen at"),
    ],
)
def test_our_own_server_on_the_port_is_known_from_others(tmp_path, status, headers, body, level, said):
    with answering(status, headers, body) as port:
        row = of("port", tmp_path, address=("127.0.0.1", port))
    assert row.level == level and said in row.value


def test_a_room_is_looked_at_before_it_is_served(capsys):
    assert main(["doctor", "--room", "--port", "0"]) == 0
    out = capsys.readouterr().out
    assert "a room, " in out and "0.0.0.0:0 is free" in out and "training may take" in out


def test_a_python_without_the_libraries_is_told_which_has_them():
    code = "import runpy, sys; sys.modules['psutil'] = None; sys.argv = ['', 'doctor']; runpy.run_module('dec_core')"
    code = code.replace("('dec_core')", "('dec_core', run_name='__main__')")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and "error: psutil is not installed for" in done.stderr
    assert ".venv/bin/python" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "place", ["file", pytest.param("/proc/runs", marks=linux), pytest.param("/sys/runs", marks=linux)]
)
def test_a_folder_in_which_nobody_can_keep_runs_is_said_before_a_server_starts(tmp_path, monkeypatch, capsys, place):
    (tmp_path / "file").write_text("in its place")
    root = tmp_path / place  # the second is the whole path where it is one
    monkeypatch.setenv("DEC_RUNS", str(root))
    row = of("runs folder", root)
    assert row.level == "bad" and row.remedy
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free_port = str(probe.getsockname()[1])
    for options in ([], ["--room"]):
        assert main(["serve", "--port", free_port, *options]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.startswith(f"error: runs: {root} cannot be written to: ")
        assert err.endswith("; give this user the right, or set DEC_RUNS\n") and err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "in its place" and list(tmp_path.glob("*")) == [tmp_path / "file"]
