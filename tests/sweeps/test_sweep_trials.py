"""What becomes of the trials of a sweep; mostly without training."""

import itertools
import json
import threading
import time
from dataclasses import replace

import pytest
from optuna.trial import TrialState
from sweep_plans import planned
from timing import PATIENCE, Clock, wait_for

from dec_core.runs.folder import RunFolder, list_runs
from dec_core.sweeps import outcome, studies
from dec_core.work.control import Control
from dec_core.work.sweep_worker import is_left, work
from dec_core.work.worker import sweep
from dec_core.work.worker_process import TURN_OVER

pytestmark = pytest.mark.slow


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
