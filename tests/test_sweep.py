"""Sweeps: plans, the queue that workers share, what becomes of trials, the commands; mostly without training."""

import itertools
import json
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState
from timing import PATIENCE, Clock, wait_for

from dec_core.cli import main
from dec_core.config import ConfigError, applies
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.status import this_process
from dec_core.sweeps import outcome, studies
from dec_core.sweeps.plan import SweepPlan, plan_fields
from dec_core.sweeps.space import Choices, Range, default_range, parse_range, sweepable
from dec_core.work.control import Control
from dec_core.work.sweep_worker import Queue, is_left, sampler, work
from dec_core.work.worker import sweep
from dec_core.work.worker_process import TURN_OVER

pytestmark = pytest.mark.slow

LATENT = {"latent_dim": {"low": 2, "high": 7}}

JUDGED = {"event": "Judged", "pair": [0, 1], "border": 0.1, "best": 0.1, "cluster": 0, "size": 1.1, "valley": 0.9,
          "splits": False, "merges": False, "apart": False}  # fmt: skip


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'sweeps.db'}"


def planned(base, space=LATENT, **values) -> SweepPlan:
    return SweepPlan.make(**{"name": "s", "base": base, "space": space, "sampler": "random", "n_trials": 3, **values})


@pytest.fixture
def stand_in(monkeypatch):
    """For training: agreement is latent_dim / 10, acc half of that; 9 and 10 diverge, 8 raises, 1 collapses."""
    import dec_core.work.recorder as recorder

    def record(folder):
        config, d = folder.config, folder.config.latent_dim
        folder.set_status(replace(folder.status, state="running", **this_process()))
        scores = {"acc": d / 20, "nmi": 0.5, "ari": 0.5}

        def tell(**values):
            folder.append(values)
            return values

        try:
            for i in range(11):
                iteration = i * config.max_iterations // 10
                yield tell(event="TargetUpdated", iteration=iteration, **scores)
                yield tell(**JUDGED, iteration=iteration, agreement=d / 10, silhouette=0.1)
                if i == 3 and d == 9:
                    folder.set_status(replace(folder.status, state="failed"))
                    yield tell(event="Diverged", message="the loss is not a number")
                if i == 3 and d == 8:
                    raise RuntimeError("out of luck")
        except GeneratorExit:
            folder.set_status(replace(folder.status, state="stopped"))
            raise
        yield tell(event="Finished", sizes=[10, 0 if d == 1 else 10])
        yield tell(
            **JUDGED,
            agreement={1: 0.0, 10: float("nan")}.get(d, d / 10),
            silhouette=0.2,
            iteration=config.max_iterations,
        )
        folder.set_status(replace(folder.status, state="finished", outcome=scores, seconds={"clustering": 2.0}))

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr("dec_core.work.sweep_worker._free_memory", lambda: None)  # there are no networks


# -- plans


@settings(max_examples=40)
@given(st.data())
def test_whatever_is_drawn_from_default_ranges_is_a_valid_config(data):
    base = PRESETS[data.draw(st.sampled_from(sorted(PRESETS)))]
    names = data.draw(st.lists(st.sampled_from(sweepable(base)), min_size=1, max_size=5, unique=True))
    plan = planned(base, {name: default_range(name, base) for name in names}, objective="acc")
    assert SweepPlan.from_json(plan.to_json()) == plan

    def choose(name, span):
        if isinstance(span, Choices):
            return data.draw(st.sampled_from(span.choices))
        whole = isinstance(span.low, int) and isinstance(span.high, int)
        return data.draw(st.integers(span.low, span.high) if whole else st.floats(span.low, span.high))

    params = plan.draw(choose)
    config = plan.config(params, seed=1)
    assert config.random_state == base.random_state + 1
    assert all(applies(name, config) for name in params)
    assert set(params) == {name for name in names if applies(name, config)}


def test_every_problem_of_a_plan_is_told_at_once(small):
    space = {
        "alpha": {"low": 0.0, "high": 1.0},
        "gamma": {"low": 0.1, "high": 1.0},
        "dataset": {"choices": ["mnist"]},
        "deskew": {"choices": [True, False]},
        "autoencoder": {"low": 1, "high": 2},
        "momentum": {"low": 0.9, "high": 0.1},
        "tol": {"from": 1},
        "colour": {"choices": [1]},
        "latent_dim": {"choices": [3, 3]},
    }
    with pytest.raises(ConfigError) as told:
        planned(small, space)
    problems = told.value.problems
    assert "greater than or equal to 0.1" in problems["alpha"] and "no effect" in problems["gamma"]
    assert "another sweep" in problems["dataset"] and "agreement is measured" in problems["deskew"]
    assert "not a number" in problems["autoencoder"] and "low below high" in problems["momentum"]
    assert (
        '"choices"' in problems["tol"] and "no such field" in problems["colour"] and "twice" in problems["latent_dim"]
    )
    with pytest.raises(ConfigError, match="n_trials: received 0"):
        planned(small, n_trials=0)
    with pytest.raises(ConfigError, match="at least one field"):
        planned(small, {})


def test_a_field_that_acts_with_a_choice_alone_may_vary_and_is_drawn_only_then(small):
    plan = planned(small, {"gamma": {"choices": [0.1, 1.0]}, "method": {"choices": ["dec", "joint"]}}, sampler="grid")
    assert plan.combinations() == [
        {"method": "dec"},
        {"method": "joint", "gamma": 0.1},
        {"method": "joint", "gamma": 1.0},
    ]
    assert plan.n_planned == 3


def test_values_that_cannot_be_together_are_found_before_a_trial_is(small):
    with pytest.raises(ConfigError, match="cannot be together"):
        space = {"n_samples": {"low": 50, "high": 500}, "batch_size": {"choices": [32, 128]}}
        planned(small.changed(batch_size=32), space, objective="acc")


def test_a_grid_wants_choices_or_whole_numbers_and_not_too_many(small):
    assert planned(small, LATENT, sampler="grid").n_planned == 6
    with pytest.raises(ConfigError, match="a grid needs a list of values"):
        planned(small, {"alpha": {"low": 1.0, "high": 2.0}}, sampler="grid")
    with pytest.raises(ConfigError, match="1000 can be tried"):
        planned(small, {"latent_dim": {"low": 2, "high": 60}, "batch_size": {"low": 64, "high": 128}}, sampler="grid")


def test_every_trial_of_a_random_search_draws_for_itself(small):
    plan = SweepPlan.make(name="x", base=small, space={"latent_dim": {"low": 2, "high": 40}}, sampler="random")
    drawn = set()
    for number in range(8):
        study = optuna.create_study(sampler=sampler(plan, number))
        drawn.add(study.ask().suggest_int("latent_dim", 2, 40))
    assert len(drawn) > 4


def test_seeds_that_would_run_out_are_told_before_a_trial_fails(small):
    with pytest.raises(ConfigError, match="n_seeds"):
        SweepPlan.make(
            name="x", base=small.changed(random_state=2**31 - 1), space={"latent_dim": {"low": 2, "high": 4}}, n_seeds=2
        )


def test_a_grid_too_large_to_look_through_is_refused_at_once(small):
    space = {
        "method": {"choices": ["kmeans", "dec"]},
        "pretrain_epochs": {"low": 1, "high": 500},
        "max_iterations": {"low": 1, "high": 20_000},
    }
    with pytest.raises(ConfigError, match="20000000 combinations"):
        SweepPlan.make(name="x", base=small, space=space, sampler="grid")


def test_ranges_on_the_command_line(small):
    assert parse_range("latent_dim", "2..8", small) == Range(low=2, high=8)
    assert parse_range("cluster_learning_rate", "0.001..1:log", small) == Range(low=0.001, high=1.0, log=True)
    assert parse_range("cluster_optimizer", "sgd, adam", small).choices == ("sgd", "adam")
    assert parse_range("hidden_units", "64-32,128-64", small).choices == ("64-32", "128-64")
    assert parse_range("augment", "true,false", small).choices == (True, False)
    assert parse_range("latent_dim", "", small) == Range(low=5, high=20)
    for text in ("a..b", "1.."):
        with pytest.raises(ConfigError, match="latent_dim"):
            planned(small, {"latent_dim": parse_range("latent_dim", text, small)})
    with pytest.raises(ConfigError, match="no such field"):
        parse_range("colour", "1..2", small)


def test_fields_of_a_plan_are_told_like_those_of_a_config():
    described = plan_fields()
    assert described["sampler"]["choices"] == ["tpe", "random", "grid"] and described["n_trials"]["default"] == 20
    assert all(field["label"] and field["help"].endswith(".") for field in described.values())


# -- the store and the queue


def test_a_sweep_is_made_once_found_again_and_extended(url, small):
    study = studies.create(planned(small), url)
    assert [row["state"] for row in studies.table(study)] == ["waiting"] * 3
    studies.extend(studies.open_study(url, "s"), 2)
    assert len(studies.trials(studies.open_study(url, "s"))) == 5
    assert studies.plan_of(study) == planned(small)
    with pytest.raises(ValueError, match="there is a sweep named s"):
        studies.create(planned(small), url)
    with pytest.raises(ValueError, match="no sweep named t; there are: s"):
        studies.open_study(url, "t")
    with pytest.raises(ValueError, match=r"received 1000, expected 1\.\.995"):
        studies.extend(study, 1000)
    with pytest.raises(ValueError, match="every combination"):
        studies.extend(studies.create(planned(small, name="g", sampler="grid"), url), 1)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("nonsense", "expected an address"),
        ("mysql://a/b", "expected sqlite"),
        ("sqlite:///nowhere/to/be.db", "no file"),
        ("postgresql://me:secret@127.0.0.1:1/x", r"me:\*\*\*@127.0.0.1:1/x cannot be used: .*refused"),
    ],
)
def test_databases_that_cannot_be_used_are_told(address, told):
    with pytest.raises(ValueError, match=told) as error:
        studies.open_study(address, "s")
    assert "secret" not in str(error.value)


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "x.db").write_text("a letter to my aunt" * 99)
    with pytest.raises(ValueError, match="not a database"):
        studies.open_study(f"sqlite:///{tmp_path / 'x.db'}", "s")


def test_racing_workers_never_take_the_same_trial(url, small):
    studies.create(planned(small, n_trials=12), url)
    taken, start = [], threading.Barrier(3)

    def take():
        storage = studies.connect(url)
        queue = Queue(storage, studies.study_in(storage, "s"))
        start.wait()
        while found := queue.take():
            taken.append(found[0].number)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(taken) == list(range(12))


def test_a_silent_worker_loses_its_trial_and_what_is_known_of_it_is_kept(url, small):
    study = studies.create(planned(small, n_trials=2), url)
    storage = studies.connect(url)
    queue = Queue(storage, studies.study_in(storage, "s"))
    first, _ = queue.take()
    first.set_user_attr("runs", ["a run"])
    drawn = first.suggest_int("latent_dim", 2, 7)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE trial_heartbeats SET heartbeat = datetime(heartbeat, '-1 hour')")  # as of long ago
    again, _ = queue.take()
    assert again.number == 2 and again.user_attrs["runs"] == ["a run"]
    assert again.suggest_int("latent_dim", 2, 7) == drawn
    rows = studies.table(study)
    assert [(row["number"], row["state"]) for row in rows] == [(0, "running"), (1, "waiting")]
    assert not queue.is_empty()


def test_a_trial_that_ends_its_workers_is_given_up_but_not_for_those_that_were_stopped(url, small):
    study = studies.create(planned(small, n_trials=1), url)
    storage = studies.connect(url)
    queue = Queue(storage, studies.study_in(storage, "s"))
    for n in range(studies.MOST_RETRIES + 3):
        trial, _ = queue.take()
        if n < 2:  # was told to stop
            trial.set_user_attr("given_back", n + 1)
        study.tell(trial.number, state=TrialState.FAIL)
        studies.retry(study, study.trials[trial.number])
    assert queue.take() is None and queue.is_empty()
    assert [row["state"] for row in studies.table(study)] == ["failed"]
    assert studies.table(study)[0]["ended"] == "its workers ended"


def test_a_lost_trial_that_nobody_queued_again_is_queued_once(url, small):
    study = studies.create(planned(small, n_trials=1), url)
    storage = studies.connect(url)
    queues = [Queue(storage, studies.study_in(storage, "s")) for _ in range(2)]
    trial, _ = queues[0].take()
    study.tell(trial.number, state=TrialState.FAIL)  # and then its finder died
    assert [queue.take() for queue in queues] == [None, None]  # somebody may be about to
    lost = study.trials[0]
    studies.retry(study, lost)
    studies.retry(study, lost)  # two did, at once
    taken = [queue.take() for queue in queues]
    assert [item and item[0].number for item in taken] == [1, None]
    assert [row["state"] for row in studies.table(study)] == ["running"]


# -- trials


def test_a_sweep_is_worked_on_to_its_end(tmp_path, url, small, stand_in):
    study = studies.create(planned(small, sampler="grid", n_seeds=2), url)
    progress = []
    assert work(url, "s", tmp_path, tell=lambda *said: progress.append(said)) == 6
    assert [counts for _, *counts in progress] == [[n, 6] for n in range(1, 7)]
    rows = studies.table(study)
    assert [row["value"] for row in rows] == pytest.approx([d / 10 for d in range(2, 8)])
    assert outcome.best(rows)["params"] == {"latent_dim": 7}
    assert rows[0]["scores"] == pytest.approx({"acc": 0.1, "nmi": 0.5, "ari": 0.5, "agreement": 0.2, "silhouette": 0.2})
    assert [seed["seed"] for seed in rows[0]["per_seed"]] == [0, 1] and rows[0]["seconds"] == 4.0
    run = RunFolder(tmp_path / rows[3]["runs"][1])
    assert run.config == small.changed(latent_dim=5, random_state=1)
    belongs = json.loads((run.path / "sweep.json").read_text())
    assert belongs == {"study": "s", "trial": 3, "storage": url, "by_labels": False}
    lines = studies.as_csv(rows, studies.plan_of(study)).splitlines()
    assert lines[0].startswith("number,state,value,ended,seconds,latent_dim,acc") and len(lines) == 7
    assert work(url, "s", tmp_path) == 0  # nothing is left


def test_diverged_failed_and_collapsed_trials_are_results_and_the_sweep_goes_on(tmp_path, url, small, stand_in):
    space = {"latent_dim": {"choices": [1, 8, 9, 5, 10]}}
    study = studies.create(planned(small, space, sampler="grid", pruner="none"), url)
    assert work(url, "s", tmp_path) == 5
    rows = {row["params"]["latent_dim"]: (row["state"], row["ended"], row["value"]) for row in studies.table(study)}
    assert rows[1] == ("finished", "collapsed", 0.0)
    assert rows[8] == ("failed", "RuntimeError: out of luck", None)
    assert rows[9] == rows[10] == ("diverged", "diverged", None)
    assert rows[5] == ("finished", "", 0.5)


@pytest.mark.parametrize("pruner", ["median", "halving", "none"])
def test_bad_trials_are_cut_short(tmp_path, url, small, stand_in, pruner):
    space = {"latent_dim": {"choices": [7, 6, 5, 4, 3, 2]}}
    study = studies.create(planned(small, space, sampler="grid", pruner=pruner, n_seeds=2), url)
    work(url, "s", tmp_path)
    states = [row["state"] for row in studies.table(study)]
    assert states[0] == "finished" and states[-1] == ("finished" if pruner == "none" else "pruned")
    worst = studies.table(study)[-1]
    if pruner != "none":
        run = RunFolder(tmp_path / worst["runs"][0])
        assert run.status.state == "stopped" and "Cut short" in run.status.message
        assert len(worst["runs"]) == 1 and len(worst["reports"]) < 5


def test_label_scores_may_be_looked_for_where_there_are_labels(tmp_path, url, small, stand_in):
    plan = planned(small, objective="acc")
    study = studies.create(plan, url)
    work(url, "s", tmp_path)
    assert plan.uses_labels and not planned(small).uses_labels
    assert all(row["value"] == row["scores"]["acc"] == row["params"]["latent_dim"] / 20 for row in studies.table(study))
    assert sorted(studies.table(study)[0]["reports"]) == list(range(11))  # once in each tenth


def test_used_up_minutes_end_a_sweep_and_going_on_renews_them(tmp_path, url, small, stand_in):
    study = studies.create(planned(small, minutes=10.0), url)
    study.set_user_attr("deadline", time.time() - 1)
    assert studies.is_over(study) and work(url, "s", tmp_path) == 0
    studies.resume(study)
    assert work(url, "s", tmp_path) == 3


def test_a_turn_is_one_trial_and_says_whether_there_are_more(tmp_path, url, small, stand_in):
    study = studies.create(planned(small), url)
    wanted = {"storage": url, "study": "s", "root": str(tmp_path)}
    for n_ended, code in ((1, TURN_OVER), (2, TURN_OVER), (3, 0)):
        control = Control()
        control.tell("turn")
        assert sweep(wanted, control) == code
        assert sum(row["state"] != "waiting" for row in studies.table(study)) == n_ended
    studies.extend(study, 2)
    assert is_left(url, "s")
    studies.pause(study)
    assert not is_left(url, "s"), "of a sweep that is paused, there is no next turn"


def test_a_worker_whose_turn_is_over_does_not_wait_for_ever_for_trials_of_others(tmp_path, url, small, monkeypatch):
    study = studies.create(planned(small, n_trials=1), url)
    study.ask()  # by a worker elsewhere
    monkeypatch.setattr("dec_core.work.sweep_worker.LOOK_EVERY", 0.02)
    monkeypatch.setattr("dec_core.work.sweep_worker.TURN", 0.1)
    control = Control()
    control.tell("turn")
    assert sweep({"storage": url, "study": "s", "root": str(tmp_path)}, control) == TURN_OVER


class Watched(Control):
    """Counts how often a worker has looked at it."""

    looks = 0

    def holds(self):
        self.looks += 1
        return super().holds()

    def is_looked_at(self):
        """Wait until the worker has gone once from one look to the next."""
        wanted = self.looks + 2
        assert wait_for(lambda: self.looks >= wanted)


def test_a_paused_sweep_waits_and_a_worker_obeys_its_parent(tmp_path, url, small, stand_in, monkeypatch):
    study = studies.create(planned(small), url)
    studies.pause(study)
    monkeypatch.setattr("dec_core.work.sweep_worker.LOOK_EVERY", 0.02)
    control = Watched()
    wanted = json.dumps({"storage": url, "study": "s", "root": str(tmp_path)})
    control._obey("sweep", wanted)
    task, argument = control.tasks.get()
    assert task == "sweep"
    thread = threading.Thread(target=sweep, args=(json.loads(argument), control))
    thread.start()
    control.is_looked_at()
    assert [row["state"] for row in studies.table(study)] == ["waiting"] * 3
    control._obey("pause", "")
    studies.resume(study)
    control.is_looked_at()
    assert thread.is_alive() and not list_runs(tmp_path)
    with control.changed:
        control._obey("resume", "")
        control.changed.notify_all()
    thread.join(PATIENCE)
    assert [row["state"] for row in studies.table(study)] == ["finished"] * 3


def test_the_first_seed_alone_is_held_against_other_trials(tmp_path, url, small, stand_in, monkeypatch):
    import dec_core.work.recorder as recorder

    plain = recorder.record

    def record(folder):
        """The first seed is over after half of its steps."""
        first = folder.config.random_state == 0
        yield from (e for e in plain(folder) if not first or e.get("iteration", 0) <= folder.config.max_iterations / 2)

    monkeypatch.setattr(recorder, "record", record)
    study = studies.create(planned(small, n_trials=1, n_seeds=2), url)
    work(url, "s", tmp_path)
    (row,) = studies.table(study)
    assert len(row["runs"]) == 2 and sorted(row["reports"]) == list(range(6))


def test_a_folder_of_another_config_is_not_gone_on_with(tmp_path, url, small, stand_in):
    study = studies.create(planned(small, sampler="grid"), url)
    others = RunFolder.create(tmp_path, small.changed(latent_dim=6), "finished")
    study._storage.set_trial_user_attr(study.trials[0]._trial_id, "runs", [others.id])
    work(url, "s", tmp_path)
    row = studies.table(study)[0]
    assert row["runs"] != [others.id]
    assert RunFolder(tmp_path / row["runs"][0]).config.latent_dim == row["params"]["latent_dim"] == 2


@pytest.fixture
def at_the_fifth_event(monkeypatch, stand_in):
    """Call something in the middle of the first run, and let workers look around often."""
    import dec_core.work.recorder as recorder

    plain, calls = recorder.record, []

    def record(folder):
        for n, event in enumerate(plain(folder)):
            if n == 5 and calls:
                calls.pop()()
            yield event

    monkeypatch.setattr(recorder, "record", record)
    monkeypatch.setattr("dec_core.work.sweep_trial.LOOK_EVERY", 0.0)
    return calls.append


def test_a_run_is_held_while_its_sweep_is_paused(tmp_path, url, small, at_the_fifth_event):
    study = studies.create(planned(small, n_trials=1), url)
    at_the_fifth_event(lambda: studies.pause(study))
    thread = threading.Thread(target=work, args=(url, "s", tmp_path))
    thread.start()
    assert wait_for(lambda: any(run.status.state == "paused" for run in list_runs(tmp_path)))
    (run,) = list_runs(tmp_path)
    n_records, shown = len(run.records()[0]), run.status.updated
    assert wait_for(lambda: run.status.updated > shown)  # it has looked again since
    assert run.status.state == "paused" and len(run.records()[0]) == n_records
    studies.resume(study)
    thread.join(PATIENCE)
    assert run.status.state == "finished" and studies.table(study)[0]["state"] == "finished"


def test_a_worker_leaves_a_trial_that_others_have_taken_over(tmp_path, url, small, at_the_fifth_event):
    study = studies.create(planned(small, n_trials=1), url)

    def take_over():
        study.tell(0, state=TrialState.FAIL)
        studies.retry(study, study.trials[0])

    at_the_fifth_event(take_over)
    assert work(url, "s", tmp_path) == 1
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE"]
    assert [(row["number"], row["state"]) for row in studies.table(study)] == [(0, "finished")]


def test_images_that_are_not_here_end_the_worker_and_no_trial(tmp_path, url, small, stand_in):
    study = studies.create(planned(small.changed(dataset="own-elsewhere")), url)
    with pytest.raises(ValueError, match="own-elsewhere"):
        work(url, "s", tmp_path)
    assert [row["state"] for row in studies.table(study)] == ["waiting"] * 3


def test_a_full_disk_ends_the_worker_and_leaves_the_trial_to_others(tmp_path, url, small, stand_in, monkeypatch):
    study = studies.create(planned(small, n_trials=1), url)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("dec_core.runs.folder.RunFolder.create", full)
        work(url, "s", tmp_path)
    assert work(url, "s", tmp_path) == 1
    assert [row["state"] for row in studies.table(study)] == ["finished"]


def test_a_trial_that_a_full_disk_has_ended_goes_on_in_its_folder(tmp_path, url, small, stand_in, monkeypatch):
    import dec_core.work.recorder as recorder

    study, whole = studies.create(planned(small, n_trials=1), url), recorder.record

    def full(folder):
        yield from itertools.islice(whole(folder), 3)
        folder.set_status(replace(folder.status, state="failed", message="The disk is full."))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorder, "record", full)
    with pytest.raises(OSError, match="No space"):
        work(url, "s", tmp_path)
    (run,) = list_runs(tmp_path)
    monkeypatch.setattr(recorder, "record", whole)
    assert work(url, "s", tmp_path) == 1
    assert studies.table(study)[0]["runs"] == [run.id] and run.status.state == "finished"


# -- with real training


def test_a_stopped_trial_goes_on_from_its_checkpoint_and_autoencoders_are_shared(tmp_path, url, small):
    base = small.changed(hidden_units=(16, 8), pretrain_epochs=3, max_iterations=100)
    space = {"cluster_learning_rate": {"choices": [0.01, 0.1]}}
    study = studies.create(planned(base, space, sampler="grid"), url)
    control = Control()
    stop_in_the_middle(control, tmp_path)
    assert work(url, "s", tmp_path, control) == 0
    (run,) = list_runs(tmp_path)
    assert run.status.state == "stopped"
    assert [row["state"] for row in studies.table(study)] == ["waiting", "waiting"]

    assert work(url, "s", tmp_path) == 2
    first, second = studies.table(study)
    assert first["runs"] == [run.id] and first["state"] == second["state"] == "finished"
    resumed = next(record for record in run.records()[0] if record["event"] == "Resumed")
    assert 0 < resumed["iteration"] < 100
    other = RunFolder(tmp_path / second["runs"][0])
    assert other.status.seconds["pretraining"] == run.status.seconds["pretraining"]  # the same one, not as long a one
    assert first["scores"]["agreement"] > 0 and -1 <= first["scores"]["silhouette"] <= 1


def test_what_a_sweep_reports_and_prunes_does_not_depend_on_the_machines_speed(tmp_path, small, monkeypatch):
    tiny = small.changed(n_samples=300, hidden_units=(16, 8), pretrain_epochs=3)
    base = tiny.changed(update_interval=10, max_iterations=100)
    space = {"cluster_learning_rate": {"choices": [0.1, 0.01, 1.0]}}
    tables = []
    for name, step in (("slow", 1000.0), ("fast", 1e-6)):
        (tmp_path / name).mkdir()
        url = f"sqlite:///{tmp_path / name / 'sweeps.db'}"
        study = studies.create(planned(base, space, sampler="grid", pruner="halving"), url)
        monkeypatch.setattr("dec_core.work.recorder.time", Clock(step))
        assert work(url, "s", tmp_path / name) == 3
        tables.append([(row["params"], row["state"], row["reports"]) for row in studies.table(study)])
    assert tables[0] == tables[1]
    assert len(tables[0][0][2]) >= 9  # of the tenths of the first trial, which nothing cuts short


def stop_in_the_middle(control: Control, root) -> None:
    """Say stop once a run clusters."""

    def watch():
        while not any(record["event"] == "TargetUpdated" and record["iteration"] for record in records()):
            time.sleep(0.01)
        control.stopped = True

    def records():
        return [record for run in list_runs(root) for record in run.records()[0]]

    threading.Thread(target=watch, daemon=True).start()


# -- what trials say


def finished(values):
    """Rows of trials of these values of agreement."""
    scores = [{"agreement": value, "silhouette": 0.5, "acc": 0.1 + value / 2} for value in values]
    return [
        {"number": number, "state": "finished", "value": score["agreement"], "scores": score}
        for number, score in enumerate(scores)
    ]


def test_trials_within_half_a_point_are_level_and_none_of_them_is_the_best():
    assert outcome.best_in_words(finished([0.61, 0.624, 0.55]), "agreement", 3) == "best agreement 0.624, trial 1"
    level = finished([0.624, 0.62401, 0.5, 0.6195])
    assert outcome.level_with_best(level) == [0, 1, 3]
    assert (
        outcome.best_in_words(level, "agreement", 3) == "trials 0, 1 and 3 are level at agreement 0.624 (within 0.005)"
    )
    assert outcome.best_in_words(finished([0.5] * 6), "ACC", 3).startswith("6 trials are level at ACC 0.500")
    assert outcome.best_in_words([], "agreement", 3) == "" and outcome.best([]) is None


def test_nothing_is_said_of_ranks_below_fifteen_trials(small):
    plan = planned(small)
    few, enough = finished([i / 20 for i in range(14)]), finished([i / 20 for i in range(15)])
    assert outcome.rank_correlation(few, "agreement") is None
    assert outcome.trust_in_words(few, plan).startswith("The rank correlation of agreement with accuracy appears after")
    assert outcome.rank_correlation(enough, "agreement") == pytest.approx(1)
    assert outcome.rank_correlation(enough, "silhouette") is None  # the same in all
    assert outcome.trust_in_words(enough, plan).endswith("over 15 finished trials: 1.00.")
    assert outcome.trust_in_words(enough, planned(small, objective="acc")) == ""
    without_labels = [row | {"scores": {"agreement": row["value"]}} for row in enough]
    assert outcome.trust_in_words(without_labels, plan) == ""


def test_a_sweep_says_what_of_its_ranges_was_tried(small):
    rates, ways = {"low": 0.0001, "high": 0.01, "log": True}, {"choices": ["adam", "sgd"]}
    plan = planned(small, space={"cluster_learning_rate": rates, "cluster_optimizer": ways})
    titles = {"cluster_learning_rate": "learning rate", "cluster_optimizer": "optimizer"}
    tried = [{"cluster_learning_rate": rate, "cluster_optimizer": "adam"} for rate in (0.00213, 0.0004)]
    rows = [{"state": state, "params": params} for state, params in zip(("finished", "running"), tried, strict=True)]
    rows.append({"state": "waiting", "params": {"cluster_learning_rate": 0.009}})
    assert outcome.tried_in_words(rows, plan, titles) == (
        "Tried: learning rate 0.0004 to 0.00213 (of 0.0001 to 0.01); optimizer adam (2), sgd (0)."
    )
    assert "learning rate 0.00213 (of" in outcome.tried_in_words(rows[:1], plan, titles)
    assert outcome.tried_in_words(rows[2:], plan, titles) == ""
    switch = planned(small, space={"augment": {"choices": [False, True]}})
    drawn = [{"state": "finished", "params": {"augment": True}}]
    assert outcome.tried_in_words(drawn, switch, {"augment": "Augment"}) == "Tried: Augment no (0), yes (1)."


def test_listed_values_are_tried_once_each(small):
    lists = {"latent_dim": {"choices": [2, 5, 10]}, "augment": {"choices": [False, True]}}
    plan = SweepPlan.make(name="x", base=small, space=lists)
    tried = [(each["latent_dim"], each["augment"]) for each in plan.combinations()]
    assert (plan.sampler, plan.n_planned) == ("grid", 6) and len(set(tried)) == 6
    assert SweepPlan.make(name="x", base=small, space=lists, n_trials=5).sampler == "tpe"
    assert SweepPlan.make(name="x", base=small, space=lists, sampler="random").sampler == "random"
    mixed = lists | {"gamma": {"low": 0.1, "high": 1.0}}
    assert SweepPlan.make(name="x", base=small.changed(method="joint"), space=mixed).sampler == "tpe"


# -- commands


def test_a_sweep_by_commands(tmp_path, capsys, stand_in):
    out = ["--out", str(tmp_path)]
    vary = ["--vary", "latent_dim=3..5", "--sampler", "grid", "--pruner", "none"]
    csv = ["--csv", str(tmp_path / "t.csv")]
    assert main(["sweep", "first-look", "--name", "mine", "--data", "digits", *vary, *out, *csv]) == 0
    printed = capsys.readouterr()
    assert "3 of 3 trials have ended; 2 finished: acc 0.2500" in printed.err
    rows = [line for line in printed.out.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[2] for row in rows] == ["latent_dim", "5", "4", "3"]  # best first
    assert "Best agreement 0.5000, trial 2. Trial 2 is kept in" in printed.out
    assert "rank correlation of agreement with accuracy appears after 15 finished trials" in printed.out
    assert "labels" not in printed.out and (tmp_path / "t.csv").read_text().count("\n") == 4

    assert main(["sweep", "--name", "mine", "--resume", *out, "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["best"]["value"] == 0.5 and len(whole["trials"]) == 3 and whole["plan"]["base"]["dataset"] == "digits"
    assert main(["sweep", "first-look", "--name", "later", "--data", "digits", *vary, *out, "--only-plan"]) == 0
    assert "3 trials wait" in capsys.readouterr().out
    assert main(["sweep-worker", "--study", "later", *out]) == 0
    assert capsys.readouterr().err.startswith("1 of 3 trials have ended")

    by_labels = ["--vary", "latent_dim", "--trials", "1", "--objective", "nmi", *out]
    assert main(["sweep", "first-look", "--name", "by-labels", "--data", "digits", *by_labels]) == 0
    assert "Tuned by labels." in capsys.readouterr().out
    assert main(["sweep", "--name", "by-labels", "--extend", "2", *out]) == 0
    capsys.readouterr()
    assert main(["sweep", "--name", "later", "--pause", *out]) == 0
    assert "--name later --resume" in capsys.readouterr().out
    assert main(["sweeps", *out]) == 0
    first, later, second = capsys.readouterr().out.splitlines()
    assert (
        later.endswith("paused")
        and first.split()[:4] == ["mine", "3", "of", "3"]
        and second.endswith("tuned by labels")
        and "3 of 3" in second
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["sweep", "--name", "x"], "expected one to vary"),
        (["sweep", "first-look", "--name", "x"], "at least one field"),
        (["sweep", "first-look", "--name", "a b", "--vary", "latent_dim"], "name"),
        (["sweep", "--name", "x", "--resume"], "no file"),
        (["sweeps"], "no file"),
    ],
)
def test_commands_that_cannot_be_obeyed_say_why(tmp_path, capsys, arguments, told):
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    assert told in capsys.readouterr().err
