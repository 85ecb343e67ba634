"""The screen Compare without a browser: choosing, naming, repeating, changing one thing; what a link says."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from screens import NoWorkers, app_over, opened_at

from dec_core.figures.comparison import ONE_SEED
from dec_core.figures.overlay import overlay
from dec_core.reading.alignment import Aligned
from dec_core.reading.comparison import MOST_COMPARED, differing, setups
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.index import RunIndex
from dec_core.runs.marks import REMOVED, marks_of, remove
from dec_core.runs.status import this_process
from pages.compare import archive, chips, choosing, report, scores, side_by_side
from pages.compare.state import Comparison
from pages.shared import news

pytestmark = pytest.mark.slow

ACC = (0.5, 0.6, 0.7)


@pytest.fixture
def runs(tmp_path, finished_run):
    """Three finished runs: two that differ in their seed alone, one with another tolerance; and the app over them."""
    root, made = tmp_path / "runs", []
    for number, changes in enumerate(({}, {"random_state": 1}, {"tol": 0.01})):
        folder = RunFolder(root / f"20260101-00000{number}-abcd")
        shutil.copytree(finished_run.path, folder.path)
        config = finished_run.config.changed(**changes)
        folder.write(folder.path / "config.json", lambda file, config=config: file.write(config.to_json().encode()))
        folder.set_status(replace(folder.status, outcome={"acc": ACC[number], "nmi": 0.5, "ari": 0.4}))
        made.append(folder)
    with app_over(root):
        yield made


def compare(*runs, **query):
    at = opened_at("compare", **({"runs": ",".join(run.id for run in runs)} if runs else {}), **query)
    assert not at.exception
    return at


def table(at) -> str:
    """The table of fields and scores, without its marks."""
    (found,) = [element.value for element in at.get("html") if 'class="compared"' in element.value]
    return found


def menu(at, run):
    """Open the menu of a run's chip."""
    at.session_state[f"menu_{run.id}"] = True
    return at.run()


def press(at, start):
    (found,) = [item for item in at.button if item.key and item.key.startswith(start)]
    return found.click().run()


def test_a_link_shows_only_what_differs_with_scores_beside_the_reference(runs):
    at = compare(runs[0], runs[2], seeds="apart")
    shown_table = table(at)
    assert "Tolerance" in shown_table and "0.01" in shown_table
    assert "Latent dimension" not in shown_table
    assert (
        "50.00 %" in shown_table
        and "70.00 %" in shown_table
        and "▲ 20.00 points" in shown_table
        and "One seed each: it may be chance." in shown_table
    )
    assert ONE_SEED in [caption.value for caption in at.caption]
    assert at.query_params["runs"] == f"{runs[0].id},{runs[2].id}"


def test_only_of_runs_that_train_it_asks_for_news(runs, monkeypatch):
    asked = []
    monkeypatch.setattr(news, "_news", lambda **told: asked.append(told["data"]))
    compare(runs[0], runs[2], seeds="apart")
    assert not asked
    for run, state in ((runs[0], "queued"), (runs[2], "running")):
        run.set_status(replace(run.status, state=state, **this_process()))
    compare(*runs, seeds="apart")
    (data,) = asked
    assert data["stamps"] == news.seen(news.RUN, runs[2].id, runs[0].id).stamps


def test_curves_are_drawn_anew_only_where_there_is_another_record(runs, monkeypatch):
    drawn = []
    monkeypatch.setattr(scores, "overlay", lambda *told: drawn.append(told) or overlay(*told))
    at = compare(runs[0], runs[2], seeds="apart")
    at.run()
    assert len(drawn) == 1
    runs[2].append(
        {
            "event": "PretrainProgress",
            "epoch": 1,
            "n_epochs": 2,
            "batch": 1,
            "n_batches": 2,
            "loss": 0.1,
            "seconds": 1.0,
        }
    )
    at.run()
    assert len(drawn) == 2


def test_the_reference_can_be_another(runs):
    at = compare(runs[0], runs[2], seeds="apart")
    press(menu(at, runs[2]), "use_as_reference")
    assert at.query_params["reference"] == runs[2].id
    assert "▼ 20.00 points" in table(at)


def test_seeds_stand_together_with_mean_and_range(runs):
    shown_table = table(compare(runs[0], runs[2]))
    assert "55.00 %" in shown_table and "2 seeds: 50.00 – 60.00 %" in shown_table
    assert "▲ 15.00 points" in shown_table and "One seed against several" in shown_table


def test_two_chosen_seeds_stand_apart_unless_asked_otherwise(runs):
    at = compare(runs[0], runs[1])
    assert "50.00 %" in table(at) and "60.00 %" in table(at)
    (toggle,) = [item for item in at.toggle if item.label == "Combine seeds"]
    assert not toggle.value
    toggle.set_value(True).run()
    assert at.query_params["seeds"] == "together" and "55.00 %" in table(at)


def test_without_a_link_there_is_something_to_compare_at_once(runs):
    at = compare()
    assert at.query_params["runs"].split(",")[0] == runs[2].id


def test_an_empty_folder_says_what_to_do(tmp_path):
    with app_over(tmp_path / "nothing"):
        at = compare()
        assert any("Start one on Train" in item.value for item in at.caption)
        assert any("Choose two or more runs" in item.value for item in at.markdown)


def test_what_a_link_gets_wrong_is_said_and_the_rest_is_shown(runs):
    at = compare(runs[0], by="weight", smooth="much", score="acc")
    said = " ".join(item.value for item in at.warning)
    assert "'weight'" in said and "'much'" in said
    at = compare(runs[0], runs[1].__class__(runs[1].path.with_name("gone")))
    assert any("no run 'gone'" in item.value for item in at.warning) and "55.00 %" in table(at)


def test_a_run_is_named_noted_and_starred(runs):
    at = menu(compare(runs[0], runs[2]), runs[2])
    at.text_input(key=f"name_{runs[2].id}").set_value("the <b>loose</b> one").run()
    menu(at, runs[2])
    at.text_area(key=f"note_{runs[2].id}").set_value("Stops early.").run()
    press(menu(at, runs[2]), "star_")
    assert marks_of(runs[2]).name == "the <b>loose</b> one" and marks_of(runs[2]).star
    assert marks_of(runs[2]).note == "Stops early."
    assert "the &lt;b&gt;loose&lt;/b&gt; one" in table(at) and "<b>loose" not in table(at)


def test_a_deleted_run_comes_back_with_undo(runs):
    at = compare(runs[0], runs[2], seeds="apart")
    press(menu(at, runs[2]), "delete_")
    assert not runs[2].path.exists() and at.query_params["runs"] == runs[0].id
    press(at, "undo")
    assert runs[2].path.exists() and at.query_params["runs"] == f"{runs[0].id},{runs[2].id}"
    assert not list((runs[2].path.parent / REMOVED).iterdir())


def said(at) -> str:
    """All toasts, in which no path of the server stands."""
    text = " ".join(toast.value for toast in at.toast)
    assert not at.exception and "/" not in text and "Errno" not in text
    return text


def test_a_second_click_on_delete_leaves_undo_as_it_was(runs, monkeypatch):
    once = archive.remove_all
    monkeypatch.setattr(
        archive, "remove_all", lambda *args: [once(*args), once(*args)]
    )  # before anything is drawn anew
    at = menu(compare(runs[0], runs[2], seeds="apart"), runs[2])
    press(at, "delete_")
    assert "Already deleted" in said(at) and not runs[2].path.exists()
    press(at, "undo")
    assert not said(at) and runs[2].path.exists()
    assert at.query_params["runs"] == f"{runs[0].id},{runs[2].id}"


def test_what_cannot_be_brought_back_is_said_without_a_path_of_the_server(runs):
    at = compare(runs[0], runs[2], seeds="apart")
    press(menu(at, runs[2]), "delete_")
    runs[2].path.mkdir()
    (runs[2].path / "file").write_text("in the way")
    press(at, "undo")
    assert "could not be written" in said(at)


def test_archiving_what_is_gone_reports_no_success(runs):
    at = menu(compare(runs[0], runs[2], seeds="apart"), runs[2])
    shutil.rmtree(runs[2].path)
    press(at, "archive_")
    assert "Already deleted" in said(at)
    assert not [item for item in at.button if item.key == "undo"]


def test_a_double_click_trains_each_missing_seed_once(runs, monkeypatch):
    once = chips._train
    monkeypatch.setattr(chips, "_train", lambda *told: [once(*told), once(*told)])  # before anything is drawn anew
    at = menu(compare(runs[2]), runs[2])
    press(at, "repeat_")
    assert not at.exception
    seeds = [config.random_state for config in NoWorkers.started]
    assert seeds and len(set(seeds)) == len(seeds) and runs[2].config.random_state not in seeds


def test_repeat_trains_the_seeds_that_are_missing(runs):
    at = menu(compare(runs[2], runs[0]), runs[2])
    at.number_input(key=f"seeds_{runs[2].id}").set_value(4)
    at.run()
    press(menu(at, runs[2]), "repeat_")
    assert [config.random_state for config in NoWorkers.started] == [1, 2, 3]
    assert {config.tol for config in NoWorkers.started} == {0.01}
    assert "3 in progress" in table(at)


def test_change_one_thing_fills_the_form_and_shows_both_after_start(runs):
    at = compare(runs[2], runs[0])
    press(menu(at, runs[2]), "change_one_thing")
    assert at.session_state["compare_with"] == runs[2].id and at.session_state["tol"] == 0.01
    at.switch_page("train/train.py")  # as the browser is by now
    at.number_input(key="latent_dim").set_value(3).run()
    press(at, "start")
    (started,) = NoWorkers.started
    assert differing([started, runs[2].config]) == ["latent_dim"] and started.latent_dim == 3
    first, second = at.query_params["runs"].split(",")
    assert first == runs[2].id and RunFolder(runs[2].path.with_name(second)).config == started
    assert "Latent dimension" in table(at)


def test_a_cell_chosen_by_link_is_chosen_in_all(runs):
    at = compare(runs[0], runs[2], true="3", cluster="D", seeds="apart")
    assert any(item.label == "class 3, in cluster D" for item in at.button)
    chosen = [item.value for item in at.caption if item.value.endswith(" selected")]
    assert len(chosen) == 2 and chosen[0] == chosen[1]  # the two are the same run with another config
    press(at, "clear_chosen")
    assert "true" not in at.query_params


def test_sides_share_names_and_samples(runs):
    ids = [runs[0].id, runs[2].id]
    one, other = side_by_side.sides(ids, ids[0])
    assert one.letters == other.letters and (one.cluster_order == other.cluster_order).all()
    assert other.plane("pca") == pytest.approx(one.plane("pca") - one.plane("pca").mean(axis=0), abs=1e-3)
    corners = "-1000,-1000,1000,-1000,1000,1000,-1000,1000"
    everything = side_by_side.masks([one, other], Comparison(lasso=f"{ids[0]}:{corners}", space="pca"))
    assert all(mask.all() for mask in everything)
    nobody = side_by_side.masks([one, other], Comparison(true="no such class"))
    assert not any(mask.any() for mask in nobody)
    assert side_by_side.masks([one, other], Comparison()) == [None, None]


def test_a_damaged_newest_snapshot_leaves_the_comparison_whole(runs):
    newest = [record["file"] for record in runs[2].records()[0] if record["event"] == "SnapshotTaken"][-1]
    whole = (runs[2].path / newest).read_bytes()
    for damage in (whole[: len(whole) // 2], b""):
        (runs[2].path / newest).write_bytes(damage)
        at = compare(runs[0], runs[2], seeds="apart")
        assert (
            not at.exception and len([item for item in at.caption if "latest snapshot is damaged" in item.value]) == 1
        )
    one, other = side_by_side.sides([runs[0].id, runs[2].id], runs[0].id)
    assert other.snapshot.number == one.snapshot.number - 1


def test_a_lasso_on_one_data_set_encloses_nothing_of_another(runs):
    one, other = side_by_side.sides([runs[0].id, runs[2].id], runs[0].id)
    foreign = replace(other.run, config=other.run.config.changed(dataset="mnist", n_samples=len(other.run.y)))
    other = Aligned(foreign.at(-1), one)
    everything = "-1000,-1000,1000,-1000,1000,1000,-1000,1000"
    inside, elsewhere = side_by_side.masks([one, other], Comparison(lasso=f"{runs[0].id}:{everything}", space="pca"))
    assert inside.all() and not elsewhere.any()


def test_a_cluster_that_was_renamed_keeps_its_name_beside_the_reference(runs, finished_run):
    history = finished_run.records()[0]
    last = [record["file"] for record in history if record["event"] == "SnapshotTaken"][-1]
    arrays = runs[2].load_arrays(last)
    k = finished_run.config.n_clusters
    turned = (arrays["labels"].astype(int) + 1) % k
    runs[2].save_arrays(last, **(arrays | {"labels": turned.astype(np.uint8)}))
    one, other = side_by_side.sides([runs[0].id, runs[2].id], runs[0].id)
    assert (other.cluster_order[turned] == one.cluster_order[arrays["labels"]]).all()


@given(
    st.dictionaries(st.sampled_from(["runs", "by", "smooth", "score", "seeds", "true", "lasso"]), st.text(max_size=30))
)
def test_any_link_is_understood_as_far_as_it_can_be(query):
    seen, problems = Comparison.from_query(query)
    assert all(isinstance(problem, str) for problem in problems)
    again, left = Comparison.from_query(seen.to_query())
    assert again == seen and not left


def test_more_runs_than_fit_are_cut_and_said():
    seen, problems = Comparison.from_query({"runs": ",".join(map(str, range(12)))})
    assert len(seen.runs) == MOST_COMPARED and len(problems) == 1


def test_archived_runs_leave_the_table_but_not_the_folder(runs):
    at = compare(runs[0], runs[2])
    press(menu(at, runs[2]), "archive_")
    assert marks_of(runs[2]).archived and len(list_runs(runs[2].path.parent)) == 3


def open_at(*keys, **query):
    """The screen with these menus open."""
    at = compare(**query)
    for key in keys:
        at.session_state[key] = True
    at.run()
    assert not at.exception
    return at


def test_all_that_a_search_finds_is_deleted_at_once_and_comes_back(runs):
    ids = [run.id for run in runs]
    at = open_at("choose_runs", runs=f"{ids[0]},{ids[2]}")
    assert not [item for item in at.button if item.key == "all_delete"]
    at.text_input(key="find_runs").set_value("acc<0.65").run()
    at.session_state["found_runs"] = True
    press(at.run(), "all_delete")
    assert [run.path.exists() for run in runs] == [False, False, True] and at.query_params["runs"] == ids[2]
    assert any(item.value == "2 runs were deleted." for item in at.markdown)
    press(at, "undo")
    assert all(run.path.exists() for run in runs) and at.query_params["runs"] == f"{ids[0]},{ids[2]}"


def test_all_that_a_search_finds_is_archived_and_starred(runs):
    at = open_at("choose_runs", runs=runs[2].id)
    at.text_input(key="find_runs").set_value("acc<0.65").run()
    at.session_state["found_runs"] = True
    press(at.run(), "all_star")
    at.session_state["found_runs"] = True
    press(at.run(), "all_archive")
    assert any(item.value == "2 runs are archived." for item in at.markdown)
    press(at, "undo")
    assert not marks_of(runs[0]).archived
    at.session_state["found_runs"] = True
    press(at.run(), "all_archive")
    assert [(marks_of(run).star, marks_of(run).archived) for run in runs] == [
        (True, True),
        (True, True),
        (False, False),
    ]


def test_what_was_deleted_earlier_comes_back_from_a_list(runs):
    for run in runs[:2]:
        remove(run)
    at = open_at("choose_runs", "deleted_runs", runs=runs[2].id)
    assert [item.key for item in at.button if item.key and item.key.startswith("back_")] == [
        f"back_{runs[1].id}", f"back_{runs[0].id}"
    ]  # fmt: skip
    press(at, f"back_{runs[0].id}")
    assert runs[0].path.exists() and not runs[1].path.exists()


def test_the_table_of_runs_is_not_made_while_nobody_sees_it(runs, monkeypatch):
    made = []
    monkeypatch.setattr(choosing, "_table", lambda found: made.append(found) or pd.DataFrame([{"Run": "x"}]))
    at = compare(runs[0], runs[2])
    assert not made
    at.session_state["choose_runs"] = True
    at.run()
    assert made


def test_the_report_holds_what_is_compared_with_all_its_seeds(runs):
    at = compare(runs[0], runs[2])
    assert not at.exception
    entries = RunIndex(runs[0].path.parent).entries()
    one, other = setups([e for run in (runs[2], runs[0]) for e in entries if e.id == run.id], entries, together=True)
    text = report.comparison([one, other], other, "comparison.html")
    assert "2 seeds: 50.00 – 60.00 %" in text and "may be chance" in text and 'href="#run-2"' in text
    alone = report.comparison([one], one, "one.html")
    assert "configurations compared" not in alone


def side(where, labels, plane, reference=None):
    """Two clusters, without labels; `where` the samples lie in the data set."""
    run = SimpleNamespace(config=SimpleNamespace(dataset="x", n_clusters=2), y=None)
    snapshot = SimpleNamespace(run=run, labels=np.array(labels), plane=lambda space: np.array(plane, np.float32))
    aligned = Aligned(snapshot, reference)
    aligned.__dict__.update(file_index=np.array(where), cluster_order=np.arange(2))
    return aligned


def test_without_labels_clusters_stand_beside_the_references_sample_by_sample():
    first = side([0, 1, 2, 3], [0, 0, 1, 1], np.zeros((4, 2)))
    other = side([1, 2, 3, 0], [0, 1, 1, 0], np.zeros((4, 2)), first)
    assert other.table.counts.tolist() == [[2, 0], [0, 2]]
    fewer = side([3, 1], [0, 0], np.zeros((2, 2)), first)
    assert fewer.table.counts.tolist() == [[1, 0], [1, 0]]  # rows are the reference's


def test_a_map_is_turned_like_the_references_by_the_samples_of_both():
    target = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    first = side(range(6), [0] * 6, target)
    where = [4, 0, 3, 1]
    turn = np.array([[0.6, -0.8], [0.8, 0.6]], np.float32)
    other = side(where, [0] * 4, target[where] @ turn + 5, first)
    expected = target[where] - target[where].mean(axis=0)
    assert other.plane("pca") == pytest.approx(expected, abs=1e-4)


def test_curves_of_a_stopped_sibling_are_not_drawn(runs):
    runs[1].set_status(replace(runs[1].status, state="stopped"))
    known = RunIndex(runs[0].path.parent).entries()
    chosen = [entry for entry in known if entry.id == runs[0].id]
    (setup,) = setups(chosen, known, together=True)
    assert len(setup.entries) == 2 and len(scores.lines_of([setup])) == 1


def test_a_search_finds_what_runs_are_called_and_says_what_it_does_not_understand(runs):
    at = open_at("choose_runs", runs=runs[2].id)
    (table,) = at.dataframe
    called = table.value["Run"].tolist()[0].split(",")[0]
    at.text_input(key="find_runs").set_value(f"{called.split()[-1]} acc>=65%").run()
    assert len(at.dataframe[0].value) == 1
    at.text_input(key="find_runs").set_value("foo>3").run()
    assert any("no field foo" in item.value for item in at.caption)


def test_runs_on_other_images_are_not_held_against_each_other(runs):
    other = RunFolder.create(runs[0].path.parent, runs[0].config.changed(dataset="mnist", n_samples=1000), "finished")
    other.set_status(replace(other.status, outcome={"acc": 0.9}))
    shown_table = table(compare(runs[2], other, seeds="apart"))
    assert "other images" in shown_table and "▲" not in shown_table


def test_without_a_link_the_older_of_two_runs_is_the_reference(runs):
    for run, created in ((runs[0], 100.0), (runs[1], 300.0), (runs[2], 200.0)):
        run.set_status(replace(run.status, created=created))
    at = compare()
    newest, other = runs[1], runs[2]
    assert at.query_params["runs"] == f"{other.id},{newest.id}"
    assert "named after the reference's" in " ".join(item.value for item in at.caption)


def test_a_recording_has_the_number_of_images_it_was_trained_on(learn_root):
    plain, first = "gallery-plain-dec", "gallery-first-look"  # 5000 and 10 000 are kept of 10 000 each
    at = opened_at("compare", runs=f"{plain},{first}")
    assert "Accuracy" in table(at) and "Number of images" not in table(at)
