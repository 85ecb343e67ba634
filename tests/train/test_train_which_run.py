"""Train without a browser: which run is in focus, how one is picked, and what commands do."""

import shutil
from dataclasses import replace

import pytest
from screens import from_the_top, widget_states
from train_screen import button, field, picker, put, said

from dec_core.glossary import keys, term
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder
from pages.shared import link

pytestmark = pytest.mark.slow


def test_each_screen_has_a_title_of_its_own_that_names_the_run(app, finished_run, tmp_path, monkeypatch):
    import streamlit as st

    titles, run = [], put(finished_run, tmp_path)
    monkeypatch.setattr(st, "set_page_config", lambda page_title=None, **_: titles.append(page_title))
    app.query_params["run"] = run.id
    for name in ("learn", "train", "inspect", "compare", "sweep", "glossary"):
        app.switch_page(f"{name}/{name}.py")
        app.run()
    named = [title.split(" · ") for title in titles if title]
    assert [screen for screen, *_ in named] == ["Learn", "Train", "Inspect", "Compare", "Sweep", "Glossary"]
    assert {tuple(rest) for _, *rest in named} == {(named[0][1], "Deep clustering, live")}
    assert "seed 0" in named[0][1]


def test_the_picker_opens_a_past_run(app, finished_run, tmp_path):
    run = put(finished_run, tmp_path)
    app.run()
    next(item for item in app.selectbox if item.label == "Run in focus").set_value(run.id).run()
    assert app.query_params["run"] == run.id
    assert "digits are clustered correctly" in " ".join(item.value for item in app.markdown)


@pytest.mark.parametrize("name", ["nothing", "../../etc", "%00"])
def test_a_run_that_is_not_there_is_said(app, name):
    app.query_params["run"] = name
    app.run()
    assert not app.exception and "There is no run" in app.warning[0].value


def test_the_glossary_has_every_term_and_finds_one(app):
    app.switch_page("glossary/glossary.py").run()
    shown = " ".join(item.value for item in app.markdown)
    assert not app.exception and all(f"**{term(key).name}**" in shown for key in keys())
    app.text_input(key="sought").set_value("hungarian").run()
    assert [item.value.split("**")[1] for item in app.markdown if "**" in item.value] == ["Matching (Hungarian method)"]
    app.text_input(key="sought").set_value("k-means").run()
    assert app.markdown[0].value.startswith("**k-means**")  # what is called so stands first
    app.text_input(key="sought").set_value("*nothing*").run()
    assert "No word here contains" in app.markdown[-1].value and not app.exception


def test_a_link_is_taken_up_as_a_from_the_top(app):
    app.query_params.update({"dataset": "digits", "n_samples": "", "latent_dim": "4"})
    app.run()
    assert not app.warning and field(app, "dataset").value == "digits"
    assert field(app, "latent_dim").value == 4


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


def test_a_run_that_has_paused_while_pause_was_pressed_is_just_paused(app, tmp_path, small):
    run = RunFolder.create(tmp_path, small, "running")
    app.query_params["run"] = run.id
    app.run()
    run.set_status(replace(run.status, state="paused"))
    button(app, "Pause").click().run()
    assert "Paused." in said(app) and "Pausing" not in said(app)


def test_a_paused_run_whose_settings_the_form_holds_is_just_paused(app, tmp_path):
    app.query_params["run"] = RunFolder.create(tmp_path, PRESETS["first-look"], "paused").id
    assert "Paused." in said(app.run()) and "the form is for a new run" not in said(app)
    field(app, "latent_dim").set_value(6).run()
    assert "the form is for a new run" in said(app)


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


def test_what_is_gone_or_damaged_is_told_and_other_runs_are_shown(
    app, tmp_path, small, digits, finished_run, monkeypatch
):

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
    for run_id, warning in (
        (lost.id, "there is no"),
        (garbled.id, "is damaged"),
        (finished_run.id, ""),
        ("x" * 300, ""),
    ):
        app.query_params["run"] = run_id
        from_the_top(app)
        assert not app.exception and not button(app, "Start").disabled
        assert any(warning in error.value for error in app.error) or not warning
    assert sum("no run" in warning.value for warning in app.warning) == 1
