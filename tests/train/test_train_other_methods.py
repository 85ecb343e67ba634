"""Train and Inspect of methods that train toward no target p."""

import json

import pytest
from recorded_runs import recorded
from train_screen import button, field, labels, put

from dec_core.config import RunConfig
from dec_core.presets import PRESETS
from dec_core.reading.run import Run
from dec_core.runs.history import RunReader
from pages.inspect.sample import card_data
from pages.shared.snapshot_view import curves_json

pytestmark = pytest.mark.slow

LOSS_AND_TERM = {
    "dcn": ("½‖z − μ‖²", "λ · ½‖z − μ‖²"),
    "vade": ("KL(q(z,c)‖p(z,c))", "β · KL(q(z,c)‖p(z,c))"),
}
WEIGHTS = {"dcn": "kmeans_weight", "vade": "kl_weight"}
OTHERS = {"Clustering loss weight γ", "k-means loss weight λ", "Prior weight β"}


@pytest.fixture(scope="module", params=LOSS_AND_TERM)
def run(request, small, tmp_path_factory):
    """A finished run on scikit-learn's digits."""
    return recorded(tmp_path_factory.mktemp("other"), small.changed(method=request.param))


@pytest.mark.parametrize("name", LOSS_AND_TERM)
def test_a_link_opens_its_preset_with_its_fields_and_those_alone(app, name):
    app.query_params["preset"] = name
    app.run()
    assert not app.exception and not button(app, "Start").disabled
    assert field(app, "method").value == name
    assert field(app, WEIGHTS[name]).value == getattr(PRESETS[name], WEIGHTS[name])
    assert labels(app) & OTHERS == {RunConfig.model_fields[WEIGHTS[name]].json_schema_extra["label"]}
    assert not labels(app) & {"Initial target p", "Degrees of freedom α"}


def test_a_run_is_shown_with_its_own_loss(app, run, tmp_path):
    name, term = LOSS_AND_TERM[run.config.method]
    put(run, tmp_path)
    app.query_params["run"] = run.id
    app.run()
    assert not app.exception
    history = RunReader(run).refresh()
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown[name] == f"{history.kl[-1]['loss']:.3f}" and "KL(p‖q)" not in shown
    drawn = {trace["name"] for trace in json.loads(curves_json(run.id, 0, 300, history, run.config))["data"]}
    assert {"reconstruction", term} <= drawn


def test_a_card_in_inspect_has_no_p_and_says_why(run):
    whole = Run.open(run)
    card = card_data(whole, whole.at(-1), 0)
    assert [bar["p"] for bar in card["bars"]] == [None] * 10 and None not in [bar["q"] for bar in card["bars"]]
    assert card["about_p"] == "This method trains toward no target p."
    parts = {part["key"]: part for part in card["numbers"]["parts"]}
    name, term = LOSS_AND_TERM[run.config.method]
    assert name in parts["loss"]["title"] and term in parts["loss"]["note"] and not parts["loss"]["code"]
    assert "columns" in parts["q"] and "columns" not in parts["p"]
