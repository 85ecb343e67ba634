"""Where sweeps are kept, and the queue that workers share."""

import sqlite3
import threading
from contextlib import closing

import pytest
from optuna.trial import TrialState
from sweep_plans import planned
from timing import PATIENCE

from dec_core.sweeps import studies
from dec_core.work.sweep_worker import Queue

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_of_listed_values_none_are_tried_twice_while_others_are_left(url, small, sampler):
    space = {
        "latent_dim": {"choices": [2, 5, 10]},
        "method": {"choices": ["dec", "joint"]},
        "gamma": {"choices": [1, 2]},
    }
    study = studies.create(planned(small, space, sampler=sampler, n_trials=4), url)  # of 9: gamma is joint's alone
    storage = studies.connect(url)
    queue, start = Queue(storage, studies.study_in(storage, "s")), threading.Barrier(2)

    def take_all():
        storage = studies.connect(url)
        queue = Queue(storage, studies.study_in(storage, "s"))
        start.wait()
        while queue.take():
            pass

    for n_trials in (4, 9):
        threads = [threading.Thread(target=take_all) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        tried = {frozenset(trial.params.items()) for trial in studies.trials(study)}
        assert len(tried) == len(studies.trials(study)) == n_trials
        studies.extend(study, 5)
    assert queue.take()  # nothing is left that was not tried: any will do


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
