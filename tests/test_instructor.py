"""The instructor of a room: nicknames, the wall, the projector, what is shown to all, and the end of the day."""

import json
import secrets
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from requests_of_room import asked
from rooms import ANNA, BEN, SECRET, Workers, arrives, asking, press, seen, warnings
from screens import opened_at, send_event, widget_states
from starlette.applications import Starlette
from starlette.routing import Route
from streamlit.runtime.context import ContextProxy

from dec_core.config import RunConfig
from dec_core.gallery import install
from dec_core.presets import PRESETS
from dec_core.runs.answers import Answers
from dec_core.runs.folder import RunFolder
from dec_core.runs.marks import marks_of
from dec_core.runs.own_presets import keep_preset
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.pins import Pins
from dec_core.runs.room_state import Exhibit, RoomState, change_room, room_state, set_nickname
from dec_core.runs.status import this_process
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from pages.inspect import screen
from pages.room.news import WALL
from pages.shared import addresses, attendance, news
from pages.shared.focus import SOMEBODY_ELSES
from pages.shared.following import ROOM
from pages.shared.permission import may_run
from pages.shared.visitor import Visitor, cookie_name, known_by, signed
from pages.sweep import storage
from pages.train import live

pytestmark = pytest.mark.slow
OTHERS = [ANNA, ""]
CARLA = Visitor("c" * 16, "", False)


@pytest.fixture
def wall(room, monkeypatch):
    """Room, as the instructor sees it."""
    arrives(monkeypatch, INSTRUCTOR)
    return opened_at("room")


def tiles(at):
    """What the browser is told of each tile, by whose it is."""
    assert not at.exception
    data = json.loads(component(at, "wall").proto.json)
    return {tile["who"]: tile for tile in data["tiles"]}


def component(at, name):
    return next(item for item in at.get("bidi_component") if item.proto.component_name == name)


def act(at, name, run):
    """Press a button of a tile."""
    return tell(at, [{"id": secrets.token_hex(4), "act": name, "run": run.id}])


def tell(at, pressed):
    """Let the browser tell of what was pressed on the wall."""
    at = send_event(at, widget_states(at), component(at, "wall").proto.id, [{"event": "acted", "value": pressed}])
    assert not at.exception
    return at


def keys(at):
    return {item.key for item in at.button if item.key}


# -- nicknames


def test_a_visitor_gives_a_nickname_which_they_and_the_instructor_see(room, monkeypatch):
    at = opened_at("train")
    at.session_state["calling_card"] = True
    at = at.run()
    at = at.text_input(key="nickname").input(" *Ben*  <b> ").run()
    assert not at.exception and room_state(room.root).names == {BEN: "*Ben* <b>"}
    assert "You are \\\\*Ben\\\\*" in seen(opened_at("train"))  # Markdown that says what was typed
    arrives(monkeypatch, ANNA)
    assert "Ben" not in seen(opened_at("train"))
    arrives(monkeypatch, INSTRUCTOR)
    assert tiles(opened_at("room"))["*Ben* <b>"]["run"] == room.bens.id
    assert known_by(signed(BEN)) == Visitor(BEN, "*Ben* <b>", False)


def test_a_nickname_that_is_none_is_refused_in_words(room):
    set_nickname(room.root, BEN, "Ben")
    at = opened_at("train")
    at.session_state["calling_card"] = True
    at = at.run()
    at = at.text_input(key="nickname").input("Ben\u202e").run()
    assert ["cannot be seen" in item.value for item in at.toast] == [True]
    assert room_state(room.root).names == {BEN: "Ben"}


@pytest.mark.parametrize("who", ["", INSTRUCTOR])
def test_nobody_names_the_instructor_or_somebody_unknown(room, monkeypatch, who):
    at = opened_at("train")
    at.session_state["calling_card"] = True
    at = at.run()
    arrives(monkeypatch, who)
    at.text_input(key="nickname").input("Ben").run()
    assert room_state(room.root).names == {}


# -- the wall


def test_the_wall_shows_of_everybody_the_run_that_they_are_at(room, wall):
    set_nickname(room.root, ANNA, "Anna")
    shown = tiles(wall.run())
    assert {who: tile["run"] for who, tile in shown.items()} == {
        "Anna": room.training.id, "Visitor bbbb": room.bens.id, "This server": room.servers.id,
    }  # fmt: skip
    anna, ben = shown["Anna"], shown["Visitor bbbb"]
    assert (anna["state"], ben["state"]) == ("training", "finished") and anna["more"] == "and 1 other run today"
    assert anna["line"].startswith("Clustering") and ben["score"].endswith("%")
    assert ben["map"].startswith("data:image/png;base64,") and len(ben["curve"].split()) > 2
    assert [anna["active"], ben["active"]] == [True, False] and not anna["projected"]


@pytest.mark.parametrize("who", OTHERS)
def test_for_others_there_is_no_room(room, monkeypatch, who):
    arrives(monkeypatch, who)
    at = opened_at("room", run=room.bens.id)
    assert not at.exception and "wall" not in seen(at) and room.bens.id not in seen(at)
    assert "closing" not in seen(at)


def test_on_a_desk_there_is_no_room_and_nothing_of_one(room, monkeypatch):
    monkeypatch.delenv("DEC_ROOM")
    change_room(room.root, lambda _: RoomState(projector=room.finished.id))
    for page in ("room", "projector", "train"):
        at = opened_at(page)
        assert not at.exception and not keys(at) & {"show", "go_there", "closing", "undo_clearing"}
        ids = [item.proto.id for item in at.get("bidi_component")]
        assert ids and not [
            each for each in ids if each.endswith(("-wall", "-news_of_room", "-news_of_wall", "-news_of_projector"))
        ]
        assert not [item for item in at.get("popover") if "name" in item.proto.popover.label]


def test_a_click_from_a_wall_that_is_not_the_instructors_does_nothing(room, wall, monkeypatch):
    for who in (BEN, ""):
        arrives(monkeypatch, who)
        for name in ("project", "end"):
            with asking(INSTRUCTOR):
                at = opened_at("room")
            act(at, name, room.training)
    assert Workers.commands == [] and room_state(room.root).projector == ""


def test_a_run_is_ended_and_opened_from_the_wall(room, wall):
    at = act(wall, "end", room.training)
    assert Workers.commands == [(room.training.id, "stop")]
    at = act(at, "end", RunFolder(room.root / "nothing"))
    at = act(at, "open", room.bens)
    assert at.query_params["run"] in (room.bens.id, [room.bens.id])


def test_what_the_wall_tells_again_is_done_once_and_nothing_is_left_out(room, wall):
    project, open_ = ({"id": name, "act": name, "run": room.training.id} for name in ("project", "open"))
    at = tell(wall, [project])
    assert room_state(room.root).projector == room.training.id
    for odd in (None, "x", [1, {}], {"id": "1"}, [{"id": ["x"], "act": 3, "run": None}]):
        at = tell(at, odd)
    assert json.loads(component(at, "wall").proto.json)["heard"][0] == "project"
    at = tell(at, [project, open_])
    assert room_state(room.root).projector == room.training.id
    assert at.query_params["run"] in (room.training.id, [room.training.id])


def test_the_wall_counts_who_is_here_and_who_follows(room, wall, monkeypatch):
    monkeypatch.setattr(attendance, "seen_within", lambda _: {ANNA, BEN, CARLA.id, INSTRUCTOR, "d" * 16})
    with asking("d" * 16):
        opened_at("projector")
    change_room(room.root, lambda state: replace(state, exhibit=Exhibit("learn", {"lesson": "pixels", "step": "2"})))
    before = WALL.stamp_now("")
    with asking(BEN):
        at = press(opened_at("glossary"), "go_there")
    assert WALL.stamp_now("") != before
    assert "3 here, 1 follows · runs: 1 training, 1 finished" in seen(wall.run())
    with asking(BEN):
        press(at, "stop_following")
    assert "3 here, 0 follow " in seen(wall.run())


@pytest.mark.parametrize(("command", "state"), [("stop", "stopped"), ("pause", "paused")])
def test_who_trains_is_told_that_the_instructor_ended_or_paused_it_until_it_goes_on(room, wall, command, state):
    run = room.training
    if command == "stop":
        act(wall, "end", run)
    else:
        press(opened_at("train", run=run.id), "pause")
    run.set_status(replace(run.status, state=state, **this_process()))
    (run.path / "checkpoint.npz").touch()
    said = "The instructor has "
    with asking(ANNA):
        at = opened_at("train", run=run.id)
        assert said in seen(at)
        press(at, "resume")
        assert room_state(room.root).commanded == {}
        run.set_status(replace(run.status, state="running"))
        press(opened_at("train", run=run.id), "stop" if command == "stop" else "pause")
        run.set_status(replace(run.status, state=state))
        assert said not in seen(opened_at("train", run=run.id))


# -- the projector


def test_what_is_on_the_projector_all_see_until_it_is_taken_off(room, wall, monkeypatch):
    at = act(wall, "project", room.finished)
    assert tiles(opened_at("room"))["Visitor aaaa"]["run"] == room.training.id
    assert may_run("see", room.finished, CARLA) and not may_run("command", room.finished, CARLA)
    assert not may_run("see", room.finished, Visitor("", "", False))
    arrives(monkeypatch, BEN)
    shown = opened_at("projector")
    assert not shown.exception and SECRET in seen(shown) and not warnings(shown)
    with asking(INSTRUCTOR):
        at = act(at, "project", room.training)  # another one, and the projector follows
    assert SECRET not in seen(shown.run()) and SOMEBODY_ELSES in warnings(opened_at("train", run=room.finished.id))
    with asking(INSTRUCTOR):
        act(at, "project", room.training)
    assert room_state(room.root).projector == ""
    assert "Open this address" in seen(shown.run())


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:8501/projector", "192.0.2.7:8501"),
        ("http://192.0.2.9:8501/projector?x=1", "192.0.2.9:8501"),
        ("https://example.org/dec/projector", "https://example.org/dec"),
    ],
)
def test_an_empty_projector_shows_the_address_by_which_others_reach_the_room(room, monkeypatch, url, address):
    monkeypatch.setattr(ContextProxy, "url", property(lambda self: url))
    monkeypatch.setattr(addresses, "address_in_network", lambda: "192.0.2.7")
    monkeypatch.setattr("streamlit.get_option", lambda _: "0.0.0.0")  # as `serve --room` starts it
    shown = seen(opened_at("projector"))
    assert f"<b>{address}</b>" in shown and "data:image/svg+xml" in shown
    monkeypatch.setenv("DEC_PUBLIC_URL", "https://example.org")
    assert "<b>https://example.org</b>" in seen(opened_at("projector"))


def test_the_projector_shows_the_step_that_all_are_shown_and_what_came_once_it_is_revealed(room, wall):
    Answers(room.root).give("pixels/1/2", ANNA, "A and B")
    step = Exhibit("learn", {"lesson": "pixels", "step": "1"})
    change_room(room.root, lambda state: replace(state, exhibit=step))
    at = opened_at("projector")
    assert "Which two are nearest?" in seen(at) and "1 guess in the room" in seen(at) and "what came" not in seen(at)
    change_room(room.root, lambda state: replace(state, exhibit=replace(step, revealed=True)))
    assert "what came" in seen(at.run())
    change_room(room.root, lambda state: replace(state, exhibit=Exhibit("learn", {"lesson": "pixels", "step": "99"})))
    assert "Open this address" in seen(at.run())
    change_room(room.root, lambda state: replace(state, exhibit=step, projector=room.bens.id))
    assert "Which two are nearest?" not in seen(at.run())  # a run that was thrown there goes first


def test_news_of_a_room_are_who_may_hear_thems(room, monkeypatch):
    app = Starlette(routes=[Route("/news", news.stream(ROOM, WALL))])

    def statuses(path):
        cookies = [signed(INSTRUCTOR), signed(BEN), ""]
        return [asked(app, path, {cookie_name(): value} if value else None, method="HEAD").status for value in cookies]

    assert statuses("/news?of=wall:") == [200, 404, 404] and statuses("/news?of=room:") == [200, 200, 404]
    before = [kind.stamp_now("") for kind in (ROOM, WALL)]
    change_room(room.root, lambda _: RoomState(projector=room.bens.id))
    after = [kind.stamp_now("") for kind in (ROOM, WALL)]
    assert before[0] != after[0] and before[1] != after[1]
    monkeypatch.delenv("DEC_ROOM")
    assert statuses("/news?of=wall:") == statuses("/news?of=room:") == [404, 404, 404]


# -- what is shown to all


def shows(room, page="inspect", **query):
    """The instructor shows a screen; the app as they see it."""
    with asking(INSTRUCTOR):
        at = opened_at(page, **query)
        return press(at, "show")


def link_of(at):
    """What the link asks for."""
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(at.query_params).items()}


def where(at):
    """The screen that a session is on, and the run and moment that its link names."""
    assert not at.exception
    values = link_of(at)
    return at.session_state["page"] or "train", values.get("run"), values.get("moment")


def test_who_goes_there_by_a_click_is_led_along_and_others_stay(room):
    run = room.finished.id
    instructor = shows(room, run=run, moment="1")
    assert room_state(room.root).exhibit == Exhibit("inspect", {"run": run, "moment": "1"}, (run,))
    ben, bystander = opened_at("train"), opened_at("compare", runs=room.bens.id)
    assert "The instructor shows **Inspect" in seen(ben) and not keys(ben) & {"show", "stop_following", "stop_showing"}
    ben = press(ben, "go_there")
    assert where(ben) == ("inspect", run, "1") and not warnings(ben)
    with asking(INSTRUCTOR):
        instructor.session_state["view"] = replace(instructor.session_state["view"], moment=0)
        instructor.run()
    assert where(ben.run()) == ("inspect", run, "0") and where(bystander.run())[0] == "compare"
    ben.switch_page("inspect/inspect.py")  # as the browser says by now
    ben = press(ben.run(), "stop_following")
    with asking(INSTRUCTOR):
        instructor.session_state["view"] = replace(instructor.session_state["view"], moment=1)
        instructor.run()
    assert room_state(room.root).exhibit.query["moment"] == "1" and where(ben.run()) == ("inspect", run, "0")


def test_the_instructors_way_to_another_run_is_not_shown_before_it_is_by_a_click(room):
    shows(room, "train", run=room.finished.id)
    ben = press(opened_at("glossary"), "go_there")
    assert where(ben) == ("train", room.finished.id, None)
    with asking(INSTRUCTOR):
        at = opened_at("inspect", run=room.training.id)
        assert room_state(room.root).shown_to_all == {room.finished.id} and not may_run("see", room.training, CARLA)
        assert at.button(key="show").label == "Show to all"
        press(at, "show")
    assert where(ben.run())[:2] == ("inspect", room.training.id) and not may_run("see", room.finished, CARLA)


def test_on_train_followers_keep_their_form(room):
    shows(room, "train", run=room.finished.id, preset="tutorial-dec", alpha="2.5")
    assert room_state(room.root).exhibit.query == {"run": room.finished.id}
    shows(room, "train", run="new", preset="tutorial-dec", alpha="2.5")
    shown = room_state(room.root).exhibit
    assert shown.query["alpha"] == "2.5" and shown.runs == ()


def test_what_is_shown_ends_with_it_wherever_it_is_looked_at(room):
    instructor = shows(room, run=room.finished.id)
    ben = press(opened_at("train"), "go_there")
    assert not warnings(ben) and SECRET in seen(ben)
    assert (
        not ben.get("arrow") and may_run("see", room.finished, CARLA) and not may_run("command", room.finished, CARLA)
    )
    with asking(INSTRUCTOR):
        press(instructor, "show")
    assert room_state(room.root).exhibit is None and not may_run("see", room.finished, CARLA)
    ben = ben.run()
    assert SOMEBODY_ELSES in warnings(ben) and SECRET not in seen(ben) and "go_there" not in keys(ben)


def test_a_part_of_a_screen_is_not_drawn_anew_for_who_may_see_it_no_longer(room, monkeypatch):
    class WholePage(Exception):
        pass

    def rerun():
        raise WholePage

    monkeypatch.setattr("streamlit.rerun", rerun)
    for part, arguments in ((live._view, (room.finished, None, False)), (screen._view, (room.finished, False))):
        with pytest.raises(WholePage):
            part(*arguments)


def test_compared_runs_are_all_shown(room):
    both = f"{room.finished.id},{room.bens.id}"
    shows(room, "compare", runs=both, run=room.finished.id)
    assert room_state(room.root).shown_to_all == {room.finished.id, room.bens.id}
    with asking(CARLA.id):
        carla = press(opened_at("train"), "go_there")
        assert where(carla)[0] == "compare" and not warnings(carla) and SECRET in seen(carla)


def test_what_cannot_be_shown_is_said(room):
    at = shows(room, "sweep")
    assert ["cannot be shown" in item.value for item in at.toast] == [True] and room_state(room.root).exhibit is None


def test_others_show_nothing(room, monkeypatch):
    for key in ("show", "stop_showing"):
        with asking(INSTRUCTOR):
            change_room(room.root, lambda _: RoomState(exhibit=Exhibit("inspect", {}, (room.bens.id,))))
            at = opened_at("inspect", run=room.finished.id)
        arrives(monkeypatch, BEN)
        press(at, key)
        assert room_state(room.root).shown_to_all == {room.bens.id}


# -- the end of the day


def opened_closing(at):
    at.session_state["closing"] = True
    return at.run()


def test_who_waits_is_offered_a_recording_and_finds_their_run_again(room, monkeypatch):
    monkeypatch.setattr(Workers, "ahead_of", lambda self, run: 1)
    monkeypatch.setattr(Workers, "before", lambda self, run: ([room.training], []), raising=False)
    monkeypatch.setattr(Workers, "slots", 1, raising=False)
    install(room.root)
    room.bens.set_status(replace(room.bens.status, state="queued", **this_process()))
    at = press(opened_at("train", run=room.bens.id), "meanwhile")
    assert where(at)[1] == "gallery-first-look" and at.session_state["replayed"] == "gallery-first-look"
    assert "meanwhile" not in keys(at)
    (picker,) = [item for item in at.selectbox if item.label == "Run in focus"]
    assert any("in progress" in option for option in picker.options)


def test_the_end_of_the_day_says_what_it_means_and_can_be_undone(room, wall):
    run = room.training
    change_room(room.root, lambda state: replace(state, projector=run.id, exhibit=Exhibit("train", {}, (run.id,))))
    at = opened_closing(wall)
    said = "\n".join(item.value for item in at.caption)
    assert "1 run of 1 visitor, in training" in said and "3 runs of 2 visitors: those under way end" in said
    assert at.button(key="empty_line").disabled
    before = {run.id: marks_of(run) for run in (room.servers,)}
    at = press(at, "clear")
    assert Workers.commands == [(run.id, "stop")]
    archived = [each for each in (room.finished, room.bens, run) if marks_of(each).archived]
    assert len(archived) == 3 and marks_of(room.servers) == before[room.servers.id] == marks_of(room.servers)
    assert room_state(room.root).shown_to_all == set() and list(tiles(at)) == ["This server"]
    at = opened_at("room")  # another day, another browser
    assert "3 runs of 2 visitors" in seen(at)
    press(at, "undo_clearing")
    assert not [each for each in archived if marks_of(each).archived] and room_state(room.root).cleared == ()
    assert marks_of(room.finished).name == SECRET


def test_the_next_group_begins_without_the_guesses_and_pins_of_the_one_before(room, wall):
    answers, pins = Answers(room.root), Pins(room.root)
    answers.give("pixels/1/2", ANNA, "A and B"), answers.give("pixels/1/2", BEN, "A and C")
    pins.pin("gallery-first-look", 3, ANNA)
    at = opened_closing(wall)
    assert "2 guesses and 1 pin are laid aside" in "\n".join(item.value for item in at.caption)
    press(at, "clear")
    assert answers.first("pixels/1/2") == pins.all(ANNA) == []
    at = opened_at("room")
    assert "guesses and pins" in seen(at)
    press(at, "undo_clearing")
    assert len(answers.first("pixels/1/2")) == 2 and len(pins.all(ANNA)) == 1
    assert not room_state(room.root).cleared_answers


@pytest.mark.parametrize(("key", "state"), [("end_all", "paused"), ("empty_line", "queued")])
def test_all_are_ended_or_only_those_that_wait(room, wall, key, state):
    for each in (room.bens, room.servers):
        each.set_status(replace(each.status, state=state, **this_process()))
    press(opened_closing(wall), key)
    ended = {room.bens.id, *([room.training.id] if key == "end_all" else [])}
    assert {run for run, command in Workers.commands if command == "stop"} == ended


def test_visitors_sweeps_are_paused_and_the_servers_go_on(room, wall):
    for owner, name in ((ANNA, "annas"), ("", "servers")):
        plan = SweepPlan.make(
            name=name, base=PRESETS["first-look"], space={"n_clusters": {"low": 5, "high": 9}}, n_trials=2
        )
        stored = studies.create(plan, storage.address(), owner).study_name
        Workers.swept.append((storage.address(), stored))
    at = opened_closing(wall)
    assert "1 sweep of visitors: paused" in "\n".join(item.value for item in at.caption)
    press(at, "clear")
    assert Workers.left == [f"{ANNA}/annas"]
    assert [studies.is_paused(storage.any_study(name)) for name in (f"{ANNA}/annas", "servers")] == [True, False]


def test_the_instructor_reads_whose_runs_there_are_to_pick(room, monkeypatch):
    set_nickname(room.root, ANNA, "Anna")
    for who, n_annas in ((INSTRUCTOR, 2), (ANNA, 0)):
        arrives(monkeypatch, who)
        (picker,) = [item for item in opened_at("train").selectbox if item.label == "Run in focus"]
        assert sum(option.startswith("\u2068Anna\u2069: ") for option in picker.options) == n_annas
    arrives(monkeypatch, INSTRUCTOR)  # whose screen may be mirrored while they lead through a lesson
    assert "Anna\u2069" not in seen(opened_at("learn", lesson="pixels", step="1", run=room.finished.id))


def test_others_end_and_clear_nothing(room, wall, monkeypatch):
    for key in ("end_all", "clear"):
        with asking(INSTRUCTOR):
            at = opened_closing(opened_at("room"))
        for who in (BEN, ""):
            arrives(monkeypatch, who)
            press(at, key)
            with asking(INSTRUCTOR):
                at = opened_closing(opened_at("room"))
    assert Workers.commands == [] and not marks_of(room.finished).archived


# -- prepared links


@pytest.fixture
def link(room):
    """The name of a link with which one may choose gamma and the number of clusters of the instructor's own preset."""
    keep_preset(room.root, "mine", PRESETS["first-look"].changed(update_interval=33))
    with asking(INSTRUCTOR):
        at = opened_at("train", preset="mine", gamma="0.3", seed="4")
        at.session_state["prepare"] = True
        at = at.run()
        at.text_input(key="prepared_title").input("What does *γ* do?")
        at = press(at.multiselect(key="prepared_fields").set_value(["gamma", "n_clusters"]).run(), "make_link")
        (name,) = room_state(room.root).prepared
        assert [item.value for item in at.code if f"prepared={name}" in item.value]
        return name


def fields_shown(at):
    """Names of the fields that the form has inputs for."""
    assert not at.exception
    inputs = [*at.number_input, *at.selectbox, *at.toggle, *at.text_input, *at.get("button_group")]
    return {item.key.rstrip("_0123456789") for item in inputs if item.key} & set(RunConfig.model_fields)


def test_a_prepared_link_shows_what_may_be_moved_and_fixes_the_rest(room, link):
    at = opened_at("train", prepared=link, n_clusters="7", update_interval="50", seed="9")
    assert fields_shown(at) == {"gamma", "n_clusters"} and "Prepared by the instructor" in seen(at)
    assert "Choose in the form" in seen(at) and "Press Start: the autoencoder" not in seen(at)
    press(at, "start")
    (config,) = Workers.started
    assert (config.n_clusters, config.gamma, config.update_interval, config.random_state) == (7, 0.3, 33, 4)


def test_all_settings_of_a_prepared_link_can_be_seen_and_what_was_chosen_stays(room, link):
    at = opened_at("train", prepared=link)
    at = at.number_input(key="n_clusters").set_value(6).run()
    again = opened_at("train", **link_of(at))  # by the link as it is now
    assert fields_shown(again) == {"gamma", "n_clusters"} and again.number_input(key="n_clusters").value == 6
    at = press(at, "show_all")
    assert {"update_interval", "alpha"} < fields_shown(at) and "prepared" not in at.query_params
    press(at, "start")
    assert (Workers.started[0].n_clusters, Workers.started[0].update_interval) == (6, 33)


def test_a_prepared_link_that_was_removed_shows_all_settings_and_says_so(room, link, monkeypatch):
    with asking(INSTRUCTOR):
        at = opened_at("room")
        at.session_state["prepared_links"] = True
        at = at.run()
    assert room_state(room.root).prepared and press(at, "remove_") and room_state(room.root).prepared  # Ben's click
    with asking(INSTRUCTOR):
        at = opened_at("room")
        at.session_state["prepared_links"] = True
        press(at.run(), "remove_")
    for query in ({"prepared": link}, {"prepared": "../x"}):
        at = opened_at("train", **query)
        assert "alpha" in fields_shown(at) and "no longer known" in seen(at)
    monkeypatch.delenv("DEC_ROOM")
    assert "alpha" in fields_shown(opened_at("train", prepared=link))


def test_what_is_wrong_with_a_hidden_field_is_said(room, link):
    def broken(state):
        prepared = state.prepared[link]
        return replace(state, prepared={link: replace(prepared, query=prepared.query | {"dataset": "own-gone-0123"})})

    change_room(room.root, broken)
    at = opened_at("train", prepared=link)
    assert [item.value for item in at.warning if "Dataset" in item.value] and at.button(key="start").disabled


def test_visitors_prepare_nothing(room):
    at = opened_at("train")
    assert not [item for item in at.get("popover") if "Prepare" in item.proto.popover.label]


def test_what_inspect_looks_at_has_a_link_to_share(room, monkeypatch):
    arrives(monkeypatch, ANNA)
    at = opened_at("inspect", run=room.finished.id, moment="1", true="3")
    at.session_state[f"share_{room.finished.id}"] = True
    (link,) = [item.value for item in at.run().code if "token=" in item.value]
    query = dict(parse_qsl(link.partition("?")[2]))
    assert link.startswith("/inspect?") and query["moment"] == "1" and query["true"] == "3"
    arrives(monkeypatch, BEN)
    at = opened_at("inspect", **query)
    assert not warnings(at) and SECRET in seen(at) and where(at)[2] == "1"
