"""The line of what waits: fair between owners, in order within each, the instructor's first; and what a room allows."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.reading.progress import seconds_until_begun
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.work import room
from dec_core.work.line import Line
from dec_core.work.room import RoomSettings

OWNERS = ("ana", "ben", INSTRUCTOR, "")
ROOM = RoomSettings(is_room=True)
HAPPENINGS = st.lists(  # a Start, or the end of a training; more begin than end, so that there is a line
    st.sampled_from((*OWNERS, *OWNERS[:2], *OWNERS[:2], 0, 1, 2)), min_size=20, max_size=60
)


class Simulation:
    """Numbers that wait and train as runs do, and what was served, in its order."""

    def __init__(self, slots, limited):
        self.line, self.slots, self.limited = Line(limited), slots, limited
        self.in_training, self.served, self.n_started = [], [], 0

    def happens(self, what):
        if isinstance(what, str):
            self.line.add((what, self.n_started), what)
            self.n_started += 1
        elif what < len(self.in_training):
            self.line.has_ended(self.in_training.pop(what))

    def serve_one(self):
        """The owner whose item begins, and who else might have been served; None where nothing can begin."""
        owner = self.line.next_owner(self.in_training) if len(self.in_training) < self.slots else None
        if owner is None:
            return None
        others = {o for o in OWNERS if o != owner and self.line.n_waiting(o) and self.may_be_served(o)}
        item = self.line.first_of(owner)
        assert self.line.serve(owner) is item and item[0] == owner
        self.served.append(item)
        self.in_training.append(owner)
        return owner, others

    def may_be_served(self, owner):
        return not (self.limited(owner) and owner in self.in_training)


@given(HAPPENINGS, st.integers(1, 3), st.booleans())
def test_nobody_is_served_twice_before_another_who_may_be_served_is_once(happenings, slots, in_room):
    simulation = Simulation(slots, ROOM.limits if in_room else lambda owner: False)
    passed_over = defaultdict(Counter)  # for each owner how often others were served since it might have been
    for what in happenings:
        simulation.happens(what)
        while (begun := simulation.serve_one()) is not None:
            owner, others = begun
            assert INSTRUCTOR not in others, "the instructor's go first"
            passed_over = defaultdict(Counter, {o: passed_over[o] for o in others})
            for other in others if owner != INSTRUCTOR else ():
                passed_over[other][owner] += 1
                assert passed_over[other][owner] < 2
            in_training = Counter(simulation.in_training)
            assert all(n == 1 for o, n in in_training.items() if simulation.limited(o))
        waiting = [o for o in OWNERS if simulation.line.n_waiting(o)]
        assert len(simulation.in_training) == slots or not any(map(simulation.may_be_served, waiting))
    for owner in OWNERS:
        numbers = [number for o, number in simulation.served if o == owner]
        assert numbers == sorted(numbers), "in order within an owner"


@given(HAPPENINGS, st.booleans())
def test_the_order_that_is_told_is_the_order_of_service(happenings, in_room):
    simulation = Simulation(1, ROOM.limits if in_room else lambda owner: False)
    for what in happenings:
        simulation.happens(what)
        simulation.serve_one()
    told = simulation.line.order(simulation.in_training)
    n_before = len(simulation.served)
    assert len(told) == len(simulation.line) == len(set(told))
    while len(simulation.line):
        simulation.happens(0)
        assert simulation.serve_one() is not None
    assert simulation.served[n_before:] == told


def test_who_has_just_been_served_waits_for_who_was_not():
    line = Line(ROOM.limits)
    for item, owner in (("a2", "ana"), ("b1", "ben"), ("a3", "ana")):  # ana's first one trains
        line.add(item, owner)
    assert line.order(["ana"]) == ["b1", "a2", "a3"]
    line.has_ended("ana")
    assert line.next_owner([]) == "ben"


def test_what_goes_in_front_passes_its_owners_others_alone():
    line = Line()
    for item, owner in (("b1", "ben"), ("a1", "ana"), ("a2", "ana")):
        line.add(item, owner)
    line.add("a0", "ana", in_front=True)
    assert list(line) == ["b1", "a0", "a1", "a2"]
    line.remove("a1")
    assert list(line) == ["b1", "a0", "a2"] and line.n_waiting("ana") == 2
    with pytest.raises(ValueError, match="does not wait"):
        line.remove("a1")


# -- when a run begins


@pytest.mark.parametrize(
    ("training", "waiting", "slots", "seconds"),
    [
        ([], [], 1, 0),
        ([30], [], 1, 30),
        ([30], [60, 10], 1, 100),
        ([30], [], 2, 0),
        ([30, 50], [], 2, 30),
        ([30, 50], [60, 10], 2, 60),  # at 30 one begins that ends at 90, at 50 one that ends at 60
    ],
)
def test_a_run_begins_when_those_before_it_have_ended(training, waiting, slots, seconds):
    assert seconds_until_begun(training, waiting, slots) == seconds


# -- what a room allows


def test_a_desk_trains_one_at_a_time_and_has_no_limits():
    desk = RoomSettings.from_environment({"DEC_MAX_MINUTES": "5"})
    assert not desk.is_room and desk.slots == 1 and desk.threads() == {}
    assert desk.seconds_for("") == desk.seconds_for("ana") == float("inf") and not desk.limits("ana")


def test_a_room_trains_one_for_every_two_cores_which_share_the_threads(monkeypatch):
    monkeypatch.setattr(room, "n_cores", lambda: 6)
    settings = RoomSettings.from_environment({"DEC_ROOM": "1", "DEC_MAX_MINUTES": "2.5"})
    assert settings.slots == 3 and settings.max_waiting == 2
    assert settings.seconds_for("ana") == 150 and settings.seconds_for(INSTRUCTOR) == float("inf")
    assert set(settings.threads().values()) == {"2"} and "TF_NUM_INTRAOP_THREADS" in settings.threads()
    monkeypatch.setattr(room, "n_cores", lambda: 1)
    assert RoomSettings.from_environment({"DEC_ROOM": "1"}).slots == 1
    assert set(RoomSettings(slots=4).threads().values()) == {"1"}


@pytest.mark.parametrize("name", ["DEC_SLOTS", "DEC_MAX_WAITING", "DEC_MAX_MINUTES"])
@pytest.mark.parametrize("text", ["-1", "many", "nan", "inf"])
def test_a_setting_that_is_no_number_is_refused_by_name(name, text):
    with pytest.raises(ValueError, match=f"{name}: received '{text}'"):
        RoomSettings.from_environment({"DEC_ROOM": "1", name: text})


def test_a_worker_gets_its_share_of_the_threads_unless_somebody_has_chosen(tmp_path, monkeypatch):
    from dec_core.work import worker_process

    started = []
    monkeypatch.setattr(worker_process.subprocess, "Popen", lambda *_, env, **__: started.append(env))
    monkeypatch.setattr(room, "n_cores", lambda: 8)
    for name in ("DEC_ROOM", *room.THREADS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DEC_SLOTS", "4")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    worker_process.Worker(tmp_path / "log")
    assert started[0]["TF_NUM_INTRAOP_THREADS"] == "2" and started[0]["OMP_NUM_THREADS"] == "7"
    monkeypatch.delenv("DEC_SLOTS")
    worker_process.Worker(tmp_path / "log")
    assert "TF_NUM_INTRAOP_THREADS" not in started[1]
