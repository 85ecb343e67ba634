"""python -m benchmarks: its commands, and the commands of dec_core that have moved here."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from dec_core.cli import MOVED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name",
    [
        *MOVED,
        "profile",
        "how-many",
        "peers",
        "inspect",
        "app",
        "redraw",
        "live-umap",
        "pictures",
        "fuzz-uploads",
        "faults",
        "room",
        "lesson",
        "draw",
        "gallery",
    ],
)
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    assert end.value.code == 0
    assert f"python -m benchmarks {name}" in capsys.readouterr().out


def test_help_needs_neither_a_browser_nor_the_app_nor_tensorflow():
    script = """
import sys
sys.modules["playwright"] = sys.modules["streamlit"] = None  # importing them fails
from benchmarks.__main__ import main
try:
    main(["--help"])
finally:
    print("tensorflow" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "False", done.stderr


def test_bad_input_exits_with_2_and_one_line(tmp_path, capsys):
    for arguments, said in [
        (["table", "--presets", "tutorial-dec", "quick"], "expected one of first-look, "),
        (["recipes", "--seeds", "0"], "expected 1 or more"),
        (["inspect", "--out", str(tmp_path)], "expected a finished run"),
        (["lesson", "--lesson", "nothing"], "expected one of tour, pixels, "),
        (["gallery", "--work", str(tmp_path), "nothing"], "expected some of first-look, "),
    ]:
        assert main(arguments) == 2
        error = capsys.readouterr().err
        assert said in error and error.startswith("error: ") and error.count("\n") == 1
