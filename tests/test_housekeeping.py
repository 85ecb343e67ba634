"""What goes when the disk of a room is full, or the time of a run is up; and what never does."""

import os
import time
from dataclasses import replace

import pytest

from dec_core.data import Dataset, own
from dec_core.runs.folder import RunFolder
from dec_core.runs.index import RunIndex
from dec_core.runs.marks import REMOVED, bring_back, mark, removed_runs
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.sharing import share
from dec_core.runs.status import SET_ASIDE, this_process
from dec_core.work import disk as disks
from dec_core.work.disk import DAY, Disk
from dec_core.work.housekeeping import DiskIsFull, Housekeeping
from dec_core.work.room import RoomSettings

ANNA, BEN = "a" * 16, "b" * 16
SIZE = 100_000  # bytes of a run, and a little


@pytest.fixture
def made(tmp_path, small):
    """Makes runs, each a day younger than the one before."""
    names = []

    def make(owner=ANNA, state="finished", **status):
        run = RunFolder.create(tmp_path, small, owner=owner)
        run.path.rename(tmp_path / f"202601{len(names) + 1:02d}-000000-abcd")
        run = RunFolder(tmp_path / f"202601{len(names) + 1:02d}-000000-abcd")
        names.append(run.id)
        created = time.time() - (30 - len(names)) * DAY
        run.set_status(replace(run.status, state=state, created=created, **status))
        (run.path / "snapshots" / "00000.npz").write_bytes(b"0" * SIZE)
        return run

    return make


def keeping(root, **limits):
    """Housekeeping of a room with these limits, in bytes where they are of the disk."""
    in_gb = {name: value / 1e9 for name, value in limits.items() if "disk" in name}
    return Housekeeping(root, RoomSettings(is_room=True, **limits | in_gb))


def ids(runs):
    return [run.id for run in runs]


def listed(root):
    return sorted(entry.id for entry in RunIndex(root).entries(archived=True))


def test_the_oldest_go_first_and_can_be_brought_back(tmp_path, made):
    runs = [made(), made(BEN), made(), made()]
    keeps = keeping(tmp_path, disk=SIZE * 4.3)  # four runs and a little are more than nine tenths of it
    keeps.tidy()
    assert listed(tmp_path) == ids(runs[1:]) and ids(removed_runs(tmp_path)) == [runs[0].id]
    assert not keeps.disk.is_full
    keeps.tidy()
    assert len(listed(tmp_path)) == 3, "what was removed is not counted twice"
    bring_back(tmp_path, runs[0].id)
    assert listed(tmp_path) == ids(runs)


def test_nothing_goes_where_there_is_room_or_no_limit(tmp_path, made):
    runs = [made(), made()]
    for limits in ({}, {"disk": SIZE * 50}, {"disk": SIZE * 50, "keep": 100}):
        keeps = keeping(tmp_path, **limits)
        keeps.tidy()
        assert listed(tmp_path) == ids(runs) and not keeps.disk.is_nearly_full


def test_what_is_starred_shared_under_way_looked_at_or_no_visitors_stays(tmp_path, made):
    starred, shared, looked_at = made(), made(), made()
    under_way = [made(state=state, **this_process()) for state in ("running", "queued", "paused")]
    aside = made(**SET_ASIDE)
    others = [made(INSTRUCTOR), made("")]
    goes = [made(state=state) for state in ("finished", "failed", "stopped", "interrupted")]
    mark(starred, star=True)
    share(shared)
    keeps = keeping(tmp_path, disk=1, keep=0.1)
    keeps.look_at(looked_at.id)
    assert ids(keeps.that_may_go()) == ids(goes)
    keeps.tidy()
    assert listed(tmp_path) == ids([starred, shared, looked_at, *under_way, aside, *others])
    desk = Housekeeping(tmp_path, RoomSettings(disk=1e-9, keep=0.1))
    desk.tidy()
    assert len(listed(tmp_path)) == 9 and desk.that_may_go() == [], "on a desk nothing does"


def test_a_run_that_nobody_looks_at_any_more_may_go(tmp_path, made, monkeypatch):
    run, keeps = made(), keeping(tmp_path, disk=1)
    keeps.look_at(run.id)
    assert keeps.that_may_go() == []
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 3601)
    assert ids(keeps.that_may_go()) == [run.id]


def test_what_was_removed_is_deleted_when_all_is_used_the_first_first(tmp_path, made):
    runs = [made() for _ in range(4)]
    servers = made("")
    for i, run in enumerate([servers, *runs[:3]]):
        (tmp_path / REMOVED).mkdir(exist_ok=True)
        run.path.rename(tmp_path / REMOVED / run.id)
        os.utime(tmp_path / REMOVED / run.id, (time.time() - 100 + i,) * 2)
    keeps = keeping(tmp_path, disk=SIZE * 4.2)  # there are five
    keeps.tidy()
    assert listed(tmp_path) == [runs[3].id], "a run that was not removed does not go while removed ones do"
    assert ids(removed_runs(tmp_path)) == [runs[2].id, runs[1].id, servers.id]
    assert not keeps.disk.is_full


def test_a_disk_that_is_full_for_others_reasons_is_made_free(tmp_path, made, monkeypatch):
    made(), made()
    free = [10 * SIZE]
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free[0]}))
    keeps = keeping(tmp_path, free_disk=5 * SIZE)
    keeps.tidy()
    assert len(listed(tmp_path)) == 2
    free[0] = int(4.5 * SIZE)
    keeps.tidy()
    assert len(listed(tmp_path)) == 1 and removed_runs(tmp_path) == [], "removed and at once deleted"


def test_when_nothing_is_left_that_may_go_nothing_more_is_written(tmp_path, made):
    mark(made(), star=True)
    keeps = keeping(tmp_path, disk=SIZE / 2)
    keeps.tidy()
    assert len(listed(tmp_path)) == 1
    for owner in (ANNA, ""):
        with pytest.raises(DiskIsFull, match="the server's disk is full; delete runs you no longer need"):
            keeps.refuse_if_full(owner)
    keeps.refuse_if_full(INSTRUCTOR)


def test_runs_are_kept_for_so_many_days(tmp_path, made):
    old, starred, new = made(), made(), made()  # of 29, 28 and 27 days
    mark(starred, star=True)
    keeping(tmp_path, keep=27.5).tidy()
    assert listed(tmp_path) == ids([starred, new]) and ids(removed_runs(tmp_path)) == [old.id]


def test_uploads_of_which_there_is_no_run_go_with_the_days(tmp_path, digits):
    images = [
        Dataset(name, digits.images[i : i + 50], None, ()) for i, name in enumerate(("old", "used", "new", "servers"))
    ]
    names = [own.keep(each, tmp_path, "" if each.name == "servers" else ANNA) for each in images]
    for name in names[:2] + names[3:]:
        os.utime(tmp_path / own.FOLDER / f"{name}.npz", (time.time() - 3 * DAY,) * 2)
    own.forget_unused(tmp_path, {names[1]}, 2 * DAY)
    assert set(own.names(tmp_path)) == set(names[1:])


def test_images_that_two_have_brought_are_kept_for_the_other(tmp_path, digits):
    name = own.keep(Dataset("mine", digits.images[:50], None, ()), tmp_path, ANNA)
    bens = own.keep(Dataset("bens", digits.images[:50], None, ()), tmp_path, BEN)
    own.forget(name, tmp_path, BEN)  # who has not brought it under this name
    assert own.owners(name, tmp_path) == {ANNA}
    own.forget(name, tmp_path, ANNA)
    assert own.names(tmp_path) == [bens]


@pytest.mark.parametrize(
    ("disk", "is_nearly_full", "to_remove", "excess"),
    [
        (Disk(), False, 0, False),
        (Disk(used=79, most=100), False, 0, False),
        (Disk(used=85, most=100), True, 0, False),
        (Disk(used=95, most=100), True, 5, False),
        (Disk(used=105, removed=30, most=100), False, 0, True),
        (Disk(used=105, removed=10, most=100), True, 5, True),
        (Disk(used=5, free=12, least_free=10), True, 0, False),
        (Disk(used=5, free=7, least_free=10), True, 3, True),
        (Disk(used=5, removed=2, free=7, least_free=10), True, 1, True),
    ],
)
def test_from_when_on_what_happens(disk, is_nearly_full, to_remove, excess):
    assert (disk.to_remove, disk.is_full) == (to_remove, excess)
    assert disk.is_nearly_full == (is_nearly_full or disk.is_full)
