"""A run whose files are damaged: it is one line that says so, other runs stay as they are, and nothing else happens."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from screens import app_over, opened_at

from dec_core.cli import main
from dec_core.config import ConfigError, RunConfig
from dec_core.figures.report import report
from dec_core.reading.config_in import configs_in
from dec_core.reading.live_umap import live_umap
from dec_core.reading.progress import progress
from dec_core.reading.run import Run
from dec_core.reading.summary import summary
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.index import RunIndex, find
from dec_core.runs.marks import marks_of
from dec_core.runs.own_presets import own_presets

pytestmark = pytest.mark.slow

FILES = Path(__file__).parent / "data" / "before" / "files.zip"
RUN, OTHER = "20260101-090000-0a0a", "20260102-090000-0b0b"
JSON = ("config.json", "status.json", "marks.json", "events.jsonl")
ARRAYS = ("snapshots/00005.npz", "snapshots/00001.npz", "umap.npz", "inspection.npz", "umaps.npz",
          "live_umap.npz", "decoder.npz")  # fmt: skip
DEEP = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
VALUES = [None, True, -1, 0, 10**6, 2**63, 10**400, 0.5, 1e308, math.nan, math.inf, "", "x", "snapshots/00001.npz",
          "../../secret", [], {}, [[]], ["x"], {"a": 1}, [1, 2]]  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A folder of two runs of an earlier version, to copy."""
    root = tmp_path_factory.mktemp("sound")
    with zipfile.ZipFile(FILES) as file:
        file.extractall(root)
    for path in (root / "runs").iterdir():
        if path.name not in (RUN, OTHER):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    folder, some = RunFolder(root / "runs" / RUN), np.arange(5)
    n_snapshots = len(RunReader(folder).refresh().snapshots)
    folder.save_arrays("umaps.npz", planes=np.zeros((n_snapshots, 5, 2)), samples=some)
    folder.append({"event": "UmapsReady", "file": "umaps.npz"})
    labels = np.zeros(5, np.uint8)
    folder.save_arrays("live_umap.npz", plane=np.zeros((5, 2)), index=some, labels=labels, iteration=np.array(20))
    run = Run.open(folder)
    assert run.umaps is not None and live_umap(folder, len(run.view)).n == 5
    return root / "runs"


def read_all(root: Path) -> None:
    """Read the damaged run in each way that there is; what is said of it is the documented error, or nothing."""
    entries = RunIndex(root).entries(archived=True)
    assert {entry.id for entry in entries} == {RUN, OTHER}
    (other,) = [entry for entry in entries if entry.id == OTHER]
    assert other.config is not None and other.status.state == "stopped"
    find(entries, "acc>=0.1 x latent_dim=4")
    folder = RunFolder(root / RUN)
    (entry,) = [entry for entry in entries if entry.id == RUN]
    assert (entry.config is None) == bool(entry.problem)
    assert entry.seconds >= 0 and isinstance(entry.values(), dict)
    marks_of(folder), folder.log_tail(), folder.sweep
    history = RunReader(folder).refresh()
    if entry.config is not None:
        progress(entry.status, history, entry.config)
    with contextlib.suppress(ValueError):
        run = Run.open(folder, history)
        assert run.labels.shape[1] == run.n and isinstance(run.added, dict)
        assert run.umaps is None or len(run.umaps["planes"]) == len(run.snapshots)
        live_umap(folder, len(run.view))
        for number in range(len(run.snapshots)):
            with contextlib.suppress(ValueError):
                _look_at(run.at(number))
    with contextlib.suppress(ValueError):
        report([summary(folder)])


def _look_at(now) -> None:
    assert now.spaces() and now.plane("pca").shape == (now.run.n, 2)
    if now.clustered:
        assert now.q.shape == (now.run.n, now.run.config.n_clusters) and now.labels.shape == now.wrong.shape
        assert len(now.rivals.confidence) == len(now.distance) == len(now.last_change) == len(now.labels)


def nodes(value, path=()):
    """Paths to all that can be replaced in a value of JSON."""
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from nodes(part, (*path, key))


def replaced(value, path, new):
    if not path:
        return new
    value[path[0]] = replaced(value[path[0]], path[1:], new)
    return value


def damage_json(data: st.DataObject, path: Path) -> None:
    """Another value somewhere in a file of JSON, or in one of its lines."""
    lines = path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()]
    number = data.draw(st.integers(0, len(lines) - 1))
    value = json.loads(lines[number])
    where = data.draw(st.sampled_from(list(nodes(value))))
    lines[number] = json.dumps(replaced(value, where, data.draw(st.sampled_from(VALUES))))
    path.write_text("\n".join(lines) + "\n")


def damage_arrays(data: st.DataObject, path: Path) -> None:
    """One array of another shape, of another kind, or not there."""
    with np.load(path) as file:
        arrays = dict(file)
    name = data.draw(st.sampled_from(sorted(arrays)))
    changes = [lambda a: a[1:], lambda a: a.astype(float) * np.nan, lambda a: a.astype(str), lambda a: np.zeros(()),
               lambda a: np.stack([a, a]), lambda a: a.astype(np.int64) - 300, lambda a: None]  # fmt: skip
    changed = data.draw(st.sampled_from(changes))(arrays.pop(name))
    np.savez(path, **arrays | ({} if changed is None else {name: changed}))


def damage_bytes(data: st.DataObject, path: Path) -> None:
    """Half of the file, a flipped byte, other content, or no file at all."""
    content = path.read_bytes()
    at = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["cut", "flip", "empty", "deep", "gone", "folder", "circle", "latin"]))
    path.unlink()
    if kind == "folder":
        path.mkdir()
    elif kind == "circle":
        path.symlink_to(path)
    elif kind != "gone":
        flipped = content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]
        made = {"cut": content[:at], "flip": flipped, "empty": b"", "deep": DEEP + b"\n", "latin": b"\xe9\xff\n"}
        path.write_bytes(made[kind])


@settings(max_examples=60)
@given(st.data())
def test_whatever_is_damaged_one_run_is_hurt_and_nobody_else(sound, tmp_path_factory, data):
    root = tmp_path_factory.mktemp("damaged") / "runs"
    shutil.copytree(sound, root)
    name = data.draw(st.sampled_from([*JSON, *ARRAYS]))
    ways = [damage_bytes, damage_json if name in JSON else damage_arrays]
    path = root / RUN / name
    data.draw(st.sampled_from(ways))(data, path)
    if not (name == "config.json" and not path.exists() and not path.is_symlink()):  # without one it is no run
        read_all(root)
    shutil.rmtree(root.parent)


@pytest.mark.parametrize("name", ["status.json", "config.json", "marks.json", "events.jsonl", "sweep.json"])
@pytest.mark.parametrize("content", [DEEP, b"[" * 10_000, b"1" * 5000, b'{"cls": 1, "self": 2}', b'"\\ud800"'],
                         ids=["deep", "lists", "number", "names", "half a letter"])  # fmt: skip
def test_json_of_any_depth_and_size_is_damaged_and_no_more(sound, tmp_path, name, content):
    shutil.copytree(sound, tmp_path / "runs")
    (tmp_path / "runs" / RUN / name).write_bytes(content + b"\n")
    read_all(tmp_path / "runs")


@pytest.mark.parametrize(
    "values",
    [{"created": "x"}, {"created": math.nan}, {"created": 1e300}, {"pid": "abc"}, {"pid": 10**30},
     {"state": "sleeping"}, {"seconds": {"pretraining": "long"}}, {"outcome": [1]}, {"phase": 7},
     {"updated": None}, {"message": 5}],
    ids=str,
)  # fmt: skip
def test_a_status_of_wrong_types_is_damaged(sound, tmp_path, values):
    shutil.copytree(sound, tmp_path / "runs")
    path = tmp_path / "runs" / RUN / "status.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values | {"state": values.get("state", "running")}))
    status = RunFolder(path.parent).status
    assert "damaged" in status.message and status.state == "finished"  # as its records say
    read_all(tmp_path / "runs")


def test_scores_that_are_no_number_are_none_and_the_status_is_read(sound, tmp_path):
    shutil.copytree(sound, tmp_path / "runs")
    path = tmp_path / "runs" / RUN / "status.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"outcome": {"acc": 0.5, "silhouette": math.nan}}))
    assert RunFolder(path.parent).status.outcome == {"acc": 0.5} and not RunFolder(path.parent).status.message


@pytest.mark.parametrize(
    "content",
    [DEEP, b"[" * 100_000, b'{"latent_dim": ' + b"9" * 5000 + b"}", b'{"latent_dim": ' + b"9" * 4000 + b"}",
     b'{"hidden_units": ' + b"[" * 150 + b"]" * 150 + b"}", b'{"cls": 1}', b'{"self": 1, "latent_dim": 2}'],
    ids=["deep", "lists", "no number", "large number", "nested", "cls", "self"],
)  # fmt: skip
def test_configs_reports_and_notebooks_of_any_depth_are_refused_in_words(content):
    cell = json.dumps({"cells": [{"cell_type": "code", "source": "RunConfig.make(" + "(" * 5000 + ")" * 5000 + ")"}]})
    sum_ = json.dumps(
        {"cells": [{"cell_type": "code", "source": f"RunConfig.make(latent_dim={'+'.join('1' * 9000)})"}]}
    )
    page = b'<script type="application/json" id="dec-config">' + content + b"</script>"
    for text in (content, page, b'{"cells": ' + content + b"}", cell.encode(), sum_.encode()):
        with pytest.raises(ConfigError):
            configs_in("some.file", text)
    with pytest.raises(ConfigError):
        RunConfig.from_json(content.decode())


def test_presets_of_any_kind_are_left_out(tmp_path):
    kept = {"good": {"latent_dim": 3}, "cls": {"cls": 1}, "list": [1], "Bad name\n": {}, "none": None}
    (tmp_path / "presets.json").write_text(json.dumps(kept))
    assert list(own_presets(tmp_path)) == ["good"]
    (tmp_path / "presets.json").write_bytes(DEEP)
    assert own_presets(tmp_path) == {}


# -- on the command line


BROKEN = {
    "config.json": [DEEP, b"", b"[]", b"\xff"],
    "events.jsonl": [DEEP + b"\n", b"\xff\n", b'{"event": "SnapshotTaken", "file": 3}\n'],
    "snapshots/00005.npz": [b"", b"PK\x03\x04"],
    "status.json": [DEEP, b'{"state": "finished", "created": "x"}'],
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("command", ["html", "notebook", "tensorboard", "figures", "predict", "resume"])
def test_commands_on_a_damaged_run_end_in_one_line(sound, tmp_path, capsys, name, command):
    run, out = tmp_path / "runs" / RUN, tmp_path / "out"
    np.save(tmp_path / "x.npy", np.zeros((3, 8, 8), np.uint8))
    commands = {"figures": ["figures", str(run), "--out", str(out)], "resume": ["resume", str(run)],
                "predict": ["predict", str(run), str(tmp_path / "x.npy")]}  # fmt: skip
    arguments = commands.get(command, ["export", str(run), "--to", command, "--out", str(out)])
    for content in BROKEN[name]:
        shutil.rmtree(tmp_path / "runs", ignore_errors=True)
        shutil.copytree(sound, tmp_path / "runs")
        (run / name).write_bytes(content)
        code, said = main(arguments), capsys.readouterr().err.strip()
        assert code in (0, 2), said
        if name == "config.json":
            wanted = "error: run_dir" if command == "resume" else "error: config"  # it has ended, whatever it was
            assert code == 2 and said.splitlines()[-1].startswith(wanted) and "Traceback" not in said


# -- on the screens


@pytest.mark.parametrize(
    ("name", "content"),
    [("config.json", DEEP), ("status.json", b'{"state": "running", "created": "x", "pid": "abc"}'),
     ("snapshots/00005.npz", b""), ("events.jsonl", DEEP + b"\n"), ("inspection.npz", b"PK"), ("decoder.npz", b"")],
)  # fmt: skip
def test_every_screen_stands_with_a_damaged_run_in_the_folder(sound, tmp_path, name, content):
    root = tmp_path / "runs"
    shutil.copytree(sound, root)
    (root / RUN / name).write_bytes(content)
    with app_over(root):
        for page, query in (
            ("train", {"run": OTHER}), ("train", {"run": RUN}), ("inspect", {"run": RUN}),
            ("inspect", {"run": OTHER, "pin": RUN, "versus": "differ"}), ("compare", {"runs": f"{OTHER},{RUN}"}),
            ("sweep", {"run": RUN}),
        ):  # fmt: skip
            at = opened_at(page, **query)
            assert not at.exception, (page, query, at.exception)
            assert any(RUN in text or "the first" in text for box in at.selectbox for text in box.options)
            if name == "config.json":
                options = [text for box in at.selectbox for text in box.options if "cannot be read" in text]
                assert len(options) == 1


def test_compare_shows_the_newest_snapshot_that_can_be_read(sound, tmp_path):
    root = tmp_path / "runs"
    shutil.copytree(sound, root)
    (root / RUN / ARRAYS[0]).write_bytes(b"")
    with app_over(root):
        at = opened_at("compare", runs=f"{RUN},{OTHER}")
        assert not at.exception and not at.error
