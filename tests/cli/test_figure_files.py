"""python -m dec_core model and figures: what they write, print and refuse."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from dec_core.cli import figure_files, main
from dec_core.runs.folder import RunFolder

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SIGNATURES = {".svg": b"<?xml", ".png": b"\x89PNG", ".pdf": b"%PDF"}


@pytest.fixture(scope="module")
def own_run(finished_run, tmp_path_factory):
    """A copy of the finished run, to write into."""
    copy = tmp_path_factory.mktemp("copies") / "run"
    shutil.copytree(finished_run.path, copy)
    return RunFolder(copy)


def test_a_model_is_drawn_without_tensorflow(tmp_path):
    out = tmp_path / "new" / "model.svg"
    script = (
        "import sys; from dec_core.cli import main; code = main(sys.argv[1:]); "
        "print('tensorflow' in sys.modules, 'keras' in sys.modules, 'matplotlib.pyplot' in sys.modules, code)"
    )
    command = [sys.executable, "-c", script, "model", "first-look", "--out", out]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=True)
    *table, path, modules = done.stdout.splitlines()
    assert modules == "False False False 0" and path == str(out)
    assert table[0].split() == ["part", "layer", "kind", "output", "shape", "parameters"]
    assert table[-2].split(maxsplit=1) == ["autoencoder", "2 308 794"] and table[-1].endswith("2 308 894")
    assert len({len(line) for line in table}) == 1
    assert out.read_bytes().startswith(SIGNATURES[".svg"])


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".PNG"])
def test_the_suffix_decides_the_format(tmp_path, suffix, capsys):
    out = tmp_path / f"model{suffix}"
    arguments = ["--data", "digits", "--set", "latent_dim=3", "--set", "method=joint", "--out", str(out)]
    assert main(["model", "first-look", *arguments]) == 0
    assert out.read_bytes().startswith(SIGNATURES[suffix.lower()])
    last = capsys.readouterr().out.splitlines()[-4]
    assert last.split() == ["clustering", "clustering", "ClusteringLayer", "10", "30"]


def test_a_run_becomes_figures(own_run, capsys):
    assert main(["figures", str(own_run.path)]) == 0
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    names = ["confusion.png", "confusion.svg", "reconstructions.png", "model.svg", "curves.png"]
    assert [path.name for path in paths] == names and {path.parent for path in paths} == {own_run.path / "figures"}
    for path in paths:
        assert path.read_bytes().startswith(SIGNATURES[path.suffix])
        if path.suffix == ".png":
            assert min(Image.open(path).size) > 300


def test_figures_are_of_the_newest_clusters_that_can_be_read(finished_run, tmp_path, capsys):
    copy = RunFolder(shutil.copytree(finished_run.path, tmp_path / "run"))
    files = sorted((copy.path / "snapshots").iterdir())
    files[-1].write_bytes(b"PK")
    assert main(["figures", str(copy.path)]) == 0
    assert "1 newer snapshot cannot be read" in capsys.readouterr().err
    for path in files:
        path.write_bytes(b"PK")
    assert main(["figures", str(copy.path)]) == 2
    assert "its snapshots are damaged; train it again" in capsys.readouterr().err


def test_without_labels_there_is_no_heatmap(own_run, tmp_path, monkeypatch, capsys):
    load = figure_files.load
    monkeypatch.setattr(figure_files, "load", lambda *args, **options: replace(load(*args, **options), y=None))
    assert main(["figures", str(own_run.path), "--out", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "No labels, so no confusion heatmap."
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"reconstructions.png", "model.svg", "curves.png"}


def test_bad_input_exits_with_2_and_one_line(tmp_path, small, capsys):
    begun = RunFolder.create(tmp_path, small)
    (tmp_path / "file").write_text("")
    for arguments, said in [
        (["model", "first-look", "--out", str(tmp_path / "model.jpg")], "ends in .svg, .png, .pdf"),
        (["model", "first-look", "--out", str(tmp_path / "file" / "model.svg")], "cannot be written"),
        (["model", "first-lok"], "expected one of first-look, "),
        (["figures", str(tmp_path)], "with a config.json in it"),
        (["figures", str(begun.path)], "no clusters yet"),
    ]:
        assert main(arguments) == 2
        printed = capsys.readouterr()
        assert said in printed.err and printed.err.startswith("error: ") and printed.err.count("\n") == 1
        assert printed.out == ""
