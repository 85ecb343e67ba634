"""`serve`: what it starts and prints, and a room as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from pathlib import Path

import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from dec_core.cli import main, serve
from dec_core.work.room import RoomSettings, limits

ROOT = Path(__file__).parents[1]
PATIENCE = 120.0  # seconds: speed is not what is tested


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Became(Exception):
    """Instead of the server, whose place the process would take."""


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Calls `serve` with options: (command line, environment) of the server that it becomes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEC_RUNS", raising=False)

    def became(program, command, environment):
        raise Became(command, environment)

    monkeypatch.setattr(os, "execve", became)

    def call(*options):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(Became) as end:
            main(["serve", "--port", str(free_port()), *options])
        return end.value.args

    return call


def test_a_desk_is_served_to_this_machine_alone(served, capsys):
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    command, environment = served()
    assert settings["server"]["address"] == "127.0.0.1" and "--server.address=127.0.0.1" in command
    assert environment["DEC_ROOM"] == "0" and "instructor" not in capsys.readouterr().out


def test_a_room_is_served_to_all_and_says_where(served, capsys, tmp_path):
    command, environment = served("--room", "--slots", "2", "--max-minutes", "2.5", "--max-upload", "50")
    assert {"--server.address=0.0.0.0", "--server.maxUploadSize=50"} <= set(command)
    assert [environment[f"DEC_{name}"] for name in ("ROOM", "SLOTS", "MAX_MINUTES")] == ["1", "2", "2.5"]
    assert environment["DEC_RUNS"] == str(tmp_path / "runs") and Path.cwd() == ROOT
    out = capsys.readouterr().out
    assert re.search(r"http://[\w.-]+:\d+/instructor\?token=[\w-]{40,}", out) and "▄" in out
    assert "\n2 runs train at a time; others wait (--slots).\n" in out
    assert not any("token" in part for part in [*command, *environment.values()])
    most = RoomSettings.from_environment(environment).max_memory
    assert most and f"Each run may take up to {most:,.0f} MB of memory (--max-memory)." in out


def test_behind_a_proxy_the_invitation_names_the_proxy(served, capsys):
    command, _ = served("--room", "--public-url", "https://example.org/dec/")
    assert "--server.address=127.0.0.1" in command
    out = capsys.readouterr().out
    assert "https://example.org/dec/instructor?token=" in out and "https://example.org/dec/projector" in out


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://example.org", "https://", "https://example.org:port", "https://a@b", "https://a/?b=1"]
)
def test_a_public_address_that_is_none_is_refused(url, capsys):
    assert main(["serve", "--public-url", url]) == 2
    error = capsys.readouterr().err
    assert url in error and "expected an address like https://example.org/dec" in error


def test_a_cluster_has_as_many_places_as_workers_unless_said_otherwise(served, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    _, environment = served("--room", "--executor", "tls://scheduler:8786")
    room = RoomSettings.from_environment(environment)
    assert (room.executor, room.slots, room.slots_here, room.threads()) == ("tls://scheduler:8786", 0, 0, {})
    _, environment = served("--room", "--executor", "tcp://scheduler:8786", "--slots", "5")
    assert RoomSettings.from_environment(environment).slots == 5


@pytest.mark.parametrize("address", ["scheduler:8786", "http://scheduler:8786", "tcp://"])
def test_an_executor_that_is_no_schedulers_address_is_refused(address, capsys):
    assert main(["serve", "--executor", address]) == 2
    assert f"--executor: received '{address}', expected tcp or tls://HOST:PORT" in capsys.readouterr().err


def test_an_executor_without_the_library_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["serve", "--executor", "tcp://scheduler:8786"]) == 2
    assert "Dask is not installed; pip install 'dec-core[cluster]'" in capsys.readouterr().err


def test_a_host_that_is_named_is_the_address(served, capsys):
    command, _ = served("--room", "--host", "127.0.0.1")
    assert "--server.address=127.0.0.1" in command
    assert set(re.findall(r"http://([\w.]+):", capsys.readouterr().out)) == {"127.0.0.1"}


@pytest.mark.parametrize("option", ["--port", "--slots", "--max-upload"])
def test_what_is_no_number_of_anything_is_refused(option, capsys):
    assert main(["serve", option, "0"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {option}: received 0, expected 1 or more")


@pytest.mark.parametrize("name", limits())
def test_each_limit_has_an_option_that_is_checked_and_that_the_app_reads(served, name, capsys):
    option = f"--{name.replace('_', '-')}"
    _, environment = served("--room", option, "2345")
    assert getattr(RoomSettings.from_environment(environment), name) == 2345
    _, environment = served("--room", option, "0")
    assert getattr(RoomSettings.from_environment(environment), name) == 0
    for wrong in ("-1", "inf", "nan"):
        assert main(["serve", f"{option}={wrong}"]) == 2
        assert capsys.readouterr().err.startswith(f"error: {option}: received {wrong}, expected 0, for none, or ")


def test_a_worker_cannot_be_given_less_memory_than_it_takes_to_begin(capsys):
    assert main(["serve", "--max-memory", "100"]) == 2
    assert "expected 0, for none, or 1500 and more" in capsys.readouterr().err


def test_the_page_lists_every_limit():
    page = (ROOT / "docs" / "room.md").read_text(encoding="utf-8")
    for name, limit in limits().items():
        row = re.search(rf"^\| `--{name.replace('_', '-')} {limit['unit']}` \| .* \| (.*) \|$", page, re.MULTILINE)
        assert row, name
        assert row[1] == limit["in_words"], name


def test_a_port_that_is_taken_is_said_before_a_link_is_printed(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["serve", "--room", "--host", "127.0.0.1", "--port", port]) == 2
    out, err = capsys.readouterr()
    assert out == "" and f"cannot listen at 127.0.0.1:{port}" in err


def test_no_app_no_server(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(serve, "PROJECT", tmp_path)
    assert main(["serve"]) == 2 and "serve from a checkout of the project" in capsys.readouterr().err


# -- a real one


def wait_for(what):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if value := what():
                return value
        time.sleep(0.1)
    raise TimeoutError(f"{what} did not come true")


def opened(opener, url):
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def somebody():
    """A browser with cookies of its own, and those cookies."""
    jar = CookieJar()
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar)), jar


def put_file(port: int, n_bytes: int) -> int:
    """The answer to a file of so many bytes, sent as Streamlit's page does."""
    here = f"127.0.0.1:{port}"
    with connect(
        f"ws://{here}/_stcore/stream", subprotocols=["streamlit"], max_size=None, origin=f"http://{here}"
    ) as socket:
        socket.send(BackMsg(rerun_script={"query_string": ""}).SerializeToString())
        message = ForwardMsg()
        while message.WhichOneof("type") != "new_session":
            message.ParseFromString(socket.recv(timeout=PATIENCE))
        session = message.new_session.initialize.session_id
        http = HTTPConnection(here)
        http.request("GET", "/_stcore/health")
        with http.getresponse() as answer:
            token = re.search(r"_streamlit_xsrf=([^;]+)", answer.getheader("set-cookie"))[1]
            answer.read()
        start = b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.npy"\r\n\r\n'
        headers = {"Content-Type": "multipart/form-data; boundary=X", "X-Xsrftoken": token}
        headers["Cookie"] = f"_streamlit_xsrf={token}"
        address = f"/_stcore/upload_file/{session}/{n_bytes}"
        body = start + bytes(n_bytes) + b"\r\n--X--\r\n"
        headers["Content-Length"] = str(len(body))
        http.request("PUT", address, b"", headers)
        if n_bytes < 10_000:  # what is too large is refused before it comes: who goes on sending may see no answer
            http.send(body)
        return http.getresponse().status


@pytest.mark.slow
def test_a_room_opens_tells_visitors_apart_and_ends_without_orphans(tmp_path):
    port, out = free_port(), tmp_path / "out.txt"
    environment = {**os.environ, "DEC_RUNS": str(tmp_path / "runs"), "DEC_STATIC": str(tmp_path / "static")}
    limits = ["--max-upload", "1", "--max-requests", "3"]
    command = [sys.executable, "-m", "dec_core", "serve", "--room", "--port", str(port), *limits]
    with out.open("w") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        here = f"http://127.0.0.1:{port}"
        wait_for(lambda: opened(somebody()[0], f"{here}/_stcore/health")[0] == 200)
        listening = [each.laddr.ip for each in psutil.Process(process.pid).net_connections() if each.status == "LISTEN"]
        assert listening == ["0.0.0.0"]
        browsers = [somebody() for _ in range(2)]
        assert [opened(browser, here)[0] for browser, _ in browsers] == [200, 200]
        first, second = ([cookie.value for cookie in jar] for _, jar in browsers)
        assert len(first) == len(second) == 1 and first != second
        link = re.search(r"/instructor\?token=[\w-]+", out.read_text(encoding="utf-8"))[0]
        assert opened(browsers[0][0], here + link)[0] == 200
        assert [cookie.value.partition(".")[0] for cookie in browsers[0][1]] == ["instructor"]
        assert opened(browsers[1][0], here + link)[0] == 403
        assert [cookie.value for cookie in browsers[1][1]] == second
        assert [put_file(port, n_bytes) for n_bytes in (1000, 2**21)] == [204, 413]
        assert opened(browsers[1][0], f"{here}/healthz") == (200, b"ok\n")
        flood = [opened(browsers[1][0], f"{here}/news") for _ in range(40)]
        assert {status for status, _ in flood} == {404, 429} and b"Too many requests" in flood[-1][1]
        assert opened(browsers[0][0], f"{here}/news")[0] == 404, "another visitor's is answered"
        status, figures = opened(somebody()[0], f"{here}/metrics")
        assert status == 200 and re.search(rb"\ndec_requests_refused_total [1-9]", figures)
        workers = wait_for(lambda: psutil.Process(process.pid).children(recursive=True))
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        gone, alive = psutil.wait_procs(workers, PATIENCE)
        assert gone and not alive
    finally:
        process.kill()
        process.wait()
