"""Train without a browser: what is said and shown of a run."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from train_screen import button, field, findings, picker, put

from dec_core.methods import FROM_ITSELF
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.snapshots import LIVE_UMAP_FILE
from pages.shared.snapshot_view import embedding_frame
from pages.train.stepper import doing

pytestmark = pytest.mark.slow


def test_what_needs_a_remedy_is_a_warning_and_not_small_print(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    app.query_params["run"] = run.id
    app.run()
    last = [record for record in run.records()[0] if record["event"] == "TargetUpdated"][-1]
    run.append(last | {"iteration": 100_000, "sizes": [0] * 9 + [1797], "kl_divergence": -1e-9})
    app.run()
    assert next(metric.value for metric in app.metric if metric.label == "KL(p‖q)") == "0.000"  # not minus nothing
    (warning,) = app.warning
    assert "9 of 10 clusters are empty. Try a smaller learning rate" in warning.value
    assert "empty" not in " ".join(item.value for item in app.caption)


def test_one_pair_of_classes_is_mixed_up_most_wherever_that_is_said(app, finished_run, tmp_path, monkeypatch):
    from dec_core.analysis.verdict import most_mixed
    from dec_core.reading.run import Run
    from pages.shared import components

    drawn, run = {}, put(finished_run, tmp_path)
    keep = lambda figure, name, alt, *_: drawn.update({name: alt})  # noqa: E731
    monkeypatch.setattr(components, "plot", keep)
    monkeypatch.setattr(components, "digits", lambda rows, name, alt, *_: drawn.update({name: alt}))
    monkeypatch.setattr(components, "link_to_images", lambda data, *_: drawn.update(data))
    app.query_params["run"] = run.id
    app.run()
    now = Run.open(run).at(-1)
    mixed, classes = most_mixed(now.confusion), now.run.classes
    said = f"{classes[mixed.one]} and {classes[mixed.other]} are confused most"
    assert said in " ".join(item.value for item in app.markdown) and said in drawn["Confusion matrix"]
    assert drawn["label"].startswith(f"{mixed.n_wrong} of the {classes[mixed.true]}s") and "among the" in drawn["label"]
    letters = now.run.letters
    assert drawn["of"] == [classes[mixed.true], letters[mixed.cluster]]
    assert f"cluster={letters[mixed.cluster]}" in drawn["href"]
    assert "clusters hold mostly the digit matched to them" in drawn["Confusion matrix"]
    assert "Accuracy went from" in drawn["Curves"] and "Cluster centers, matched to" in drawn["Reconstructions"]


def test_a_finished_run_opens_with_its_result(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception
    accuracy = next(metric for metric in app.metric if metric.label == "Accuracy")
    assert accuracy.value == f"{100 * run.status.outcome['acc']:.1f} %"
    updated = [record for record in run.records()[0] if record["event"] == "TargetUpdated"]
    kl = next(metric for metric in app.metric if metric.label == "KL(p‖q)")
    assert kl.value == f"{updated[-1]['kl_divergence']:.3f}"
    assert "digits are clustered correctly" in " ".join(item.value for item in app.markdown)
    (label,) = [option for option in picker(app).options if "seed 0" in option]
    assert label.startswith(f"{100 * run.status.outcome['acc']:.1f} % · ")  # first: a list cuts the end
    assert app.segmented_control(key="colour_by").options[0] == "true digit"
    assert "roups look merged or split" in findings(app) or "no group looks merged" in findings(app)
    assert "the network is" not in findings(app)
    run.append({"event": "MixtureScored", "acc": 0.999})
    app.run()
    assert "UMAP and a Gaussian mixture alone reach 99.9 %: the network is behind" in findings(app)
    for colour_by in ("cluster", "wrong", "digit"):
        app.segmented_control(key="colour_by").set_value(colour_by).run()
        assert not app.exception


def test_while_clusters_form_the_map_is_umap_and_who_chooses_pca_keeps_it(app, finished_run, tmp_path, monkeypatch):
    from pages.shared import components

    run, drawn = put(finished_run, tmp_path), []
    monkeypatch.setattr(components, "points", lambda frame, *_: drawn.append(frame))
    app.query_params["run"] = run.id

    def note():
        app.run()
        assert not app.exception
        header = json.loads(drawn[-1][4 : 4 + int.from_bytes(drawn[-1][:4], "little")])
        return header["note"].replace("\u2009", " "), header["n_known"]

    def laid_out(iteration):
        index = np.arange(0, 1797, 3)
        plane, labels = np.random.default_rng(iteration).normal(size=(599, 2)), np.zeros(599, np.uint8)
        run.save_arrays(LIVE_UMAP_FILE, plane=plane, index=index, labels=labels, iteration=np.array(iteration))

    pca = "PCA of 1 797 images, step 60", 1797
    assert note() == pca and not [item for item in app.segmented_control if item.key == "space"]
    laid_out(40)
    assert note() == ("newest UMAP: step 40, of 599 of 1 797 images", 599)
    laid_out(60)
    assert note() == ("newest UMAP: step 60, of 599 of 1 797 images", 599)
    app.segmented_control(key="space").set_value("pca")
    assert note() == pca
    (run.path / LIVE_UMAP_FILE).unlink()
    assert note() == pca
    laid_out(20)
    assert note() == pca and app.segmented_control(key="space").value == "pca"
    app.segmented_control(key="space").set_value("umap")
    assert note() == ("newest UMAP: step 20, of 599 of 1 797 images", 599)
    (run.path / LIVE_UMAP_FILE).write_bytes(b"PK")
    assert note() == pca


def test_the_map_of_pretraining_says_that_it_becomes_umap(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    history = RunReader(run).refresh()
    before = Run.open(run, history).at(0)
    data = embedding_frame(run.id, 0, "", "digit", before)
    note = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])["note"]
    assert note.endswith(f"epoch {before.epoch}; UMAP once clusters form")


@pytest.mark.parametrize("damage", ["config.json", "status.json"])
def test_a_damaged_run_is_told_without_a_traceback(app, finished_run, tmp_path, damage):
    run = put(finished_run, tmp_path)
    (run.path / damage).write_text("{")
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception
    ended = "digits are clustered correctly" in " ".join(item.value for item in app.markdown)  # which its records say
    assert app.error or app.warning or (damage == "status.json" and ended)


def test_an_interrupted_run_says_so_and_offers_to_resume(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    run.set_status(replace(run.status, state="running", pid=1, pid_started=1e9))
    (run.path / "worker.log").write_text("the last words\n")
    app.query_params["run"] = run.id
    app.run()
    assert not button(app, "Resume").disabled and button(app, "Stop").disabled
    assert "Resume continues from there" in app.warning[0].value
    assert app.code[0].value.strip() == "the last words"


@pytest.mark.parametrize(
    ("phase", "name"), [("pretraining", "pretrain_learning_rate"), ("clustering", "cluster_learning_rate")]
)
def test_a_run_that_diverged_offers_a_tenth_of_the_rate_and_no_resume(app, finished_run, tmp_path, phase, name):
    run = put(finished_run, tmp_path)
    diverged = {"event": "Diverged", "phase": phase, "epoch": 6, "iteration": 40, "message": "The loss is gone."}
    run.append(diverged)
    run.set_status(replace(run.status, state="failed", progress=diverged, message="The loss is gone."))
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception and app.error[0].value == "The loss is gone."
    assert not app.warning and "udged without labels" not in " ".join(item.value for item in app.caption)  # one advice
    assert {metric.delta for metric in app.metric[:3]} == {"at step 60"}  # no result: what there was when it failed
    assert next(item for item in app.selectbox if item.label == "Run in focus").value == run.id
    assert not re.search(r"failed \d", str(app.selectbox))
    assert "Resume" not in [item.label for item in app.button] and button(app, "Pause").disabled
    button(app, "Try a tenth of the learning rate").click().run()
    assert not app.exception and not button(app, "Start").disabled
    expected = getattr(run.config, name) / 10
    assert field(app, name).value == pytest.approx(expected)
    button(app, "Start").click().run()
    assert app.started == [run.config.changed(**{name: float(f"{expected:.3g}")})]


def test_the_words_of_the_method_are_explained_where_they_are_used(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    app.query_params["run"] = run.id
    app.run()
    kl = next(metric for metric in app.metric if metric.label == "KL(p‖q)").proto.help
    assert "Keras" not in kl.split("\n\n")[0]
    for word in ("z, the embedding", "q, the soft assignment", "p, the target distribution"):
        assert word in kl and word in field(app, "first_target").help
    assert "p, the target distribution" in field(app, "update_interval").help
    phases = next(item for item in app.markdown if "pretraining" in item.value and "clustering" in item.value)
    assert all(f"**{name}.**" in phases.proto.help for name in ("Pretraining", "Centers", "Clustering"))


def test_the_phase_under_way_is_said_in_a_sentence(small):
    taught = small.changed(first_target="umap_gmm", first_target_steps=40, max_iterations=60)
    assert "learns to restore" in doing(0, taught, 0) and "center" in doing(1, taught, 0)
    assert doing(2, taught, 39).endswith("of UMAP and the mixture; from step 40 on it learns from itself.")
    assert doing(2, taught, 40) == doing(2, small, 0) == FROM_ITSELF
    assert doing(2, taught.changed(first_target_steps=60), 39).endswith("of UMAP and the mixture.")
    assert doing(-1, taught, 0) == doing(3, taught, 0) == ""


def test_the_menu_of_a_result_has_its_place_before_there_is_one(app):
    app.run()
    (menu,) = [item for item in app.get("menu_button") if item.proto.label == "More"]
    assert menu.proto.disabled


def test_a_run_without_labels_shows_what_needs_none(app, tmp_path, small, digits):
    from dec_core.data import Dataset, own
    from dec_core.work.recorder import record

    name = own.keep(Dataset("mine", digits.images[:400], None), tmp_path)
    folder = RunFolder.create(tmp_path, small.changed(dataset=name, batch_size=50), "running")
    for _ in record(folder):
        pass
    app.query_params["run"] = folder.id
    app.run()
    assert not app.exception
    assert [metric.label for metric in app.metric][:2] == ["Silhouette", "Confidence"]
    words = " ".join(item.value for item in app.markdown)
    assert "400 images are in" in words and "How large are the clusters?" in words and "digits" not in words


@pytest.mark.parametrize("n_damaged", [1, 4, 99])
def test_of_a_damaged_newest_snapshot_the_newest_that_can_be_read_is_shown(app, tmp_path, finished_run, n_damaged):
    shutil.copytree(finished_run.path, tmp_path / finished_run.id)
    for path in sorted((tmp_path / finished_run.id / "snapshots").iterdir())[-n_damaged:]:
        path.write_bytes(path.read_bytes()[:100])
    app.query_params["run"] = finished_run.id
    app.run()
    assert not app.exception and not app.error
    assert len([item for item in app.warning if ("latest" if n_damaged < 99 else "All snapshots") in item.value]) == 1


def test_labels_to_take_away_name_the_place_in_the_whole_file(app, tmp_path, small, digits):
    from dec_core.data import Dataset, own
    from dec_core.reading.run import Run
    from dec_core.work.recorder import record
    from pages.train.downloads import labels_table

    name = own.keep(Dataset("mine", digits.images[:400], digits.y[:400], digits.classes), tmp_path)
    config = small.changed(dataset=name, n_samples=100, batch_size=50, pretrain_epochs=2)
    folder = RunFolder.create(tmp_path, config, "running")
    for _ in record(folder):
        pass
    table = labels_table(Run.open(folder).at(-1))
    assert table["index"].tolist() == list(range(0, 400, 4))
    assert table["true class"].tolist() == [digits.classes[y] for y in digits.y[:400:4]]
