"""What a visitor of a room is told of its limits, before and when they are reached."""

import io
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest
from rooms import ANNA, BEN, SECRET, Workers, arrives, press, seen
from screens import opened_at

from dec_core.data import DataError, Dataset, own
from dec_core.presets import PRESETS
from dec_core.runs.marks import mark
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from dec_core.work.checks import Check
from dec_core.work.disk import Disk
from dec_core.work.housekeeping import Housekeeping
from dec_core.work.room import RoomSettings
from pages.room import server
from pages.shared import focus
from pages.shared.keeping import goes_first, rule
from pages.sweep import storage
from pages.train import own_data

pytestmark = pytest.mark.slow


@pytest.fixture
def limits(room, monkeypatch):
    """Sets the limits of the room; its housekeeping, which looks when it is told to."""

    def set_(**values):
        settings = RoomSettings(is_room=True, **values)
        monkeypatch.setattr(Workers, "room", settings)
        monkeypatch.setattr(Workers, "housekeeping", Housekeeping(room.root, settings))
        return Workers.housekeeping

    return set_


# -- disk


def test_what_goes_first_is_said_where_runs_are_started_and_listed(room, limits, monkeypatch):
    arrives(monkeypatch, ANNA)
    keeps = limits(disk=5)
    keeps.tidy()
    at = opened_at("train")
    assert "goes first" not in seen(at), "there is room"
    assert "The server keeps runs up to 5 GB; the oldest go first." in at.button(key="start").help
    keeps.disk = Disk(used=85, most=100)
    keeps.next_to_go = keeps._soon()
    words = f"The server keeps 5 GB of runs, and most of it is used; of yours, {SECRET} of "
    for at in (opened_at("train"), opened_at("compare")):
        assert [item.value for item in at.caption if words in item.value and "starred or shared stays" in item.value]
    arrives(monkeypatch, BEN)
    assert SECRET not in seen(opened_at("compare")) and "goes first" in goes_first()
    for who in (INSTRUCTOR, ""):
        arrives(monkeypatch, who)
        assert goes_first() == rule() == ""


def test_a_run_that_was_looked_at_or_starred_is_not_said_to_go(room, limits, monkeypatch):
    arrives(monkeypatch, ANNA)
    keeps = limits(disk=5, keep=7)
    keeps.tidy()
    assert goes_first() == "", "it is of today"
    keeps.disk = Disk(used=85, most=100)
    keeps.next_to_go = keeps._soon()
    assert SECRET in goes_first()
    mark(room.finished, star=True)
    assert goes_first() == ""
    mark(room.finished, star=False)
    opened_at("train", run=room.finished.id)
    assert ANNA not in keeps._soon()


def test_days_are_said_too(room, limits, monkeypatch):
    arrives(monkeypatch, ANNA)
    keeps = limits(keep=0.5)
    keeps.next_to_go = keeps._soon()
    assert rule().startswith("The server keeps runs for 0.5 days; the oldest go first.")
    assert goes_first().startswith(f"The server keeps runs for 0.5 days; of yours, {SECRET} of ")


def test_on_a_full_disk_nothing_is_started_and_nothing_kept_and_it_is_said(room, limits, monkeypatch):
    keeps = limits(disk=5)
    keeps.disk = Disk(used=101, most=100)
    at = with_upload()
    at = press(at, "use")
    assert "the server's disk is full; delete runs you no longer need" in at.error[0].value.replace("The s", "the s")
    assert own.names(room.root) == []


def test_a_run_that_is_brought_back_does_not_go_at_once_again(room, limits, monkeypatch):
    arrives(monkeypatch, ANNA)
    keeps = limits(disk=5)
    at = opened_at("compare", runs=room.finished.id)
    at.session_state["deleted_runs"] = True
    press(at.run(), f"back_{room.deleted.id}")
    assert (room.root / room.deleted.id).is_dir()
    assert room.deleted.id not in [entry.id for entry in keeps.that_may_go()]


# -- uploads


def with_upload(seed=0):
    images = np.random.default_rng(seed).integers(0, 256, (300, 8, 8)).astype(np.uint8)
    np.save(file := io.BytesIO(), images)
    at = opened_at("train")
    at.file_uploader(key="files").set_value([(f"mine{seed}.npy", file.getvalue(), "")]).run()
    return finished(at, own_data.READING)


def finished(at, key):
    with suppress(DataError):
        at.session_state[key].result(60)
    return at.run()


def kept(at):
    """Use the images; the screen then."""
    at = finished(press(at, "use"), own_data.KEEPING)
    assert not at.exception
    return at


def test_a_visitor_keeps_so_many_data_sets_and_deletes_one_for_another(room, limits):
    limits(max_datasets=1)
    kept(with_upload(0))
    (first,) = own.names(room.root, BEN)
    assert not kept(with_upload(0)).error, "the same again is not another one"
    (error,) = kept(with_upload(1)).error
    assert "1 of your data sets are kept on this server, as much as may be; delete some" in error.value
    assert own.names(room.root) == [first]
    at = opened_at("train")
    at.selectbox(key="kept").select(first).run()
    press(at, "delete_kept")
    assert own.names(room.root) == []
    assert not kept(with_upload(1)).error and len(own.names(room.root, BEN)) == 1


def test_a_visitor_keeps_so_many_bytes(room, limits, monkeypatch):
    limits(max_datasets_mb=0.03)  # of 300 images of 64 bytes there is room for one
    kept(with_upload(0))
    (error,) = kept(with_upload(1)).error
    assert "0 of 0 MB are kept on this server" in error.value and len(own.names(room.root)) == 1
    arrives(monkeypatch, INSTRUCTOR)
    assert not kept(with_upload(1)).error and len(own.names(room.root)) == 2


def test_images_of_a_run_under_way_or_of_others_are_not_deleted(room, limits, digits, monkeypatch):
    limits()
    mine = own.keep(Dataset("mine", digits.images, digits.y, digits.classes), room.root, ANNA)
    arrives(monkeypatch, ANNA)
    at = opened_at("train")
    at.selectbox(key="kept").select(mine).run()
    (room.training.path / "config.json").write_text(room.training.config.changed(dataset=mine).to_json())
    room.training.set_status(room.training.status)  # an index reads a run again when its status is another
    press(at, "delete_kept")
    arrives(monkeypatch, BEN)
    press(at, "delete_kept")
    assert own.names(room.root) == [mine]


# -- sweeps


def plan(name, n_trials=2):
    space = {"n_clusters": {"low": 5, "high": 9}}
    return SweepPlan.make(name=name, base=PRESETS["first-look"], space=space, n_trials=n_trials)


def test_so_many_sweeps_of_a_visitor_are_at_work(room, limits, monkeypatch):
    limits(max_sweeps=2, max_trials=0)
    for name in ("one", "two"):
        storage.begin(plan(name))
    with pytest.raises(ValueError, match="2 sweeps of yours are at work, as many as may in this room; let one end, or"):
        storage.begin(plan("three"))
    assert list(storage.names()) == ["two", "one"]
    storage.extend("one", 5)
    storage.pause("one")
    storage.begin(plan("three"))
    with pytest.raises(ValueError, match="2 sweeps of yours are at work"):
        storage.go_on("one")
    arrives(monkeypatch, ANNA)
    storage.begin(plan("annas"))
    arrives(monkeypatch, INSTRUCTOR)
    for name in ("a", "b", "c"):
        storage.begin(plan(name))


def test_so_many_trials_of_a_visitor_are_to_come(room, limits):
    limits(max_sweeps=5, max_trials=10)
    with pytest.raises(ValueError, match="received 11 trials, with 0 of other sweeps still to come, at most 10 may be"):
        storage.begin(plan("many", 11))
    storage.begin(plan("one", 6))
    with pytest.raises(ValueError, match="received 5 trials, with 6 of other sweeps still to come, at most 10"):
        storage.begin(plan("two", 5))
    storage.begin(plan("two", 4))
    with pytest.raises(ValueError, match="received 7 trials, with 4 of other sweeps"):
        storage.extend("one", 7)
    study = studies.open_study(storage.address(), f"{BEN}/one")
    for _ in range(3):
        study.tell(study.ask(), 0.5)
    storage.extend("two", 7)


def test_on_a_desk_nothing_of_it_holds(room, monkeypatch):
    monkeypatch.delenv("DEC_ROOM")
    monkeypatch.setattr(Workers, "room", RoomSettings(max_sweeps=1, max_trials=1))
    for name in ("one", "two"):
        storage.begin(plan(name))
    assert rule() == goes_first() == ""


def test_a_run_that_is_too_many_is_refused_in_words_on_the_screen(room, limits, monkeypatch):
    limits()
    full = Housekeeping(room.root, Workers.room)
    full.disk = Disk(used=2, most=1)
    monkeypatch.setattr(Workers, "start", lambda self, config, owner="": full.refuse_if_full(owner))
    at = opened_at("train")
    at.session_state["to_fill"] = room.bens.config.changed(random_state=9)
    told = []
    monkeypatch.setattr("pages.shared.trouble.st", SimpleNamespace(toast=lambda text, **_: told.append(text)))
    press(at.run(), "start")
    assert "disk is full; delete runs you no longer need" in told[0]
    assert focus.supervisor is Workers


# -- the instructor


def test_the_instructor_sees_how_the_server_is(room, limits, monkeypatch):
    limits(disk=20).disk = Disk(used=3_100_000_000, most=20 * 10**9)
    rows = [Check("disk", "1 GB is free", "bad", "Free some."), Check("port [x](y)", "is free")]
    monkeypatch.setattr(server, "checks", lambda root: rows)
    arrives(monkeypatch, INSTRUCTOR)
    at = opened_at("room")
    assert "Free some" not in seen(at), "nothing is looked at before it is asked for"
    at.session_state["server"] = True
    at = at.run()
    (said,) = [item.value for item in at.markdown if "Free some." in item.value]
    assert ":red[" in said and ":green[" in said and "[x](y)" not in said
    assert "1 run in training, 2 waiting. The runs take 3.1 of 20 GB." in [item.value for item in at.caption]
