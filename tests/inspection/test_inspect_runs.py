"""Inspect without a browser: which run is shown, and what is said where there is none."""

import numpy as np
import pytest
from inspect_screen import inspect, is_whole, link, said, shown, there
from screens import MAIN, PATIENCE
from streamlit.testing.v1 import AppTest

pytestmark = pytest.mark.slow


def test_without_a_run_the_page_says_what_will_be_there(app):
    at = inspect("new")
    words = " ".join(item.value for item in at.markdown)
    assert not at.exception and not at.warning and words.count("Train a run or pick one above") == 1
    assert all(question in words for question in ("Which digits are mixed up?", "Where do they lie?", "Which ones?"))
    assert not there(at, "matrix") and not there(at, "gallery")


def test_without_a_run_a_recording_can_be_looked_at(learn_root):
    at = inspect("new").button(key="look_at_recording").click().run()
    assert not at.exception and at.query_params["run"] == "gallery-first-look" and there(at, "matrix")


@pytest.mark.parametrize("name", ["nothing", "../../etc", "x" * 300])
def test_a_run_that_is_not_there_is_said(app, name):
    at = inspect(name)
    assert not at.exception and "There is no run" in said(at)[0]


def test_a_run_opens_with_all_that_belongs_to_it(app, runs, now):
    at = inspect(runs.run)
    is_whole(at, now)
    assert link(at) == {} and at.query_params["run"] == runs.run.folder.id and not at.warning
    cells = shown(at, "matrix")
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (now.run.y, np.array(now.run.cluster_order)[now.labels]), 1)
    assert np.array_equal(cells["counts"], expected)
    assert cells["rows"] == list("0123456789") and [c["name"] for c in cells["columns"]] == list("ABCDEFGHIJ")
    assert sum(expected[i, j] for j, i in enumerate(cells["class_of"])) == (~now.wrong).sum()
    tiles = [sample["index"] for group in shown(at, "gallery")["groups"] for sample in group["samples"]]
    assert tiles == now.select(order="wrong")[:60].tolist()
    line = shown(at, "timeline")
    assert (line["number"], len(line["moments"]), line["following"]) == (5, 6, True)
    assert f"step 60 · ACC {100 * np.mean(~now.wrong):.1f} %" in line["moments"][5]["words"]
    sizes = np.bincount(runs.run.cluster_order[now.labels], minlength=10)
    assert shown(at, "centers")["sizes"] == [None, None, *(shown(at, "centers")["sizes"][2:])]
    assert shown(at, "centers")["sizes"][5] == sizes.tolist() == expected.sum(axis=0).tolist()
    flows = now.came_from(2)
    np.fill_diagonal(flows, 0)
    assert shown(at, "flows")["flows"][0]["n"] == shown(at, "flows")["most"] == flows.max()


def test_the_first_screen_points_at_earlier_runs(app, runs):
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.query_params["run"] = "new"
    assert any("Earlier runs are in the list above" in item.value for item in at.run().markdown)


def test_between_the_screens_the_run_stays_in_focus(app, runs, now):
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.query_params["run"] = runs.other.folder.id
    at.run()
    assert any(item.label == "Start" for item in at.button)
    for page in ("inspect", "train", "inspect"):
        at.query_params.clear()  # as the browser does
        at.switch_page(f"{page}/{page}.py").run()
        assert not at.exception and at.query_params["run"] == runs.other.folder.id
        assert any(item.label == "Start" for item in at.button) == (page == "train")
    is_whole(at, runs.other.at(-1))


def test_another_run_is_picked_without_the_filters_of_the_one_before(app, runs, now):
    at = inspect(runs.run, true="9", moment="3", sample="7")
    (picker,) = [item for item in at.selectbox if item.label == "Run in focus"]
    picker.set_value(runs.other.folder.id).run()
    assert at.query_params == {"run": runs.other.folder.id}
    is_whole(at, runs.other.at(-1))
