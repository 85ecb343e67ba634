"""A finished run is found again where it would only be repeated, and is said to be."""

from dataclasses import replace

import pytest

from dec_core.cli.progress import say_if_known
from dec_core.machine import trained_with
from dec_core.reading.known import known_run_line, stages_taken_line, trained_before
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import History
from dec_core.runs.index import RunIndex


def finished(root, config, **changes) -> RunFolder:
    run = RunFolder.create(root, config)
    run.append({"event": "Started", **trained_with()})
    ended = {"state": "finished", "phase": "finished", "seconds": {"pretraining": 41.2}, "outcome": {"acc": 0.98}}
    run.set_status(replace(run.status, **ended | changes))
    return run


def test_the_same_config_is_found_again_whatever_does_not_act(tmp_path, small):
    run = finished(tmp_path, small)
    entries = RunIndex(tmp_path).entries()
    assert trained_before(entries, small).id == run.id
    assert trained_before(entries, small.changed(gamma=7.0)).id == run.id  # of "joint" alone
    assert trained_before(entries, small.changed(random_state=1)) is None
    assert trained_before(entries, small.changed(alpha=2.0)) is None
    assert known_run_line(entries[0]) == "Trained before, in about 41 s: ACC 0.980"


@pytest.mark.parametrize("state", ["stopped", "failed", "paused", "queued"])
def test_a_run_that_has_not_finished_is_not_offered(tmp_path, small, state):
    finished(tmp_path, small, state=state)
    assert trained_before(RunIndex(tmp_path).entries(), small) is None


def test_a_run_of_other_versions_is_not_offered(tmp_path, small):
    run = finished(tmp_path, small)
    of_before = trained_with()
    run.append({"event": "Started", **of_before, "versions": of_before["versions"] | {"dec_core": "0.1"}})
    assert trained_before(RunIndex(tmp_path).entries(), small) is None


def test_the_command_line_says_so(tmp_path, small, capsys):
    say_if_known(tmp_path, small)
    assert capsys.readouterr().err == ""
    run = finished(tmp_path, small)
    say_if_known(tmp_path, small)
    assert capsys.readouterr().err == (
        f"Trained before, in about 41 s: ACC 0.980; kept in {run.path}. It is trained anew.\n"
    )


def test_what_comes_from_an_earlier_run_is_said_in_a_sentence():
    assert stages_taken_line(History()) == ""
    taken = History().with_records({"event": "StagesTaken", "stages": ["autoencoder"]})
    assert stages_taken_line(taken).startswith("The pretrained autoencoder comes from an earlier run")
    taken = taken.with_records({"event": "StagesTaken", "stages": ["mixture"]})
    assert stages_taken_line(taken) == (
        "The pretrained autoencoder and the Gaussian mixture in UMAP come from an earlier run; the training time "
        "includes what that took."
    )
