"""The screen Sweep without a browser: planning, watching, going on, keeping the best; and the figures of a sweep."""

import math
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from functools import cache

import optuna
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import TrialState
from screens import NoWorkers, app_over, opened_at

from dec_core.config import RunConfig
from dec_core.figures import sweep as figures
from dec_core.presets import PRESETS
from dec_core.reading.progress import duration
from dec_core.runs.folder import RunFolder
from dec_core.runs.own_presets import keep_preset, own_presets
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from dec_core.work.sweep_worker import Queue
from pages.shared.visitor import DESK
from pages.sweep import plan_form, storage
from pages.sweep import screen as sweep_screen
from pages.sweep.news import SWEEP

pytestmark = pytest.mark.slow

BASE = RunConfig.make(dataset="digits", hidden_units=(16,), pretrain_epochs=1, max_iterations=20, batch_size=64)
SPACE = {"cluster_learning_rate": {"low": 1e-4, "high": 1e-1, "log": True}, "n_clusters": {"low": 5, "high": 15}}
TOLD = [
    (0.001, 10, 0.7),
    (0.01, 12, 0.6),
    (0.002, 6, 0.5),
    (0.004, 8, 0.55),
    (0.05, 14, "pruned"),
    (0.1, 5, "diverged"),
]


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "runs"
    root.mkdir()
    with app_over(root):
        yield root


def stored(root):
    """A sweep whose first six trials have been told, not trained; two are left."""
    (root / "sweeps.db").write_bytes(_told())
    return studies.open_study(f"sqlite:///{(root / 'sweeps.db').resolve()}", "rates")


@cache
def _told() -> bytes:
    """Its database, made once: Optuna takes seconds for a new one."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/sweeps.db"
        plan = SweepPlan.make(name="rates", base=BASE, space=SPACE, n_trials=8)
        studies.create(plan, url)
        storage = studies.connect(url)
        queue = Queue(storage, studies.study_in(storage, plan.name))
        for rate, k, value in TOLD:
            trial, _ = queue.take()
            trial.study.sampler = _Fixed({"cluster_learning_rate": rate, "n_clusters": k})
            trial.suggest_float("cluster_learning_rate", 1e-4, 1e-1, log=True)
            trial.suggest_int("n_clusters", 5, 15)
            if isinstance(value, str):
                trial.set_user_attr("ended", value)
                queue.study.tell(trial, None, TrialState.PRUNED)
            else:
                scores = {"acc": value + 0.1, "nmi": 0.5, "ari": 0.4, "agreement": value, "silhouette": 0.9}
                trial.set_user_attr("scores", scores)
                queue.study.tell(trial, value)
        with closing(sqlite3.connect(f"{folder}/sweeps.db")) as database:
            return database.serialize()


class _Fixed:
    """A sampler that gives what it was told."""

    def __init__(self, params):
        self.params = params

    def __getattr__(self, name):  # before and after a trial nothing is to be done
        return lambda *_: {}

    def sample_independent(self, study, trial, name, distribution):
        return self.params[name]


def screen(**query):
    at = opened_at("sweep", **query)
    assert not at.exception
    return at


def line(at) -> str:
    (found,) = [item.value for item in at.markdown if " trials" in item.value and " of " in item.value]
    return found


def named(at, label):
    (found,) = [item for item in at.button if item.label == label]
    return found


# -- whether there is something new


def stamp(name="rates"):
    return SWEEP.stamp_now(name)


def test_it_is_the_same_until_something_is_stored_of_the_sweep(root, monkeypatch):
    study = stored(root)
    before = stamp()
    assert before and stamp() == before
    trial = study.ask()
    trial.suggest_int("n_clusters", 5, 15)
    begun = stamp()
    assert begun != before
    study.tell(trial, 0.9)
    ended = stamp()
    assert ended != begun
    studies.pause(study)
    assert stamp() != ended


def test_what_nobody_sees_of_a_sweep_is_no_news(root):
    study = stored(root)
    trial = study.ask()
    before = stamp()
    trial.report(0.5, 1)
    assert stamp() == before


def test_it_is_read_again_only_where_the_database_was_written_to(root, monkeypatch):
    stored(root)
    before = stamp()
    monkeypatch.setattr(studies, "table", None)  # to be called by nobody
    assert stamp() == before


@pytest.mark.parametrize("name", ["nothing", "..", "", "%00", "x" * 5000])
def test_there_is_none_of_a_sweep_that_is_not_there(root, name):
    stored(root)
    assert stamp(name) == "" and not SWEEP.may_hear(name, DESK)


# -- planning


def test_an_empty_screen_offers_to_begin(root):
    at = screen()
    assert not named(at, "Start the sweep").disabled
    assert any("its trials appear here" in item.value for item in at.markdown)


def test_before_any_run_has_ended_it_is_said_how_long_a_sweep_may_take(root, monkeypatch):
    monkeypatch.setattr(plan_form, "expected_seconds", lambda config, rates: (60.0, 30.0, 30.0))
    said = [item.value for item in screen().caption]
    assert any(line.startswith("20 runs, about 40 min without pruning.") for line in said), said


def test_start_stores_the_plan_that_the_form_shows(root):
    at = screen()
    at.number_input(key="n_trials").set_value(7)
    at.text_input(key="sweep_name").set_value("mine").run()
    named(at, "Start the sweep").click().run()
    assert not at.exception
    ((url, name),) = NoWorkers.swept
    plan = studies.plan_of(studies.open_study(url, name))
    assert (plan.name, plan.n_trials, plan.objective) == ("mine", 7, "agreement")
    assert plan.base == PRESETS["first-look"] and set(plan.space) == {"cluster_learning_rate", "n_clusters"}
    assert line(at).startswith("**0 of 7 trials**") and at.query_params["sweep"] == "mine"


def test_a_double_click_starts_one_sweep_and_complains_of_nothing(root, monkeypatch):
    once = plan_form._start
    monkeypatch.setattr(plan_form, "_start", lambda plan: [once(plan), once(plan)])  # before anything is drawn anew
    at = screen()
    named(at, "Start the sweep").click().run()
    assert not at.exception and not at.toast and len(NoWorkers.swept) == 1


def test_a_name_that_is_taken_is_said_before_anything_is_lost(root):
    stored(root)
    at = screen()
    at.text_input(key="sweep_name").set_value("rates").run()
    named(at, "Start the sweep").click().run()
    assert not at.exception and not NoWorkers.swept
    assert ["rates" in item.value for item in at.toast] == [True]
    assert line(at).startswith("**6 of 8")


@pytest.mark.parametrize("name", ["two words", "ä", "x" * 70])
def test_a_name_that_cannot_be_is_said_at_the_form(root, name):
    at = screen()
    at.text_input(key="sweep_name").set_value(name).run()
    assert named(at, "Start the sweep").disabled
    assert any("Name:" in item.value for item in at.caption)


def test_labels_are_used_only_where_one_asks_for_it(root):
    at = screen()
    (toggle,) = [item for item in at.toggle if item.label == "Tune by labels"]
    assert not toggle.value
    toggle.set_value(True).run()
    named(at, "Start the sweep").click().run()
    assert any("Tuned by labels" in item.value for item in at.caption)
    ((url, name),) = NoWorkers.swept
    assert studies.plan_of(studies.open_study(url, name)).objective == "acc"


def test_what_was_planned_is_still_there_when_one_comes_back(root):
    at = screen()
    at.number_input(key="n_trials").set_value(7).run()
    at.switch_page("inspect/inspect.py")
    at.run()
    assert not at.exception and not [item for item in at.number_input if item.key == "n_trials"]
    at.switch_page("sweep/sweep.py")
    at.run()
    assert at.number_input(key="n_trials").value == 7 and not at.warning


def test_a_grid_is_still_there_when_one_comes_back(root):
    at = screen()
    at.segmented_control(key="plan_sampler").set_value("grid").run()
    (rate, _) = (item for item in at.text_input if item.key.startswith("values_"))
    rate.set_value("0.001, 0.01").run()
    for page in ("inspect/inspect.py", "train/train.py", "sweep/sweep.py"):
        at.switch_page(page)
        at.run()
        assert not at.exception
    (rate, _) = (item for item in at.text_input if item.key.startswith("values_"))
    assert rate.value == "0.001, 0.01" and at.number_input(key="n_trials").disabled


# -- watching and going on


def test_a_sweep_shows_where_it_stands_and_how_far_it_can_be_trusted(root):
    stored(root)
    at = screen()
    assert line(at).startswith("**6 of 8 trials · best agreement 0.700, trial 0**")
    assert "no worker is active" in line(at)
    assert any("appears after 15 finished trials" in item.value for item in at.caption)  # not of four
    assert not any("1.00" in item.value for item in at.caption)
    (table,) = [item.value for item in at.dataframe]
    assert table["Trial"].tolist()[:4] == [0, 1, 3, 2]
    assert table["State"].tolist()[4:] == ["pruned", "diverged", "waiting", "waiting"]
    assert table["ACC"].tolist()[0] == pytest.approx(80)


def test_resume_takes_the_pause_back_and_finds_a_worker(root):
    study = stored(root)
    studies.pause(study)
    at = screen()
    assert "paused" in line(at)
    study.set_user_attr("trouble", "its images are not here")
    named(at, "Resume").click().run()
    assert [name for _, name in NoWorkers.swept] == ["rates"]
    assert not studies.is_paused(study) and not studies.trouble(study)


def test_pause_lets_go_of_the_worker_so_that_another_sweep_can_begin(root, monkeypatch):
    study = stored(root)
    monkeypatch.setattr(NoWorkers, "is_sweeping", lambda self, name: True)
    at = screen()
    named(at, "Pause").click().run()
    assert studies.is_paused(study) and NoWorkers.left == ["rates"]


@pytest.mark.parametrize("question", ["table", "is_paused"])  # at first, and in the midst of drawing
def test_what_a_database_does_not_answer_is_said_and_asked_again(root, monkeypatch, question):
    from optuna.exceptions import StorageInternalError

    def gone(study):
        raise StorageInternalError("gone")

    stored(root)
    asked = []
    monkeypatch.setattr(sweep_screen, "redraw_on_news", lambda *args: asked.append(args))
    monkeypatch.setattr(studies, question, gone)
    at = screen()
    assert any("does not respond" in error.value for error in at.error) and len(asked) == 1


def test_ten_more_trials_are_planned(root, monkeypatch):
    study = stored(root)
    at = screen()
    once = storage.extend
    monkeypatch.setattr(storage, "extend", lambda *args: [once(*args), once(*args)])  # a double click, before a redraw
    at.run()
    named(at, "10 more").click().run()
    assert len(studies.trials(study)) == 18 and "of 18 trials" in line(at)


def test_the_best_trial_becomes_a_preset_of_the_form(root, monkeypatch):
    study = stored(root)
    run = RunFolder.create(root, BASE, "stopped")
    rows = studies.table(study)
    rows[0]["runs"] = [run.id]
    monkeypatch.setattr(studies, "table", lambda study: rows)
    at = screen()
    at.text_input(key="preset_rates_0").set_value("good-rate").run()
    named(at, "Save preset").click().run()
    assert not at.exception
    at = opened_at("train", preset="good-rate")
    assert not at.exception and at.selectbox(key="preset").value == "good-rate"
    assert at.number_input(key="cluster_learning_rate").value == 0.001


def test_a_grid_asks_for_values_and_tries_every_combination(root):
    at = screen()
    at.segmented_control(key="plan_sampler").set_value("grid").run()
    assert not at.exception and at.number_input(key="n_trials").disabled
    rate, clusters = (item for item in at.text_input if item.key.startswith("values_"))
    rate.set_value("0.001, 0.01, much").run()
    assert named(at, "Start the sweep").disabled and any("learning rate" in item.value for item in at.caption)
    rate, clusters = (item for item in at.text_input if item.key.startswith("values_"))
    rate.set_value("0.001, 0.01")
    clusters.set_value("8..10").run()
    assert any(item.value.startswith("6 runs, 6 combinations") for item in at.caption)
    named(at, "Start the sweep").click().run()
    ((url, name),) = NoWorkers.swept
    tried = studies.plan_of(studies.open_study(url, name)).combinations()
    assert [list(each.values()) for each in tried] == [[r, k] for r in (0.001, 0.01) for k in (8, 9, 10)]


def test_values_that_no_field_takes_are_said_at_the_form(root):
    at = screen()
    at.segmented_control(key="plan_sampler").set_value("grid").run()
    for text in (",".join(str(value) for value in range(3, 60)), "nan, 0.1", "1..20000"):
        (field,) = [
            item for item in at.text_input if item.key.startswith("values_cluster" if "nan" in text else "values_n")
        ]
        field.set_value(text).run()
        assert not at.exception and named(at, "Start the sweep").disabled


def test_how_long_a_sweep_takes_is_told_by_the_middle_of_runs_like_it(root):
    for seconds in (10.0, 20.0, 900.0):
        run = RunFolder.create(root, PRESETS["first-look"], "finished")
        run.set_status(replace(run.status, seconds={"clustering": seconds}))
    at = screen()
    at.number_input(key="n_trials").set_value(3).run()
    assert any(item.value.startswith(f"3 runs, {duration(60)} ") for item in at.caption)


def test_a_link_to_a_sweep_that_is_not_there_says_so(root):
    stored(root)
    at = screen(sweep="nowhere")
    assert any("no sweep 'nowhere'" in item.value for item in at.warning) and line(at)


# -- presets of one's own


def test_own_presets_are_kept_without_their_seed_and_damaged_ones_left_out(tmp_path):
    keep_preset(tmp_path, "mine", BASE.changed(random_state=5))
    keep_preset(tmp_path, "other", BASE.changed(latent_dim=3))
    assert own_presets(tmp_path) == {"mine": BASE, "other": BASE.changed(latent_dim=3)}
    text = (tmp_path / "presets.json").read_text()
    (tmp_path / "presets.json").write_text(text.replace('"latent_dim": 3', '"latent_dim": 0'))
    assert own_presets(tmp_path) == {"mine": BASE}
    with pytest.raises(ValueError, match="there is a preset mine"):
        keep_preset(tmp_path, "mine", BASE.changed(latent_dim=5))
    keep_preset(tmp_path, "third", BASE)
    assert '"latent_dim": 0' in (tmp_path / "presets.json").read_text()  # what cannot be read is not lost
    (tmp_path / "presets.json").write_text("{")
    assert own_presets(tmp_path) == {}
    with pytest.raises(ValueError, match="damaged"):
        keep_preset(tmp_path, "fourth", BASE)
    assert (tmp_path / "presets.json").read_text() == "{"


@pytest.mark.parametrize("name", ["fast", "Two Words", "", "-a", "../x"])
def test_names_of_presets_that_cannot_be_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="name: "):
        keep_preset(tmp_path, name, BASE)
    assert not (tmp_path / "presets.json").exists()


# -- figures

ROWS = [
    {"number": i, "state": "finished" if isinstance(v, float) else v, "value": v if isinstance(v, float) else None,
     "params": {"cluster_learning_rate": rate, "n_clusters": k, "augment": bool(i % 2)}}
    for i, (rate, k, v) in enumerate(TOLD)
]  # fmt: skip
TITLES = {"cluster_learning_rate": "Learning rate", "n_clusters": "Clusters", "augment": "Distort images"}


def test_history_shows_every_trial_and_the_best_so_far():
    figure = figures.history([ROWS[2], ROWS[1], ROWS[0], ROWS[4], ROWS[5]], "agreement")
    (best,) = [trace for trace in figure.data if trace.name == "best so far"]
    assert list(best.y) == [0.5, 0.6, 0.7]
    drawn = {trace.name: list(trace.y) for trace in figure.data}
    assert drawn["pruned"] == [0.5] and drawn["diverged"] == [0.5]  # at the foot
    assert figures.history([], "acc").data == ()


def test_parallel_coordinates_name_choices_and_orders_of_magnitude():
    finished = [row for row in ROWS if row["value"] is not None]
    rate, clusters, distort, value = figures.axes_of(finished, TITLES, ["cluster_learning_rate"], "agreement")
    assert rate["values"] == pytest.approx([-3, -2, -2.69897, -2.39794]) and "0.01" in rate["ticktext"]
    assert clusters["values"] == [10, 12, 6, 8] and clusters["ticktext"] == ["6", "12"]
    assert distort["ticktext"] == ["no", "yes"] and distort["values"] == [0, 1, 0, 1]
    assert value["values"] == [0.7, 0.6, 0.5, 0.55] and value["label"] == "agreement"
    figure = figures.parallel(ROWS, TITLES, ["cluster_learning_rate"], "agreement")
    assert {trace.type for trace in figure.data} == {"scatter"}  # no WebGL: it would need JavaScript made from text
    *_, best = figure.data  # on top: 10 clusters of 6 to 12, not distorted
    assert best.name == f"trial {ROWS[0]['number']}" and list(best.y) == pytest.approx([0, 2 / 3, 0, 1])
    assert figures.parallel(ROWS[:1], TITLES, [], "agreement") is None
    alike = [row | {"params": {"n_clusters": 10}} for row in finished]
    assert {trace.y[0] for trace in figures.parallel(alike, {"n_clusters": "k"}, [], "agreement").data} == {0.5}


def test_slices_wait_for_two_trials_and_importances_for_many(root):
    study = stored(root)
    titles = {name: TITLES[name] for name in SPACE}
    assert figures.slices(study, titles, "agreement").layout.xaxis.title.text in titles.values()
    assert figures.importances(study, titles) is None  # four say nothing
    empty = studies.create(SweepPlan.make(name="none", base=BASE, space=SPACE), f"sqlite:///{root}/none.db")
    assert figures.slices(empty, titles, "agreement") is None and figures.importances(empty, titles) is None


def test_whole_numbers_over_orders_of_magnitude_have_readable_ticks():
    rows = [{"number": i, "state": "finished", "value": i / 10, "params": {"x": v}} for i, v in enumerate([2, 3, 8])]
    axis = figures.axes_of(rows, {"x": "x"}, ["x"], "agreement")[0]
    assert axis["ticktext"] == ["2", "5"] and axis["tickvals"] == pytest.approx([math.log10(2), math.log10(5)])


def test_slices_of_a_switch_say_yes_and_no():
    study = optuna.create_study(direction="maximize", sampler=RandomSampler(seed=0))
    study.optimize(lambda trial: float(trial.suggest_categorical("augment", [False, True])), n_trials=6)
    assert list(figures.slices(study, TITLES, "agreement").layout.xaxis.ticktext) == ["no", "yes"]


def test_importances_tell_the_field_that_matters():
    def objective(trial):
        rate = trial.suggest_float("cluster_learning_rate", 1e-4, 1e-1, log=True)
        trial.suggest_int("n_clusters", 5, 15)
        return -abs(math.log10(rate) + 2)

    study = optuna.create_study(direction="maximize", sampler=RandomSampler(seed=0))
    study.optimize(objective, n_trials=40)
    (bars,) = figures.importances(study, TITLES).data
    shares = dict(zip(bars.y, bars.x, strict=True))
    assert sum(bars.x) == pytest.approx(100) and shares["Learning rate"] > 2 * shares["Clusters"]
    alike = optuna.create_study(direction="maximize")
    alike.optimize(lambda trial: 0 * trial.suggest_float("n_clusters", 0, 1), n_trials=20)
    assert figures.importances(alike, TITLES) is None


def test_history_shows_a_trial_whose_number_is_beyond_their_count():
    rows = [*ROWS[:3], ROWS[3] | {"number": 9}]
    low, high = figures.history(rows, "agreement").layout.xaxis.range
    assert low < 0 and high > 9


def test_numbers_among_words_stay_numbers():
    values = [None, 1.0, 0.1, 10, True]
    rows = [{"number": i, "state": "finished", "value": i / 10, "params": {"x": v}} for i, v in enumerate(values)]
    axis = figures.axes_of(rows, {"x": "x"}, [], "agreement")[0]
    assert axis["ticktext"] == ["0.1", "1.0", "yes", "10", "–"]
    assert axis["values"] == [4, 1, 0, 3, 2]
