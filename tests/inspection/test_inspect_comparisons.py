"""Inspect without a browser: a second moment, a second run, and runs without labels."""

import re

import numpy as np
import pytest
from inspect_screen import chooses, headline, inspect, is_whole, link, n_bright, named, said, shown, tell, there, widget

from dec_core.analysis.verdict import thousands
from dec_core.reading.selection import VERSUS, Selection

pytestmark = pytest.mark.slow


def test_a_moment_is_pinned_and_compared_with(app, runs, now):
    at = inspect(runs.run, moment="2")
    at.button(key="pin").click().run()
    pin = f"{runs.run.folder.id}@2"
    assert link(at) == {"moment": "2", "pin": pin}
    tell(at, "timeline", "moment", 5)
    beside = runs.run.at(2)
    counts = [[(~now.wrong & ~beside.wrong).sum(), (~now.wrong & beside.wrong).sum()],
              [(now.wrong & ~beside.wrong).sum(), (now.wrong & beside.wrong).sum()]]  # fmt: skip
    assert shown(at, "versus")["counts"] == np.array(counts).tolist()
    assert any(item.value == "“There” is this run, at step 0." for item in at.caption)
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (runs.run.y, runs.run.cluster_order[beside.labels]), 1)
    assert np.array_equal(shown(at, "matrix_there")["counts"], expected)
    for (row, column), versus in {(0, 0): "both", (0, 1): "here", (1, 0): "there", (1, 1): "neither"}.items():
        tell(at, "versus", "cell", {"row": row, "column": column})
        assert not at.exception and link(at) == {"pin": pin, "versus": versus}
        assert n_bright(at) == counts[row][column] == len(now.select(versus=versus, other=beside))
        assert headline(at).startswith(f"**{thousands(counts[row][column])} digit")
        assert shown(at, "versus")["chosen"] == {"row": row, "column": column}
    tell(at, "versus", "cell", {"row": -1, "column": -1})
    assert link(at) == {"pin": pin}
    is_whole(at, now)


@pytest.mark.parametrize("versus", ["both", "here", "there", "neither", "agree", "differ"])
def test_the_headline_tells_a_comparison(app, runs, now, versus):
    at = inspect(runs.run, pin=f"{runs.run.folder.id}@2", versus=versus)
    assert not at.warning and VERSUS[versus] in headline(at)
    named(at, "Clear filters").click().run()
    is_whole(at, now)


def test_another_run_on_the_same_data_is_compared_with(app, runs, now):
    at = inspect(runs.run, side="wrong")
    assert runs.other.folder.id not in widget(at, "selectbox", "pin_of").options  # options are titles
    widget(at, "selectbox", "pin_of").set_value(runs.other.folder.id).run()
    beside = runs.other.at(-1)
    assert link(at) == {"side": "wrong", "pin": runs.other.folder.id} and not at.warning
    assert shown(at, "versus")["counts"][0][1] == (~now.wrong & beside.wrong).sum()
    tell(at, "versus", "cell", {"row": 1, "column": 0})
    assert n_bright(at) == (now.wrong & ~beside.wrong).sum()
    assert n_bright(at) == len(now.select(side="wrong", versus="there", other=beside))
    widget(at, "selectbox", "pin_of").set_value("").run()
    chooses(at, now, Selection(side="wrong"))
    assert not there(at, "versus")


def test_only_runs_on_the_same_data_are_offered(app, runs):
    assert len(widget(inspect(runs.run), "selectbox", "pin_of").options) == 2  # none, and the other one
    assert len(widget(inspect(runs.unlabelled), "selectbox", "pin_of").options) == 1


def test_without_labels_clusters_are_laid_against_their_neighbours(app, runs):
    run, now = runs.unlabelled, runs.unlabelled.at(-1)
    at = inspect(run)
    is_whole(at, now)
    keys = {re.sub(r"_\d+$", "", item.key) for item in at.selectbox}
    assert not keys & {"filter_true", "filter_side"} and {"filter_cluster", "filter_second"} <= keys
    assert widget(at, "selectbox", "show_colour").options == ["cluster", "confidence", "last change"]
    assert "most confident errors first" not in widget(at, "selectbox", "show_order").options
    cells = shown(at, "matrix")
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (now.labels, now.rivals.second), 1)
    assert np.array_equal(cells["counts"], expected) and cells["titles"]["columns"] == "second nearest"
    tiles = [s["index"] for s in shown(at, "gallery")["groups"][0]["samples"]]
    assert tiles == now.select(order="uncertain")[:60].tolist()
    row, column = np.unravel_index(expected.argmax(), expected.shape)
    tell(at, "matrix", "cell", {"row": int(row), "column": int(column)})
    filters = {"cluster": run.letters[row], "second": run.letters[column]}
    assert chooses(at, now, Selection(**filters)) == expected.max()
    widget(at, "selectbox", "filter_second").set_value("any").run()
    chooses(at, now, Selection(cluster=run.letters[row]))


def test_without_labels_two_moments_agree_or_differ(app, runs):
    run, now, beside = runs.unlabelled, runs.unlabelled.at(-1), runs.unlabelled.at(runs.unlabelled.clustered[0])
    at = inspect(run, pin=f"{run.folder.id}@{beside.number}")
    same = now.agrees_with(beside)
    assert not at.exception and shown(at, "versus")["counts"] == [[same.sum(), (~same).sum()]]
    tell(at, "versus", "cell", {"row": 0, "column": 1})
    assert link(at)["versus"] == "differ" and n_bright(at) == (~same).sum()
    at = inspect(run, pin=f"{run.folder.id}@{beside.number}", versus="here")
    assert "Versus: received 'here', but labels are not known" in said(at)[0] and "versus" not in link(at)


@pytest.mark.parametrize(
    ("name", "value"), [("true", "3"), ("side", "wrong"), ("colour", "wrong"), ("order", "wrong"), ("group", "digit")]
)
def test_without_labels_what_needs_them_is_said_and_dropped(app, runs, name, value):
    at = inspect(runs.unlabelled, **{name: value})
    assert not at.exception and "labels are not known" in said(at)[0] and link(at) == {}
    at.run()
    is_whole(at, runs.unlabelled.at(-1))


def test_classes_of_ones_own_go_by_their_names(app, runs):
    now = runs.labelled.at(-1)
    at = inspect(runs.labelled, true="c")
    chooses(at, now, Selection(true="c"))
    assert widget(at, "selectbox", "filter_true").options == ["any", *"abcdefghij"]
    assert any("Which classes are mixed up?" in item.value for item in at.markdown)
