"""The index of runs, what people write on them, and how they are put away and brought back."""

import os
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dec_core.runs.folder import UNKNOWN_OWNER, RunFolder, list_runs
from dec_core.runs.index import RunIndex, find, misunderstood
from dec_core.runs.marks import KEPT_FOR, MOST, REMOVED, Marks, bring_back, forget_removed, mark, marks_of, remove


@pytest.fixture
def runs(tmp_path, small):
    """Three runs that ended, newest last."""
    made = []
    for number, acc in enumerate((0.5, 0.9, 0.7)):
        run = RunFolder.create(tmp_path, small.changed(latent_dim=5 + number), "finished")
        run.set_status(replace(run.status, outcome={"acc": acc}, created=1000.0 + number))
        made.append(run)
    return made


def ids(entries):
    return {entry.id for entry in entries}


def test_the_index_follows_the_folders(tmp_path, small, runs):
    index = RunIndex(tmp_path)
    assert {entry.id: entry.status.outcome["acc"] for entry in index.entries()} == dict(
        zip([run.id for run in runs], (0.5, 0.9, 0.7), strict=True)
    )
    runs[0].set_status(replace(runs[0].status, outcome={"acc": 0.6}))
    mark(runs[1], name="the good one")
    added = RunFolder.create(tmp_path, small, "stopped")
    entries = {entry.id: entry for entry in index.entries()}
    assert entries[runs[0].id].status.outcome == {"acc": 0.6}
    assert entries[runs[1].id].marks.name == "the good one"
    assert entries[added.id].config == small
    remove(added)
    assert index.entry(added.id) is None and ids(index.entries()) == {run.id for run in runs}


def test_a_run_is_somebodys_from_the_moment_that_it_is_a_run(tmp_path, small, monkeypatch):
    assert RunFolder.create(tmp_path, small).owner == ""
    whole = RunFolder.write

    def spied(path, fill):
        if path.name == "config.json":
            assert RunFolder(path.parent).owner == "visitor_1-a"
        whole(path, fill)

    monkeypatch.setattr(RunFolder, "write", staticmethod(spied))
    run = RunFolder.create(tmp_path, small, owner="visitor_1-a")
    entry = RunIndex(tmp_path).entry(run.id)
    assert run.owner == "visitor_1-a" == entry.owner


@pytest.mark.parametrize("content", [b"", b"\n", b"a b", b"a\n", b"../x", b"\xff", b"a" * 65])
def test_an_owner_that_is_damaged_is_no_visitor(tmp_path, small, content):
    run = RunFolder.create(tmp_path, small, owner="a")
    (run.path / "owner").write_bytes(content)
    assert run.owner == UNKNOWN_OWNER


@pytest.mark.parametrize("owner", ["a b", "../a", "a" * 65, "ä", "a\n"])
def test_an_owner_that_could_not_be_read_again_is_refused(tmp_path, small, owner):
    with pytest.raises(ValueError, match="owner: received"):
        RunFolder.create(tmp_path, small, owner=owner)
    assert list_runs(tmp_path) == []


def test_what_has_not_changed_is_not_read_again_but_a_process_may_have_ended(tmp_path, small, runs, monkeypatch):
    waiting = RunFolder.create(tmp_path, small)
    index = RunIndex(tmp_path)
    before = index.entries()
    assert index.entry(waiting.id).status.state == "queued"
    monkeypatch.setattr(RunFolder, "status_as_written", property(lambda run: pytest.fail(f"{run.id} was read again")))
    assert index.entries() == before
    monkeypatch.setattr("dec_core.runs.status.is_alive", lambda status: False)
    assert index.entry(waiting.id).status.state == "interrupted"
    assert [entry.status.state for entry in index.entries()].count("finished") == len(runs)


def test_an_active_run_whose_process_is_gone_is_noticed(tmp_path, small):
    run = RunFolder.create(tmp_path, small, "running")
    index = RunIndex(tmp_path)
    assert index.entry(run.id).active
    written = (run.path / "status.json").read_text()
    (run.path / "status.json").write_text(written.replace(f'"pid": {os.getpid()}', '"pid": 0'))
    assert index.entry(run.id).status.state == "interrupted"


def test_a_damaged_config_is_listed_all_the_same(tmp_path, runs):
    (runs[0].path / "config.json").write_text("{")
    entry = RunIndex(tmp_path).entry(runs[0].id)
    assert entry.config is None and entry.status.state == "finished"
    assert ids(find(RunIndex(tmp_path).entries(), "acc=0.5")) == {runs[0].id}


def test_archived_runs_are_listed_on_request(tmp_path, runs):
    mark(runs[2], archived=True)
    index = RunIndex(tmp_path)
    assert runs[2].id not in ids(index.entries()) and runs[2].id in ids(index.entries(archived=True))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {0, 1, 2}),
        ("acc>=0.7", {1, 2}),
        ("acc>0.7", {1}),
        ("accuracy>70%", {1}),
        ("called-1", {1}),
        ("acc<0.7 latent_dim=5", {0}),
        ("latent_dim!=5", {1, 2}),
        ("latent_dim=5.0", {0}),
        ("hidden_units=32,16", {0, 1, 2}),
        ("state=finished good", {1}),
        ("GOOD", {1}),
        ("one", set()),  # n_samples is None
        ("als", set()),  # deskew is False
        ("adam", {0, 1, 2}),
        ("adadelta", set()),
        ("filters=32,64,128", set()),  # the autoencoder is dense
        ("filters!=32,64,128", {0, 1, 2}),
        ("momentum>0", {0, 1, 2}),
        ("star=true", {2}),
        ("acc>much", set()),
        ("state>3", set()),
        ("nosuchfield=3", set()),
    ],
)
def test_runs_are_found_by_any_field_score_or_word(tmp_path, runs, query, found, small):
    mark(runs[1], note="A good start.")
    mark(runs[2], star=True)
    expected = {runs[number].id for number in found}
    if query.startswith("hidden"):
        query = "hidden_units=" + ",".join(map(str, small.hidden_units))
    called = {run.id: f"called-{number}" for number, run in enumerate(runs)}
    assert ids(find(RunIndex(tmp_path).entries(), query, lambda entry: called[entry.id])) == expected


def test_fields_without_effect_are_not_looked_at(tmp_path, small):
    no_network = RunFolder.create(tmp_path, small.changed(method="kmeans"), "finished")
    dec = RunFolder.create(tmp_path, small, "finished")
    entries = RunIndex(tmp_path).entries()
    assert ids(find(entries, "latent_dim=10")) == {dec.id} and ids(find(entries, "dense")) == {dec.id}
    assert ids(find(entries, "method=kmeans")) == {no_network.id}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", ""),
        ("fast latent_dim=5 acc>=97% trial=3 seed!=0 note=x", ""),
        ("acc>=much", "expected a number"),
        ("acc>=", "expected a number"),
        ("nosuchfield=3", "no field nosuchfield"),
    ],
)
def test_what_a_query_gets_wrong_is_said(query, said):
    assert said in misunderstood(query) and bool(said) == bool(misunderstood(query))


@settings(deadline=None, max_examples=30)
@given(st.text(max_size=80), st.text(max_size=1100), st.booleans())
def test_marks_come_back_as_they_were_written(tmp_path_factory, small, name, note, star):
    run = RunFolder.create(tmp_path_factory.mktemp("runs"), small, "finished")
    written = mark(run, name=name, note=note, star=star)
    assert marks_of(run) == written
    assert written.star == star and written.note == note.strip()[: MOST["note"]]
    assert len(written.name) <= MOST["name"] and "\n" not in written.name


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"name": 3, "star": "yes", "other": 1}', "\xff"])
def test_damaged_marks_are_no_marks(tmp_path, runs, damage):
    (runs[0].path / "marks.json").write_bytes(damage.encode("latin-1"))
    assert marks_of(runs[0]) == Marks()


def test_a_removed_run_can_be_brought_back(tmp_path, runs):
    before = runs[1].config
    remove(runs[1])
    assert runs[1].id not in {run.id for run in list_runs(tmp_path)}
    assert bring_back(tmp_path, runs[1].id).config == before
    assert runs[1].id in {run.id for run in list_runs(tmp_path)}
    with pytest.raises(ValueError, match="not among those removed"):
        bring_back(tmp_path, runs[1].id)


def test_a_run_that_was_removed_already_is_not_removed_again_and_still_comes_back(tmp_path, runs):
    remove(runs[1])
    with pytest.raises(FileNotFoundError):
        remove(runs[1])
    assert not runs[1].path.exists()
    assert bring_back(tmp_path, runs[1].id).config == runs[1].config


def test_a_run_under_way_is_not_removed(tmp_path, small):
    run = RunFolder.create(tmp_path, small, "running")
    with pytest.raises(ValueError, match="stop it"):
        remove(run)
    assert run.path.is_dir()


def test_what_was_removed_long_ago_is_forgotten(tmp_path, runs):
    for run in runs[:2]:
        remove(run)
    long_ago = time.time() - KEPT_FOR - 60
    os.utime(tmp_path / REMOVED / runs[0].id, (long_ago, long_ago))
    forget_removed(tmp_path)
    assert [path.name for path in (tmp_path / REMOVED).iterdir()] == [runs[1].id]


def test_the_week_counts_from_the_removal_however_old_the_run(tmp_path, runs):
    long_ago = time.time() - KEPT_FOR - 60
    os.utime(runs[0].path, (long_ago, long_ago))
    remove(runs[0])
    forget_removed(tmp_path)
    assert bring_back(tmp_path, runs[0].id).path.is_dir()
