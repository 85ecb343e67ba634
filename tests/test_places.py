"""Who trains and who waits: paused runs give their places up, owners share them, minutes are limited."""

import json
import os
import signal
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from plain_worker import ENDS_WITH_TRAINING
from timing import wait_for

from dec_core.runs.folder import RunFolder
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.status import SET_ASIDE
from dec_core.work import memory, worker, worker_process
from dec_core.work.control import Control
from dec_core.work.housekeeping import Housekeeping
from dec_core.work.supervisor import LineIsFull, Supervisor
from dec_core.work.sweeping import Sweeping

pytestmark = pytest.mark.slow


class StandIn:
    """For a worker process: it notes what it is told, until a test says that it has ended."""

    def __init__(self, log, *, gives_way=False):
        self.log, self.alive, self.attempt, self.run_id, self.lines = log, True, "", "", []
        self.code, self.gives_way = 0, gives_way

    def take_up(self, task, folder):
        self.run_id, self.attempt = folder.id, folder.status.attempt

    def send(self, line):
        self.lines.append(line)
        return True

    def close(self):
        self.alive = False


class Room:
    """A supervisor of stand-ins that advances when a test says so."""

    def __init__(self, root):
        self.supervisor = Supervisor(root)

    def start(self, config, owner=""):
        run = self.supervisor.start(config, owner)
        if run in self.training:
            self.becomes(run, "running")
        return run

    @property
    def training(self):
        """The runs that have places, in the order in which they have taken them."""
        return [place.folder for place in self.supervisor._dispatcher.places]

    @property
    def spare(self):
        return self.supervisor._dispatcher.spare

    def worker(self, run):
        return next(place.worker for place in self.supervisor._dispatcher.places if place.folder.id == run.id)

    def becomes(self, run, state, **values):
        """What the worker would write."""
        run.set_status(replace(run.status, state=state, **values))
        self.advance()

    def pause(self, run):
        self.supervisor.command(run, "pause")
        self.becomes(run, "paused")

    def leaves(self, run):
        """The worker gives the place up, and ends."""
        worker = self.worker(run)
        assert "give_up" in worker.lines
        run.set_status(replace(run.status, **SET_ASIDE))
        self.advance()  # closes it
        assert not worker.alive
        self.advance()

    def ends(self, run):
        self.becomes(run, "finished")

    def advance(self):
        with self.supervisor._lock:
            self.supervisor._advance()


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Opens a room (or a desk) with these settings of its environment."""
    monkeypatch.setattr("dec_core.work.dispatcher.Worker", StandIn)
    monkeypatch.setattr(Supervisor, "_watch", lambda self: None)
    monkeypatch.setattr(Housekeeping, "start", lambda self: None)
    opened = []

    def open_(**settings):
        for name in ("ROOM", "SLOTS", "MAX_WAITING", "MAX_MINUTES", "FREE_DISK", "DISK", "EXECUTOR"):
            monkeypatch.delenv(f"DEC_{name}", raising=False)
        for name, value in settings.items():
            monkeypatch.setenv(f"DEC_{name.upper()}", str(value))
        opened.append(Room(tmp_path))
        return opened[-1]

    yield open_
    for room in opened:
        room.supervisor.close()


# -- what a worker adds to a run that has ended


def test_while_somebody_waits_one_worker_at_most_adds_to_what_has_ended(room, small):
    desk = room()
    runs = [desk.start(small.changed(random_state=seed)) for seed in range(5)]
    workers, at_work = [], []
    for run in runs:
        desk.advance()
        workers.append(desk.worker(run))
        desk.ends(run)
        at_work.append(sum(worker.alive for worker in workers))
    assert at_work == [1, 1, 1, 1, 2]  # at the last, nobody waits any more


# -- a paused run


def test_a_paused_run_keeps_its_worker_until_somebody_waits(room, small):
    desk = room()
    paused = desk.start(small)
    desk.pause(paused)
    worker = desk.worker(paused)
    assert worker.lines == ["pause"] and desk.training == [paused]

    waiting = desk.start(small)
    desk.advance()
    assert worker.lines == ["pause", "give_up"], "asked once"
    assert desk.supervisor.ahead_of(waiting) == 0
    desk.leaves(paused)
    assert [run.id for run in desk.training] == [waiting.id]
    assert paused.status.state == "paused" and paused.status.is_set_aside and paused.status.resumable

    desk.supervisor.command(paused, "resume")
    assert paused.status.state == "queued" and desk.supervisor.ahead_of(paused) == 1
    desk.ends(waiting)
    assert [run.id for run in desk.training] == [paused.id]


def test_a_run_that_goes_on_is_not_asked_for_its_place_though_its_status_still_says_paused(room, small):
    desk = room()
    paused = desk.start(small)
    desk.pause(paused)
    desk.supervisor.command(paused, "resume")
    desk.start(small)
    desk.advance()
    assert paused.status.state == "paused" and desk.worker(paused).lines == ["pause", "resume"]


@pytest.mark.parametrize("command", ["resume", "step", "stop"])
def test_what_a_run_is_told_while_it_gives_its_place_up_is_obeyed_afterwards(room, small, command):
    desk = room()
    paused = desk.start(small)
    desk.pause(paused)
    waiting, last = desk.start(small), desk.start(small)
    assert desk.supervisor.command(paused, command)
    assert desk.worker(paused).lines == ["pause", "give_up"], "by then it may have left"
    desk.leaves(paused)
    if command == "stop":
        assert paused.status.state == "stopped"
        return
    assert [run.id for run in desk.training] == [paused.id], "in front of its owner's others"
    assert [run.id for run in desk.supervisor._dispatcher.queue] == [waiting.id, last.id]
    assert desk.worker(paused).lines == (["step"] if command == "step" else [])


def test_a_run_that_gave_its_place_up_can_be_stopped_or_stepped(room, small):
    desk = room()
    runs = [desk.start(small) for _ in range(2)]
    desk.pause(runs[0])
    desk.leaves(runs[0])
    assert desk.supervisor.command(runs[0], "stop") and runs[0].status.state == "stopped"
    desk.becomes(runs[1], "running")
    desk.pause(runs[1])
    third = desk.start(small)
    desk.leaves(runs[1])
    assert desk.supervisor.command(runs[1], "step")
    desk.ends(third)
    assert [run.id for run in desk.training] == [runs[1].id] and desk.worker(runs[1]).lines == ["step"]


def test_a_worker_killed_before_it_has_left_has_failed_and_afterwards_takes_nothing_with_it(room, small):
    desk = room()
    killed = desk.start(small)
    desk.pause(killed)
    desk.start(small)
    desk.worker(killed).code = -9
    desk.worker(killed).alive = False
    desk.advance()
    assert killed.status.state == "failed" and "signal 9" in killed.status.message and killed.status.resumable

    (second,) = desk.training
    desk.becomes(second, "running")
    desk.pause(second)
    desk.start(small)
    worker = desk.worker(second)
    second.set_status(replace(second.status, **SET_ASIDE))
    worker.code, worker.alive = -9, False
    desk.advance()
    assert second.status.is_set_aside and second.status.message == ""


def test_for_one_that_waits_one_paused_run_gives_its_place_up(room, small):
    desk = room(slots=2)
    paused = [desk.start(small) for _ in range(2)]
    for run in paused:
        desk.pause(run)
    desk.start(small)
    desk.advance()
    assert [desk.worker(run).lines for run in paused] == [["pause", "give_up"], ["pause"]]
    desk.leaves(paused[0])
    assert desk.worker(paused[1]).lines == ["pause"]


def test_a_run_that_gave_its_place_up_is_still_paused_when_the_server_is_another(room, small):
    desk = room()
    paused = desk.start(small)
    desk.pause(paused)
    desk.start(small)
    desk.leaves(paused)
    desk.supervisor.close()
    again = room()
    assert paused.status.state == "paused" and again.training == []
    again.supervisor.resume(RunFolder(paused.path))
    assert [run.id for run in again.training] == [paused.id]


def test_a_sweep_waits_too(room, small):
    desk = room()
    paused = desk.start(small)
    desk.supervisor.sweep("sqlite://", "waits")
    assert desk.supervisor.ahead_of(paused) == 0 and desk.supervisor.is_sweeping("waits")
    desk.pause(paused)
    desk.leaves(paused)
    (sweeping,) = desk.supervisor._dispatcher.sweeps.workers
    assert sweeping.lines[0].startswith("sweep ")
    desk.supervisor.resume(paused)
    assert sweeping.lines[1:] == ["pause"] and desk.supervisor.sweep_waits()
    desk.ends(paused)
    assert sweeping.lines[1:] == ["pause", "resume"] and not desk.supervisor.sweep_waits()


def test_on_a_cluster_a_sweep_has_the_places_that_no_run_needs(tmp_path):
    sweeps, started = Sweeping(tmp_path, several_workers=True), []

    def advance(n_free):
        sweeps.advance(n_free, lambda: started.append(StandIn(tmp_path)) or started[-1])
        return [worker.lines[-1].partition(" ")[0] for worker in started]

    sweeps.add("sqlite://", "wide")
    assert advance(0) == [] and sweeps.waits
    assert advance(2) == ["sweep"] * 2 and not sweeps.waits
    assert advance(3) == ["sweep"] * 3
    assert advance(1) == ["sweep", "pause", "pause"] and sweeps.waits and not sweeps.held_back
    assert advance(-1) == ["pause"] * 3 and sweeps.held_back
    assert advance(2) == ["resume", "resume", "pause"]
    started[1].close()  # it has found nothing to begin: no other is started in its place
    assert advance(3) == ["resume"] * 3 and sweeps.has("wide") and len(sweeps.workers) == 2
    sweeps.leave("wide")
    assert not sweeps.has("wide") and advance(5) == ["stop", "resume", "stop"]
    sweeps.add("sqlite://", "wide")
    for each in started:
        each.close()
    assert advance(1)[3:] == ["sweep"] and sweeps.has("wide")


class Sweeps:
    """`Sweeping` over stand-ins, with one place."""

    def __init__(self, root):
        self.sweeping, self.began = Sweeping(root), []

    def advance(self, n_free=1):
        self.sweeping.advance(n_free, lambda: StandIn(None))

    @property
    def worker(self):
        (worker,) = self.sweeping.workers
        return worker

    @property
    def at_work(self):
        return json.loads(self.worker.lines[0].removeprefix("sweep "))["study"]

    def ends_trial(self, *, is_last=False):
        """Its worker ends a trial, and leaves where that was its last or its turn is over."""
        if is_last or "turn" in self.worker.lines:
            self.worker.code, self.worker.alive = (0 if is_last else worker_process.TURN_OVER), False
        self.advance()


def test_sweeps_of_different_owners_take_turns_by_trial(tmp_path):
    sweeps = Sweeps(tmp_path)
    for name, owner in (("ana1", "ana"), ("ana2", "ana")):
        sweeps.sweeping.add("sqlite://", name, owner)
    sweeps.advance()
    sweeps.ends_trial()
    assert sweeps.worker.lines[1:] == [], "an owner's own follow each other"
    for name in ("ben1", "chi1"):
        sweeps.sweeping.add("sqlite://", name, name[:3])
    sweeps.advance()
    sweeps.advance()
    assert sweeps.worker.lines[1:] == ["turn"], "asked once"
    assert [sweeps.sweeping.before(name) for name in ("ana1", "ana2", "ben1", "chi1")] == ["", *["ana1"] * 3]
    order = []
    for _ in range(7):
        order.append(sweeps.at_work)
        assert all(sweeps.sweeping.has(name) for name in ("ana1", "ana2", "ben1", "chi1"))
        sweeps.ends_trial()
    assert order == ["ana1", "ben1", "chi1", "ana1", "ben1", "chi1", "ana1"]
    sweeps.ends_trial(is_last=True)  # ben's
    sweeps.ends_trial(is_last=True)  # chi's
    assert sweeps.at_work == "ana1" and sweeps.worker.lines[1:] == [], "nobody else waits"
    sweeps.ends_trial(is_last=True)
    assert sweeps.at_work == "ana2" and sweeps.sweeping.all == [("sqlite://", "ana2")]


def test_a_sweep_that_is_left_while_its_turn_ends_does_not_come_back(tmp_path):
    sweeps = Sweeps(tmp_path)
    for name in ("ana", "ben"):
        sweeps.sweeping.add("sqlite://", name, name)
    sweeps.advance()
    sweeps.sweeping.leave("ana")
    sweeps.ends_trial()
    assert sweeps.at_work == "ben" and sweeps.sweeping.all == [("sqlite://", "ben")]


def test_a_turn_ends_only_where_a_place_is_and_the_instructors_sweep_goes_first(tmp_path):
    sweeps = Sweeps(tmp_path)
    for name in ("ana", INSTRUCTOR):
        sweeps.sweeping.add("sqlite://", name, name)
    sweeps.advance()
    assert sweeps.at_work == INSTRUCTOR and sweeps.worker.lines[1:] == []
    sweeps.ends_trial(is_last=True)
    sweeps.sweeping.add("sqlite://", "ben", "ben")
    sweeps.advance(0)
    assert sweeps.at_work == "ana" and sweeps.worker.lines[1:] == ["turn", "pause"] and sweeps.sweeping.held_back
    sweeps.advance(1)
    assert sweeps.worker.lines[1:] == ["turn", "pause", "resume"]


def test_on_a_desk_a_sweep_is_worked_on_to_its_end_whoevers_it_is(room):
    for settings, expected in (({}, []), ({"room": 1}, ["turn"])):
        server = room(**settings)
        for name in ("ana", "ben"):
            server.supervisor.sweep("sqlite://", name, name)
        server.advance()
        (sweeping,) = server.supervisor._dispatcher.sweeps.workers
        assert sweeping.lines[1:] == expected


# -- the spare worker


def test_a_spare_worker_is_kept_while_places_are_busy_if_somebody_waits(room, small):
    desk = room()
    first = desk.start(small)
    desk.advance()
    assert desk.spare is None, "nobody waits: its memory is worth more"
    second = desk.start(small)
    spare = desk.spare
    assert spare.alive and spare.gives_way, "it gets ready while the first one trains"
    desk.advance()
    assert desk.spare is spare
    desk.ends(first)
    assert desk.training == [second] and desk.worker(second) is spare and desk.spare is None
    desk.ends(second)
    assert desk.spare.alive and not desk.spare.gives_way


def test_a_spare_worker_ends_when_nobody_waits_any_more(room, small):
    desk = room()
    desk.start(small)
    waiting = desk.start(small)
    spare = desk.spare
    desk.supervisor.command(waiting, "stop")
    desk.advance()
    assert not spare.alive and desk.spare is None


def test_a_spare_worker_is_kept_for_a_sweep_that_waits_and_none_for_one_that_has_its_worker(room, small):
    desk = room()
    first = desk.start(small)
    desk.supervisor.sweep("sqlite://", "waits")
    spare = desk.spare
    assert spare.alive
    desk.ends(first)
    assert desk.supervisor._dispatcher.sweeps.workers == [spare]
    desk.start(small)
    desk.advance()
    assert desk.supervisor.sweep_waits() and desk.spare is None


def test_where_memory_is_short_no_spare_worker_is_started_beside_a_training(room, small, monkeypatch):
    desk = room()
    first = desk.start(small)
    free = SimpleNamespace(available=memory.WORKER - 1)
    monkeypatch.setattr("dec_core.work.memory.psutil.virtual_memory", lambda: free)
    second = desk.start(small)
    assert desk.spare is None
    free.available += 1
    desk.advance()
    spare = desk.spare
    free.available = 0  # since the spare has some of it
    desk.advance()
    assert spare.alive and desk.spare is spare
    desk.ends(first)
    desk.ends(second)
    assert desk.spare.alive, "for a place that is free, as ever"


def test_a_cluster_keeps_its_workers_warm_itself(room, small, monkeypatch):
    class Cluster:
        def __init__(self, address, root):
            self.n_workers, self.trouble, self.made = 1, "", []

        def keep_connected(self):
            pass

        def new_worker(self):
            self.made.append(StandIn(None))
            return self.made[-1]

        def close(self):
            pass

    monkeypatch.setattr("dec_core.work.dispatcher.ClusterWorkers", Cluster)
    server = room(executor="tcp://nowhere:1")
    first, second = server.start(small), server.start(small)
    server.advance()
    made = server.supervisor._dispatcher.cluster.made
    assert server.training == [first] and server.supervisor.ahead_of(second) == 1 and len(made) == 1


def test_a_worker_that_gets_ready_beside_a_training_steps_back_at_once(tmp_path, monkeypatch):
    shown = "import os; print(repr(os.environ['DEC_GIVES_WAY']))"
    monkeypatch.setattr("dec_core.work.worker_process.WORKER", (sys.executable, "-c", shown))
    for gives_way, expected in ((True, "'1'"), (False, "''")):
        started = worker_process.Worker(tmp_path / "log", gives_way=gives_way)
        assert started.process.wait() == 0 and started.log.read_text().strip() == expected
        started.close()

    steps = []
    monkeypatch.setattr(worker, "_step_back", lambda: steps.append("steps back"))
    monkeypatch.setattr(worker, "Control", lambda: steps.append("gets ready") or 1 / 0)
    for gives_way in ("1", ""):
        monkeypatch.setenv("DEC_GIVES_WAY", gives_way)
        with pytest.raises(ZeroDivisionError):
            worker.main()
    assert steps == ["steps back", "gets ready", "gets ready"]


# -- a room


def test_owners_take_turns_and_the_instructor_goes_first(room, small):
    full = room(room=1, slots=1)
    runs = {name: full.start(small, name[:-1]) for name in ("ana1", "ana2", "ana3", "ben1", "ben2", "chi1")}
    runs["first"] = full.start(small, INSTRUCTOR)
    order = ("ana1", "first", "ben1", "chi1", "ana2", "ben2", "ana3")
    assert [full.supervisor.ahead_of(runs[name]) for name in order] == list(range(7))
    training, waiting = full.supervisor.before(runs["ana2"])
    assert [run.id for run in training] == [runs["ana1"].id]
    assert [run.id for run in waiting] == [runs[name].id for name in ("first", "ben1", "chi1")]
    for name in order:
        (run,) = full.training
        assert run.id == runs[name].id
        full.ends(run)


def test_an_owner_has_one_in_training_though_there_are_places(room, small):
    full = room(room=1, slots=3)
    first, second, third = (full.start(small, "ana") for _ in range(3))
    assert full.training == [first] and [full.supervisor.ahead_of(run) for run in (second, third)] == [1, 2]
    full.supervisor.command(third, "stop")
    other = full.start(small, "ben")
    assert full.training == [first, other]
    own = [full.start(small, INSTRUCTOR) for _ in range(2)]
    assert full.training == [first, other, own[0]]

    full.pause(first)  # another of hers could begin only in its place
    full.leaves(first)
    assert full.training == [other, own[0], own[1]], "the instructor's go first"
    full.ends(own[1])
    assert full.training == [other, own[0], second]


def test_so_many_runs_of_an_owner_wait_as_may(room, small, tmp_path):
    full = room(room=1, slots=1)
    runs = [full.start(small, "ana") for _ in range(3)]
    for _ in range(1000):
        with pytest.raises(LineIsFull, match="2 runs of yours wait, as many as may in this room; let one begin, or st"):
            full.start(small, "ana")
    stopped = RunFolder.create(tmp_path, small, "stopped", owner="ana")
    with pytest.raises(LineIsFull):
        full.supervisor.resume(stopped)
    assert stopped.status.state == "stopped" and len(list(tmp_path.glob("2*"))) == 4
    assert full.start(small, "ben") and full.start(small, INSTRUCTOR)

    full.supervisor.command(runs[1], "stop")
    full.supervisor.resume(stopped)
    assert stopped.status.state == "queued"


def test_on_a_desk_as_many_wait_as_somebody_likes(room, small):
    desk = room()
    assert [desk.supervisor.ahead_of(desk.start(small)) for _ in range(9)] == list(range(9))


# -- real trainings

TINY = {
    "hidden_units": (8,), "latent_dim": 3, "pretrain_epochs": 2, "batch_size": 16, "n_clusters": 3, "n_samples": 60,
    "update_interval": 5, "max_iterations": 30,
}  # fmt: skip


def labels_of(run):
    newest = max((run.path / "snapshots").glob("*.npz"))
    return run.load_arrays(f"snapshots/{newest.name}")["labels"]


def test_a_run_whose_minutes_are_over_stops_and_goes_on_to_the_same_end(tmp_path, small, monkeypatch):
    monkeypatch.setenv("DEC_ROOM", "1")
    monkeypatch.setenv("DEC_MAX_MINUTES", "0.000001")
    config = small.changed(**TINY)
    whole, run = RunFolder.create(tmp_path, config, owner=INSTRUCTOR), RunFolder.create(tmp_path, config, owner="ana")
    worker._record(whole, Control())
    assert whole.status.state == "finished", "the instructor's have no limit"
    for _ in range(3):  # each goes on for an event at least
        worker._record(run, Control())
        assert run.status.state == "stopped" and run.status.resumable and (run.path / "checkpoint.npz").exists()
        assert (
            run.status.message == "This run has trained for 1e-06 minutes, as long as one may at a time in this room."
        )
    monkeypatch.delenv("DEC_MAX_MINUTES")
    worker._record(run, Control())
    assert run.status.state == "finished" and run.status.message == ""
    assert np.array_equal(labels_of(run), labels_of(whole))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_gave_its_place_up_and_was_killed_when_it_went_on_ends_as_one_that_was_not(
    tmp_path, small, monkeypatch
):
    monkeypatch.setattr("dec_core.work.worker_process.WORKER", ENDS_WITH_TRAINING)
    supervisor = Supervisor(tmp_path)
    try:
        config = small.changed(**TINY)
        run = supervisor.start(config)
        supervisor.command(run, "pause")  # after its first batch
        assert wait_for(lambda: run.status.state == "paused")
        worker = run.status.pid
        whole = supervisor.start(config)
        assert wait_for(lambda: run.status.is_set_aside) and (run.path / "checkpoint.npz").exists()
        assert wait_for(lambda: whole.status.state == "finished")

        supervisor.resume(run)
        supervisor.command(run, "step")  # to the end of this epoch
        assert wait_for(lambda: run.status.state == "paused" and run.status.pid not in (0, worker))
        killed = run.status.pid
        assert killed not in (0, worker)
        os.kill(killed, signal.SIGKILL)
        assert wait_for(lambda: run.status.state == "failed") and "signal 9" in run.status.message
        supervisor.resume(run)
        assert wait_for(lambda: run.status.state == "finished")
        assert np.array_equal(labels_of(run), labels_of(whole))
        assert [record["event"] for record in run.records()[0]].count("Resumed") == 2
    finally:
        supervisor.close()


def test_a_run_that_has_just_ended_does_not_go_whatever_the_disk(room, small):
    server = room(room=1, disk=1e-9)
    run = server.start(small, "ana")
    server.ends(run)
    server.supervisor.housekeeping.tidy()
    assert run.status.state == "finished" and (run.path / "config.json").exists()
    server.supervisor.housekeeping._looked_at.clear()
    server.supervisor.housekeeping.tidy()
    assert not run.path.exists()
