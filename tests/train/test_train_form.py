"""Train without a browser: the form, its links, and what Start does."""

import re
from dataclasses import replace

import numpy as np
import pytest
from screens import from_the_top, send, widget_states
from train_screen import button, field, findings, labels, said

from dec_core.config import RunConfig
from dec_core.data import Dataset, own
from dec_core.glossary import tooltip
from dec_core.machine import trained_with
from dec_core.presets import DESCRIPTIONS, PRESETS
from dec_core.reading.cost import Rates
from dec_core.runs.folder import RunFolder
from dec_core.runs.own_presets import keep_preset
from pages.shared import link
from pages.train import live
from pages.train.field_widgets import OPENED

pytestmark = pytest.mark.slow


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


def test_start_draws_the_page_once(app, monkeypatch):
    app.run()
    drawn, controls = [], live.controls
    monkeypatch.setattr(live, "controls", lambda run, *others: (drawn.append(run), controls(run, *others)))
    button(app, "Start").click().run()
    assert [run.id for run in drawn] == [app.query_params["run"]]


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


def test_no_description_of_a_preset_names_a_time_beside_that_of_the_server():
    assert not [text for text in DESCRIPTIONS.values() if re.search(r"minute|hour|second", text)]


def test_all_presets_can_be_picked_in_the_order_of_the_tutorial(app):
    app.run()
    assert field(app, "preset").options == [
        "Start here · first-look", "Start here · fast", "Best · best", "Best · best-no-prior", "Best · best-conv",
        "Best · best-umap",
        "Baseline · kmeans-pixels", "Baseline · umap-gmm",
        "Baseline · tutorial-autoencoder", "Dense · tutorial-dec",
        "Convolutional · tutorial-conv-dec", "Convolutional · tutorial-conv-upsampling",
        "Joint · tutorial-conv-joint", "Joint · tutorial-dense-joint", "Other methods · dcn",
        "Other methods · vade",
    ]  # fmt: skip
    assert "On this server: first-look about" in field(app, "preset").help
    for name in PRESETS:
        field(app, "preset").set_value(name).run()
        assert not app.exception and not button(app, "Start").disabled
        button(app, "Start").click().run()
        assert app.started[-1] == PRESETS[name]
        app.query_params["run"] = "new"


@pytest.mark.parametrize(
    ("preset", "is_measured", "is_sure"),
    [("first-look", False, False), ("first-look", True, True), ("umap-gmm", False, True)],  # which has no network
)
def test_a_time_that_no_run_has_told_may_be_longer(app, monkeypatch, preset, is_measured, is_sure):
    of_server = Rates(1e-9, 1e-9, 1e-9, measured=is_measured)
    monkeypatch.setattr("pages.train.form.rates_of_server", lambda config: of_server)
    app.query_params["preset"] = preset
    app.run()
    (said,) = [caption.value for caption in app.caption if caption.value.startswith("Start trains for about")]
    assert ("It may take longer" not in said) == is_sure


@pytest.mark.parametrize(("preset", "begins"), [("umap-gmm", "the images are"), ("first-look", "the autoencoder")])
def test_what_start_does_is_said_of_the_method(app, preset, begins):
    app.query_params["preset"] = preset
    app.run()
    assert f"Press Start: {begins}" in " ".join(element.value for element in app.markdown)


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
        for name in ("dataset", "method", "autoencoder"):
            assert field(app, name).options[field(app, name).proto.default] == field(app, name).value
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


def test_a_group_is_drawn_from_when_it_is_first_opened_on(app):
    del app.session_state[OPENED]
    app.query_params["alpha"] = "2"
    app.run()
    assert "Number of images" in labels(app) and not labels(app) & {"Epochs", "Alpha of Student's t (α)"}
    assert "Differs from first-look in clustering" in findings(app)
    button(app, "Start").click().run()
    assert app.started == [PRESETS["first-look"].changed(alpha=2.0)]
    app.session_state["group_pretraining"] = True
    app.run()
    assert "Epochs" in labels(app) and "Number of clusters" not in labels(app)
    app.session_state["group_pretraining"] = False  # it folds and opens as a whole
    assert "Epochs" in labels(app.run())


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


def test_a_double_click_on_start_trains_once_and_another_config_is_another_run(app):
    app.run()
    for _ in range(2):
        button(app, "Start").click()
        from_the_top(app, widget_states(app))
    assert len(app.started) == 1
    field(app, "latent_dim").set_value(6).run()
    button(app, "Start").click().run()
    assert [config.latent_dim for config in app.started] == [10, 6]


@pytest.mark.parametrize("n_classes", [0, 4, 10])
def test_of_ones_own_images_the_form_says_how_many_clusters_are_looked_for(app, tmp_path, digits, n_classes):
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


@pytest.fixture
def mine(tmp_path, digits) -> str:
    """The name of kept data of one's own."""
    return own.keep(Dataset("mine", digits.images[:400], None), tmp_path)


def use(app, name: str) -> None:
    """Choose kept data of one's own."""
    app.selectbox(key="kept").set_value(name).run()
    app.button(key="use_kept").click().run()
    assert not app.exception and field(app, "dataset").value == name


def switched(app) -> tuple[bool, bool]:
    """Whether the form deskews, and whether it subtracts the mean image."""
    return field(app, "deskew").value, field(app, "centered").value


def test_kept_data_come_with_what_suits_images_of_ones_own(app, mine):
    app.run()
    assert switched(app) == (True, False)
    use(app, mine)
    assert switched(app) == (False, True)
    assert app.query_params["deskew"] == "False"
    field(app, "dataset").set_value("mnist").run()
    assert switched(app) == (True, False) and "deskew" not in app.query_params


def test_what_was_switched_by_hand_stays_on_other_data(app, mine):
    app.run()
    field(app, "deskew").set_value(False).run()
    use(app, mine)
    field(app, "centered").set_value(False).run()
    assert switched(app) == (False, False)
    field(app, "dataset").set_value("digits").run()
    assert field(app, "centered").value is False and field(app, "n_samples").value is None


def test_another_preset_keeps_data_of_ones_own(app, mine):
    app.run()
    use(app, mine)
    field(app, "preset").set_value("tutorial-dec").run()
    assert not app.exception and field(app, "dataset").value == mine
    assert switched(app) == (False, False) and field(app, "n_samples").value is None
    field(app, "preset").set_value("first-look").run()
    assert field(app, "dataset").value == mine and switched(app) == (False, True)


def test_another_preset_brings_its_data_where_ones_own_are_gone(app):
    app.query_params["dataset"] = "own-lost-1a2b3c4d"
    app.run()
    field(app, "preset").set_value("tutorial-dec").run()
    assert not app.exception and field(app, "dataset").value == "mnist"


def test_a_preset_that_was_kept_with_data_of_ones_own_is_as_it_was_kept(app, mine, tmp_path):
    keep_preset(tmp_path, "upright", PRESETS["first-look"].changed(dataset=mine, n_samples=None, deskew=True))
    app.run()
    field(app, "preset").set_value("upright").run()
    assert field(app, "dataset").value == mine and switched(app) == (True, False)


def test_decimals_are_kept_however_large_the_number(app):
    app.run()
    for value in (12.5, 13.7):
        field(app, "alpha").set_value(value).run()
        app.run()
        assert field(app, "alpha").value == value


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
