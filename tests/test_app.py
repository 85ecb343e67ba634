"""The page without a browser: Streamlit's AppTest on the real app."""

import gc
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from screens import MAIN, PATIENCE, NoWorkers, from_the_top, send, widget_states
from streamlit.testing.v1 import AppTest

from dec_core.config import RunConfig
from dec_core.glossary import keys, term, tooltip
from dec_core.machine import trained_with
from dec_core.presets import DESCRIPTIONS, PRESETS
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.snapshots import LIVE_UMAP_FILE
from pages.shared import link
from pages.shared.snapshot_view import embedding_frame
from pages.train.stepper import LEARNS_FROM_ITSELF, doing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
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
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.started = Workers.started
    gc.freeze()  # Streamlit collects garbage after each drawing, and TensorFlow has much
    yield at
    gc.unfreeze()


def field(at, name):
    """The input of the form for a field; one that was filled from elsewhere is another widget, with a number."""
    inputs = (at.slider, at.number_input, at.text_input, at.segmented_control, at.selectbox, at.toggle)
    (found,) = [item for kind in inputs for item in kind if re.fullmatch(rf"{name}(_\d+)?", item.key or "")]
    return found


def button(at, name):
    (found,) = [item for item in at.button if item.label == name]
    return found


def test_the_empty_page_says_what_will_happen_and_has_one_obvious_button(app):
    app.run()
    assert not app.exception
    assert not button(app, "Start").disabled
    assert all(button(app, name).disabled for name in ("Pause", "Step", "Stop"))
    assert [metric.label for metric in app.metric][:3] == ["Accuracy", "NMI", "ARI"]
    words = " ".join(item.value for item in app.markdown)
    for question in ("How do the groups come apart?", "Which digits are mixed up?", "Is it getting better?"):
        assert question in words
    assert "Press Start" in words and "Once the centers are initialized" in words


def test_start_trains_what_the_form_says_and_the_link_follows(app):
    app.run()
    field(app, "random_state").set_value(4)
    field(app, "latent_dim").set_value(6)
    app.run()
    assert (app.query_params["seed"], app.query_params["latent_dim"]) == ("4", "6")
    assert app.query_params["preset"] == "first-look"
    button(app, "Start").click().run()
    assert app.started == [PRESETS["first-look"].changed(random_state=4, latent_dim=6)]
    assert "run" in app.query_params and "Starting …" in " ".join(item.value for item in app.markdown)


def test_what_was_trained_before_is_offered_in_place_of_training_it_again(app, tmp_path):
    config = PRESETS["first-look"]
    known = RunFolder.create(tmp_path, config, "running")
    known.append({"event": "Started", **trained_with()})
    known.set_status(replace(known.status, state="finished", seconds={"clustering": 41.0}, outcome={"acc": 0.98}))
    app.query_params["run"] = "new"
    app.run()
    button(app, "Start").click().run()
    assert not app.started and "Trained before, in about 41 s: ACC 0.980" in said(app)
    button(app, "Show it").click().run()
    assert not app.exception and app.query_params["run"] == known.id and "Trained before" not in said(app)
    button(app, "Start").click().run()
    field(app, "random_state").set_value(4).run()  # another run: the offer is not for that
    assert "Trained before" not in said(app)
    field(app, "random_state").set_value(0).run()
    button(app, "Train anew").click().run()
    assert app.started == [config] and "Trained before" not in said(app)


def test_a_link_fills_the_form(app):
    app.query_params["preset"] = "tutorial-dec"
    app.query_params["seed"] = "3"
    app.query_params["hidden_units"] = "64,32"
    app.query_params["n_samples"] = "5000"
    app.run()
    assert field(app, "preset").value == "tutorial-dec"
    assert field(app, "random_state").value == 3
    assert field(app, "hidden_units").value == "64, 32"
    assert field(app, "n_samples").value == 5000
    assert "architecture: hidden units" in " ".join(item.value for item in app.caption)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("preset", "quick", "there are first-look, fast, "),
        ("latent_dim", "-3", "received -3"),
        ("seed", "x", "'x'"),
    ],
)
def test_what_a_link_gets_wrong_is_said_and_the_rest_stands(app, name, value, said):
    app.query_params[name] = value
    app.query_params["alpha"] = "2"
    app.run()
    assert not app.exception and said in app.warning[0].value
    assert field(app, "alpha").value == 2.0


def test_a_fields_tooltip_is_the_glossarys_and_its_short_label_says_what_differs_from_the_preset(app):
    app.query_params["tol"] = "0.002"
    app.run()
    assert field(app, "tol").help == tooltip("tol") and field(app, "alpha").help == tooltip("alpha")
    assert "Differs from first-look in clustering: tolerance." in [item.value for item in app.caption]


def test_impossible_choices_are_said_at_the_field_before_start(app):
    app.run()
    field(app, "hidden_units").set_value("500, many").run()
    assert any("whole numbers separated by commas" in item.value for item in app.caption)
    assert button(app, "Start").disabled
    field(app, "hidden_units").set_value("500, 100").run()
    assert not button(app, "Start").disabled


def test_more_images_than_there_are_is_said_at_the_field(app):
    app.run()
    field(app, "dataset").set_value("digits").run()
    assert field(app, "n_samples").value is None and not button(app, "Start").disabled
    field(app, "n_samples").set_value(5000).run()
    assert any("there are 1797" in item.value for item in app.caption) and button(app, "Start").disabled


def test_a_preset_fills_the_form_and_can_be_gone_back_to(app):
    app.run()
    field(app, "preset").set_value("tutorial-dec").run()
    assert field(app, "pretrain_epochs").value == 300
    field(app, "pretrain_epochs").set_value(10).run()
    button(app, "Reset to the preset").click().run()
    assert field(app, "pretrain_epochs").value == 300


def put(finished_run, root):
    import shutil

    shutil.copytree(finished_run.path, root / finished_run.id, dirs_exist_ok=True)
    return RunFolder(root / finished_run.id)


def findings(at) -> str:
    return " ".join(item.value for item in (*at.caption, *at.warning))


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
    assert note() == ("UMAP of 599 of 1 797 images, step 40", 599)
    laid_out(60)
    assert note() == ("UMAP of 599 of 1 797 images, step 60", 599)
    app.segmented_control(key="space").set_value("pca")
    assert note() == pca
    (run.path / LIVE_UMAP_FILE).unlink()
    assert note() == pca
    laid_out(20)
    assert note() == pca and app.segmented_control(key="space").value == "pca"
    app.segmented_control(key="space").set_value("umap")
    assert note() == ("UMAP of 599 of 1 797 images, step 20", 599)
    (run.path / LIVE_UMAP_FILE).write_bytes(b"PK")
    assert note() == pca


def test_the_map_of_pretraining_says_that_it_becomes_umap(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    history = RunReader(run).refresh()
    before = Run.open(run, history).at(0)
    data = embedding_frame(run.id, 0, "", "digit", before)
    note = json.loads(data[4 : 4 + int.from_bytes(data[:4], "little")])["note"]
    assert note.endswith(f"epoch {before.epoch}; UMAP once clusters form")


def test_each_screen_has_a_title_of_its_own_that_names_the_run(app, finished_run, tmp_path, monkeypatch):
    import streamlit as st

    titles, run = [], put(finished_run, tmp_path)
    monkeypatch.setattr(st, "set_page_config", lambda page_title=None, **_: titles.append(page_title))
    app.query_params["run"] = run.id
    for name in ("train", "inspect", "compare", "sweep", "glossary"):
        app.switch_page(f"{name}/{name}.py")
        app.run()
    named = [title.split(" · ") for title in titles if title]
    assert [screen for screen, *_ in named] == ["Train", "Inspect", "Compare", "Sweep", "Glossary"]
    assert {tuple(rest) for _, *rest in named} == {(named[0][1], "Deep clustering, live")}
    assert "seed 0" in named[0][1]


def test_the_picker_opens_a_past_run(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    app.run()
    next(item for item in app.selectbox if item.label == "Run in focus").set_value(run.id).run()
    assert app.query_params["run"] == run.id
    assert "digits are clustered correctly" in " ".join(item.value for item in app.markdown)
    (label,) = [option for option in picker(app).options if "seed 0" in option]
    assert label.startswith(f"{100 * run.status.outcome['acc']:.1f} % · ")  # first: a list cuts the end
    assert app.segmented_control(key="colour_by").options[0] == "true digit"
    assert "roups look merged or split" in findings(app) or "no group looks merged" in findings(app)
    assert "the network is" not in findings(app)
    run.append({"event": "MixtureScored", "acc": 0.999})
    app.run()
    assert "UMAP and a Gaussian mixture alone reach 99.9 %: the network is behind" in findings(app)


@pytest.mark.parametrize("name", ["nothing", "../../etc", "%00"])
def test_a_run_that_is_not_there_is_said(app, name):
    app.query_params["run"] = name
    app.run()
    assert not app.exception and "There is no run" in app.warning[0].value


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
    run.set_status(replace(run.status, state="running", pid=1, pid_started=1.0))
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
    assert doing(2, taught, 40) == doing(2, small, 0) == LEARNS_FROM_ITSELF
    assert doing(2, taught.changed(first_target_steps=60), 39).endswith("of UMAP and the mixture.")
    assert doing(-1, taught, 0) == doing(3, taught, 0) == ""


def test_the_glossary_has_every_term_and_finds_one(app):
    app.switch_page("glossary/glossary.py").run()
    shown = " ".join(item.value for item in app.markdown)
    assert not app.exception and all(f"**{term(key).name}**" in shown for key in keys())
    app.text_input(key="sought").set_value("hungarian").run()
    assert [item.value.split("**")[1] for item in app.markdown if "**" in item.value] == ["Matching (Hungarian method)"]
    app.text_input(key="sought").set_value("*nothing*").run()
    assert "No word here contains" in app.markdown[-1].value and not app.exception


def labels(at) -> set[str]:
    """Of all the form's inputs."""
    kinds = (at.slider, at.number_input, at.text_input, at.segmented_control, at.selectbox, at.toggle)
    return {item.label for kind in kinds for item in kind}


def test_no_description_of_a_preset_names_a_time_beside_that_of_the_server():
    assert not [text for text in DESCRIPTIONS.values() if re.search(r"minute|hour|second", text)]


def test_the_menu_of_a_result_has_its_place_before_there_is_one(app):
    app.run()
    (menu,) = [item for item in app.get("menu_button") if item.proto.label == "More"]
    assert menu.proto.disabled


def test_all_presets_can_be_picked_in_the_order_of_the_tutorial(app):
    app.run()
    assert field(app, "preset").options == [
        "Start here · first-look", "Start here · fast", "Best · best", "Best · best-no-prior", "Best · best-conv",
        "Baseline · kmeans-pixels", "Baseline · umap-gmm",
        "Baseline · tutorial-autoencoder", "Dense · tutorial-dec",
        "Convolutional · tutorial-conv-dec", "Convolutional · tutorial-conv-upsampling",
        "Joint · tutorial-conv-joint", "Joint · tutorial-dense-joint",
    ]  # fmt: skip
    assert "On this server: first-look about" in field(app, "preset").help
    for name in PRESETS:
        field(app, "preset").set_value(name).run()
        assert not app.exception and not button(app, "Start").disabled
        button(app, "Start").click().run()
        assert app.started[-1] == PRESETS[name]
        app.query_params["run"] = "new"


def test_buttons_of_which_none_is_pressed_are_not_a_choice(app):
    """So a browser answers that is asked for something else before it has drawn them."""
    app.run()
    field(app, "dataset").set_value(None).run()
    assert not app.exception and field(app, "dataset").value == "mnist" and not button(app, "Start").disabled


def test_every_drawing_tells_a_browser_what_the_fields_hold(app):
    """The first drawing may not be shown: it is interrupted, or the code of an input has to be loaded."""
    app.query_params["preset"] = "tutorial-conv-joint"
    for _ in range(2):
        app.run()
        assert field(app, "filters").proto.default == field(app, "filters").value == "32, 64, 128"
        assert field(app, "batch_size").proto.default == field(app, "batch_size").value == 256
        assert field(app, "gamma").proto.default == field(app, "gamma").value == 0.1
        for name in ("method", "autoencoder"):
            assert field(app, name).options[field(app, name).proto.default] == field(app, name).value
        assert [field(app, "dataset").options[i] for i in field(app, "dataset").proto.default] == ["mnist"]
        for kind in (app.sidebar.text_input, app.sidebar.number_input, app.sidebar.selectbox, app.sidebar.toggle):
            assert len(kind) and not any(item.proto.set_value for item in kind)


def test_only_fields_that_act_are_shown_and_the_others_keep_their_values(app):
    app.run()
    field(app, "hidden_units").set_value("300, 100").run()
    field(app, "method").set_value("dec").run()
    assert "Filters" not in labels(app) and "Clustering loss weight γ" not in labels(app)
    field(app, "autoencoder").set_value("conv_transpose").run()
    assert "Filters" in labels(app) and "Hidden units (encoder layers)" not in labels(app)
    field(app, "method").set_value("joint").run()
    assert "Clustering loss weight γ" in labels(app)
    field(app, "method").set_value("kmeans").run()
    assert not labels(app) & {
        "Filters",
        "Epochs",
        "Update interval",
        "Latent dimension (size of z)",
    } and "Number of clusters" in labels(app)
    field(app, "method").set_value("umap_gmm").run()
    assert "Neighbors in UMAP (n_neighbors)" in labels(app) and "k-means restarts (n_init)" not in labels(app)
    field(app, "method").set_value("dec").run()
    field(app, "autoencoder").set_value("dense").run()
    assert field(app, "hidden_units").value == "300, 100"


def test_a_size_that_the_strides_cannot_reach_is_said_at_the_field(app, tmp_path):
    import numpy as np

    from dec_core.data import Dataset, own

    name = own.keep(Dataset("odd", np.zeros((400, 30, 30), np.uint8), None), tmp_path)
    app.query_params["dataset"] = name
    app.query_params["n_samples"] = ""
    app.query_params["preset"] = "tutorial-conv-dec"
    app.run()
    assert not app.exception and button(app, "Start").disabled and button(app, "Show the model").disabled
    assert any("30×30" in item.value and "28×28, 32×32" in item.value for item in app.caption)


def test_data_that_is_not_on_this_server_is_said_at_the_field(app):
    app.query_params["dataset"] = "own-lost-1a2b3c4d"
    app.run()
    assert not app.exception and button(app, "Start").disabled
    assert any("own-lost-1a2b3c4d" in item.value for item in app.caption)


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


def test_a_link_is_taken_up_as_a_from_the_top(app):
    app.query_params.update({"dataset": "digits", "n_samples": "", "latent_dim": "4"})
    app.run()
    assert not app.warning and field(app, "dataset").value == "digits"
    assert field(app, "latent_dim").value == 4


def test_a_double_click_on_start_trains_once_and_another_config_is_another_run(app):
    app.run()
    for _ in range(2):
        button(app, "Start").click()
        from_the_top(app, widget_states(app))
    assert len(app.started) == 1
    field(app, "latent_dim").set_value(6).run()
    button(app, "Start").click().run()
    assert [config.latent_dim for config in app.started] == [10, 6]


def test_a_command_is_said_to_be_under_way_until_the_worker_obeys(app, tmp_path, small):
    run = RunFolder.create(tmp_path, small, "running")
    app.query_params["run"] = run.id
    app.run()
    button(app, "Pause").click().run()
    assert "Pausing after this batch" in said(app)
    run.set_status(replace(run.status, message="one more batch"))
    assert "Pausing after this batch" in said(app.run())
    run.set_status(replace(run.status, state="paused"))
    assert "Paused." in said(app.run())
    button(app, "Step").click().run()
    assert "Stepping" in said(app)
    run.set_status(run.status)  # the step is done, and the run rests again
    assert "Paused." in said(app.run()) and "Resume goes on as it began; the form is for a new run" in said(app)


def test_a_paused_run_whose_settings_the_form_holds_is_just_paused(app, tmp_path):
    app.query_params["run"] = RunFolder.create(tmp_path, PRESETS["first-look"], "paused").id
    assert "Paused." in said(app.run()) and "the form is for a new run" not in said(app)
    field(app, "latent_dim").set_value(6).run()
    assert "the form is for a new run" in said(app)


@pytest.mark.parametrize("n_classes", [0, 4, 10])
def test_of_ones_own_images_the_form_says_how_many_clusters_are_looked_for(app, tmp_path, digits, n_classes):
    from dec_core.data import Dataset, own

    y = np.arange(400) % n_classes if n_classes else None
    names = tuple(f"shape {number}" for number in range(n_classes))
    app.query_params["dataset"] = own.keep(Dataset("mine", digits.images[:400], y, names), tmp_path)
    app.run()
    captions = " ".join(item.value for item in app.sidebar.caption)
    assert "Training looks for 10 clusters" in captions
    assert ("your labels name 4 classes" in captions) == (n_classes == 4)
    if n_classes == 4:
        button(app, "Look for 4 clusters").click().run()
        assert field(app, "n_clusters").value == 4 and app.query_params["n_clusters"] == "4"
        assert "Training looks for 4 clusters" in " ".join(item.value for item in app.sidebar.caption)


def said(at) -> str:
    return " ".join(item.value for item in at.markdown)


def picker(app):
    (found,) = [box for box in app.selectbox if box.label == "Run in focus"]
    return found


def test_a_request_that_was_under_way_does_not_pick_another_run(app):
    app.run()
    late = widget_states(app)  # what a browser sends that has yet to see the page after Start
    button(app, "Start").click()
    from_the_top(app, widget_states(app))
    started = app.query_params["run"]
    assert started != "new" and picker(app).value == started
    from_the_top(app, late)
    assert app.query_params["run"] == started and picker(app).value == started


def test_runs_of_the_same_minute_can_be_told_apart(app, tmp_path, small):
    runs = [RunFolder.create(tmp_path, small, "stopped") for _ in range(3)]
    app.run()
    assert len(set(picker(app).options)) == 4
    for run in runs:
        picker(app).set_value(run.id)
        from_the_top(app, widget_states(app))
        assert app.query_params["run"] == run.id and picker(app).value == run.id


def test_without_a_link_the_run_that_trains_is_shown_and_stays(app, tmp_path, small):
    running, queued = RunFolder.create(tmp_path, small, "running"), RunFolder.create(tmp_path, small, "queued")
    app.run()
    assert app.query_params["run"] == running.id != queued.id
    running.set_status(replace(running.status, state="failed", message="It broke."))
    from_the_top(app)
    assert app.query_params["run"] == running.id and any("It broke." in error.value for error in app.error)


def test_a_choice_that_is_no_longer_shown_does_not_stand_in_the_way(app):
    app.run()
    field(app, "hidden_units").set_value("abc").run()
    assert button(app, "Start").disabled
    field(app, "autoencoder").set_value("conv_transpose").run()
    assert not button(app, "Start").disabled
    field(app, "autoencoder").set_value("dense").run()
    assert button(app, "Start").disabled and field(app, "hidden_units").value == "abc"


def test_decimals_are_kept_however_large_the_number(app):
    app.run()
    for value in (12.5, 13.7):
        field(app, "alpha").set_value(value).run()
        app.run()
        assert field(app, "alpha").value == value


def test_what_is_gone_or_damaged_is_told_and_other_runs_are_shown(
    app, tmp_path, small, digits, finished_run, monkeypatch
):
    import shutil

    from dec_core.data import Dataset, own

    name = own.keep(Dataset("mine", digits.images[:400], None), tmp_path)
    lost = RunFolder.create(tmp_path, small.changed(dataset=name, batch_size=50), "stopped")
    (tmp_path / own.FOLDER / f"{name}.npz").unlink()
    garbled = RunFolder.create(tmp_path, small, "stopped")
    (garbled.path / "config.json").write_bytes(b"\xff\xfe\x00")
    shutil.copytree(finished_run.path, tmp_path / finished_run.id)
    for snapshot in (tmp_path / finished_run.id / "snapshots").glob("*.npz"):
        snapshot.write_bytes(b"PK\x03\x04 and no more")
    monkeypatch.setattr(link, "went_back", lambda: True)  # from one run to the next
    for run_id, said in ((lost.id, "there is no"), (garbled.id, "is damaged"), (finished_run.id, ""), ("x" * 300, "")):
        app.query_params["run"] = run_id
        from_the_top(app)
        assert not app.exception and not button(app, "Start").disabled
        assert any(said in error.value for error in app.error) or not said
    assert sum("no run" in warning.value for warning in app.warning) == 1


def test_the_form_is_as_it_was_left_when_one_comes_back_from_another_screen(app):
    from_the_top(app)
    field(app, "latent_dim").set_value(7)
    from_the_top(app, widget_states(app))
    for name in ("preset", *RunConfig.model_fields):  # as Streamlit does where no widget of that key is drawn
        if name in app.session_state:
            del app.session_state[name]
    app.query_params.clear()
    from_the_top(app)
    assert not app.exception and field(app, "latent_dim").value == 7
    assert app.query_params["latent_dim"] == "7"


def test_a_late_request_does_not_undo_what_the_form_was_filled_with(app):
    app.run()
    field(app, "latent_dim").set_value(9)
    late = widget_states(app.run())  # what a browser sends that has yet to hear of what follows
    app.session_state["to_fill"] = PRESETS["fast"].changed(latent_dim=7)
    app.run()
    assert field(app, "preset").value == "fast" and field(app, "latent_dim").value == 7
    for _ in range(2):
        send(app, late)
        assert field(app, "preset").value == "fast" and field(app, "latent_dim").value == 7
        assert field(app, "n_samples").value is None and app.query_params["latent_dim"] == "7"
    field(app, "latent_dim").set_value(9).run()  # a second thought, however soon
    assert field(app, "latent_dim").value == 9 == int(app.query_params["latent_dim"])
    field(app, "preset").set_value("first-look").run()
    assert field(app, "preset").value == "first-look" and field(app, "latent_dim").value == 10


def test_going_back_undoes_what_was_chosen_in_the_form(app, monkeypatch):
    app.run()
    before = dict(app.query_params)
    field(app, "latent_dim").set_value(9).run()
    monkeypatch.setattr(link, "went_back", lambda: True)
    app.query_params.clear()
    app.query_params.update({name: value[0] for name, value in before.items()})
    from_the_top(app)
    assert field(app, "latent_dim").value == 10


def test_a_link_to_a_smaller_data_set_means_the_preset_fitted_to_it(app):
    app.query_params["dataset"] = "digits"
    app.query_params["pretrain_epochs"] = "30"
    app.run()
    assert (field(app, "dataset").value, field(app, "n_samples").value) == ("digits", None)
    assert field(app, "pretrain_epochs").value == 30 and not app.sidebar.warning and not button(app, "Start").disabled


def test_a_link_chooses_fields_that_act_only_since_it_says_so(app):
    app.query_params.update({"method": "joint", "gamma": "0.5"})
    app.run()
    button(app, "Start").click().run()
    assert app.started == [PRESETS["first-look"].changed(method="joint", gamma=0.5)]
