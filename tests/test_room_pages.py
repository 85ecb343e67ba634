"""The screens of a room: the owner of a run, a stranger, and the instructor; what each sees and may do."""

import time
from dataclasses import replace

import pytest
from requests_of_room import altered, asked
from rooms import ANNA, BEN, SECRET, Workers, arrives, asking, press, seen, warnings
from screens import opened_at, opened_bare
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from streamlit.runtime.context import ContextProxy

from dec_core.cli import main
from dec_core.data import Dataset, own
from dec_core.presets import PRESETS
from dec_core.runs.folder import RunFolder, list_runs
from dec_core.runs.marks import REMOVED, mark, marks_of
from dec_core.runs.own_presets import keep_preset, own_presets
from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_state import Exhibit, change_room, set_nickname
from dec_core.runs.sharing import follow, share, shared_with, stop_sharing
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan
from pages.shared import browser_files, focus, news, permission
from pages.shared.files_route import CheckedFiles
from pages.shared.focus import SOMEBODY_ELSES
from pages.shared.opened import opened
from pages.shared.places import static_root
from pages.shared.visitor import LIFETIME, UNKNOWN_VISITOR, cookie_name, signed
from pages.sweep import storage
from pages.sweep.news import SWEEP
from pages.train import live_route

pytestmark = pytest.mark.slow


def kept(root):
    """Everything on disk that a command could have changed."""
    runs = [*list_runs(root), *(RunFolder(path) for path in (root / REMOVED).iterdir())]
    return {run.path: (run.status_as_written.state, marks_of(run), run.owner, shared_with(run)) for run in runs}


# -- who sees what


@pytest.mark.parametrize("who", [ANNA, INSTRUCTOR])
def test_the_owner_and_the_instructor_see_a_run(room, monkeypatch, who):
    arrives(monkeypatch, who)
    at = opened_at("train", run=room.finished.id)
    assert not warnings(at) and SECRET in seen(at)
    assert ("Visitor bbbb" in seen(at)) == (who == INSTRUCTOR)


@pytest.mark.parametrize("page", ["train", "inspect", "sweep"])
def test_a_stranger_who_has_the_address_of_a_run_sees_that_it_is_somebody_elses(room, page):
    at = opened_at(page, run=room.finished.id)
    if page != "sweep":
        assert SOMEBODY_ELSES in warnings(at)
    assert SECRET not in seen(at) and room.training.id not in seen(at)
    gone = opened_at(page, run="20260101-000001-abcd")
    assert warnings(gone) == warnings(at)  # whether there is such a run, nobody learns


def test_a_stranger_cannot_compare_a_run_by_its_address_or_pin_it(room):
    at = opened_at("compare", runs=f"{room.bens.id},{room.finished.id}", run=room.bens.id)
    assert len(warnings(at)) == 1 and "There is no run" in warnings(at)[0]
    assert SECRET not in seen(at)
    at = opened_at("inspect", run=room.bens.id, pin=f"{room.finished.id}@")
    assert any("there is no run" in text for text in warnings(at)) and SECRET not in seen(at)


def test_lists_hold_the_visitors_runs_alone(room, monkeypatch):
    at = opened_at("train")
    (picker,) = [item for item in at.selectbox if item.label == "Run in focus"]
    assert len(picker.options) == 2  # a new run, and Ben's
    at = opened_at("compare", runs=room.bens.id)
    assert not [item for item in at.get("popover") if "Deleted" in item.proto.popover.label]
    arrives(monkeypatch, ANNA)
    at = opened_at("train")
    (picker,) = [item for item in at.selectbox if item.label == "Run in focus"]
    assert len(picker.options) == 3 and any(SECRET in option for option in picker.options)


@pytest.mark.parametrize("who", [BEN, INSTRUCTOR])
def test_nobody_lands_on_what_others_train(room, monkeypatch, who):
    arrives(monkeypatch, who)
    at = opened_at("train")
    assert "run" not in at.query_params and not at.exception
    assert at.button(key="pause").disabled and at.button(key="stop").disabled


def test_who_comes_back_lands_on_what_they_train(room, monkeypatch):
    arrives(monkeypatch, ANNA)
    at = opened_bare()
    assert at.query_params["run"] in (room.training.id, [room.training.id])
    assert not at.button(key="pause").disabled


def test_who_comes_by_the_address_alone_lands_on_learn_and_not_beside_start(room):
    at = opened_bare()
    assert not at.exception and at.session_state["page"] == "learn" and "start" not in {item.key for item in at.button}
    at.switch_page("train/train.py")  # the tab's name, later
    assert not at.run().button(key="start").disabled


def test_who_asks_for_a_screen_that_is_not_theirs_is_not_sent_on_from_where_that_is_said(room, monkeypatch):
    monkeypatch.setattr(ContextProxy, "url", property(lambda self: "http://192.0.2.7:8501/dec/room"))
    assert opened_bare().session_state["page"] == ""


def test_who_comes_by_the_address_alone_is_led_to_what_the_instructor_shows(room, monkeypatch):
    shown = Exhibit("learn", {"lesson": "pixels", "step": "2"})
    change_room(room.root, lambda state: replace(state, exhibit=shown))
    at = opened_bare()
    assert at.query_params["lesson"] in ("pixels", ["pixels"]) and at.query_params["step"] in ("2", ["2"])
    assert "stop_following" in {item.key for item in at.button}
    at = opened_at("train", run=room.bens.id)  # a link says where
    assert at.session_state["page"] == ""


@pytest.mark.parametrize("is_room", [True, False])
def test_the_instructor_and_a_desk_land_on_train(room, monkeypatch, is_room):
    if is_room:
        arrives(monkeypatch, INSTRUCTOR)
    else:
        monkeypatch.delenv("DEC_ROOM")
    at = opened_bare()
    assert at.session_state["page"] == "" and not at.exception


def test_on_a_desk_a_run_of_whomever_is_everybodys(room, monkeypatch):
    monkeypatch.delenv("DEC_ROOM")
    at = opened_at("train")
    assert at.query_params["run"] in (room.training.id, [room.training.id])
    assert not at.button(key="pause").disabled and not [item for item in at.get("popover") if "Share" in str(item)]


# -- commands: a screen that was drawn for the owner, from which somebody else clicks

ON_TRAIN = [("training", "pause"), ("training", "step"), ("training", "stop"), ("finished", "resume")]


def drawn_train(room, run, key):
    if key == "resume":
        run.set_status(replace(run.status, state="stopped"))
        (run.path / "checkpoint.npz").touch()
    with asking(ANNA):
        at = opened_at("train", run=run.id)
        assert not at.button(key=key).disabled
        return at


@pytest.mark.parametrize(("name", "key"), ON_TRAIN)
def test_a_stranger_commands_nothing_on_train_and_the_instructor_all(room, monkeypatch, name, key):
    run = getattr(room, name)
    at = drawn_train(room, run, key)
    for who in (BEN, ""):
        arrives(monkeypatch, who)
        press(at, key)
        assert Workers.commands == []
        at = drawn_train(room, run, key)
    arrives(monkeypatch, INSTRUCTOR)
    press(at, key)
    assert Workers.commands == [(run.id, key)]


ON_COMPARE = ["star_", "archive_", "delete_"]


def drawn_compare(run):
    with asking(ANNA):
        at = opened_at("compare", runs=run.id, run=run.id)
        at.session_state[f"menu_{run.id}"] = True
        return at.run()


@pytest.mark.parametrize("key", ON_COMPARE)
def test_a_stranger_marks_and_deletes_nothing_on_compare_and_the_instructor_all(room, monkeypatch, key):
    before = kept(room.root)
    for who in (BEN, ""):
        at = drawn_compare(room.finished)
        arrives(monkeypatch, who)
        press(at, key)
        assert kept(room.root) == before
    at = drawn_compare(room.finished)
    arrives(monkeypatch, INSTRUCTOR)
    press(at, key)
    assert kept(room.root) != before


@pytest.mark.parametrize("key", ["name", "note"])
def test_a_stranger_writes_nothing_on_a_run(room, monkeypatch, key):
    before, at = kept(room.root), drawn_compare(room.finished)
    arrives(monkeypatch, BEN)
    fields = at.text_input if key == "name" else at.text_area
    fields(key=f"{key}_{room.finished.id}").input("mine now").run()
    assert kept(room.root) == before


def test_undo_and_the_list_of_deleted_runs_bring_back_nothing_for_a_stranger(room, monkeypatch):
    at = press(drawn_compare_by_owner(room, monkeypatch), "delete_")
    before = kept(room.root)
    arrives(monkeypatch, BEN)
    press(at, "undo")
    assert kept(room.root) == before
    arrives(monkeypatch, ANNA)
    at = opened_at("compare", runs=room.training.id)
    at.session_state["deleted_runs"] = True
    at = at.run()
    arrives(monkeypatch, BEN)
    press(at, f"back_{room.deleted.id}")
    assert kept(room.root) == before
    arrives(monkeypatch, ANNA)
    at = opened_at("compare", runs=room.training.id)
    at.session_state["deleted_runs"] = True
    press(at.run(), f"back_{room.deleted.id}")
    assert (room.root / room.deleted.id).is_dir()


def drawn_compare_by_owner(room, monkeypatch):
    arrives(monkeypatch, ANNA)
    return drawn_compare(room.finished)


def test_a_stranger_has_nothing_computed_for_a_run(room, monkeypatch):
    with asking(ANNA):
        at = opened_at("inspect", run=room.finished.id)
    press(at, "complete")
    assert Workers.completing == []
    arrives(monkeypatch, INSTRUCTOR)
    press(opened_at("inspect", run=room.finished.id), "complete")
    assert Workers.completing == [room.finished.id]


def test_what_a_visitor_starts_is_theirs_also_where_somebody_trains_the_same(room, monkeypatch):
    (room.training.path / "config.json").write_text(room.training.config.changed(random_state=7).to_json())
    at = opened_at("train", run=room.training.id, token=share(room.training))
    at.session_state["to_fill"] = room.training.config
    press(at.run(), "start")
    (made,) = [run for run in list_runs(room.root) if run.owner == BEN and run.id != room.bens.id]
    assert made.config == room.training.config and made.status.state == "queued"
    arrives(monkeypatch, "")
    press(at, "start")
    assert len(Workers.started) == 1


def test_seeds_of_others_do_not_stand_for_ones_own(room):
    config = room.bens.config.changed(random_state=1)
    (room.finished.path / "config.json").write_text(config.to_json())
    at = opened_at("compare", runs=room.bens.id, seeds="together")
    assert not warnings(at) and "2 seeds" not in seen(at) and SECRET not in seen(at)


def test_somebody_without_a_cookie_sees_nothing_but_why(room, monkeypatch):
    arrives(monkeypatch, "")
    at = opened_at("train", run=room.finished.id)
    assert warnings(at) == [UNKNOWN_VISITOR] and not at.button and "selectbox" not in seen(at)


def test_a_session_whose_cookie_has_expired_is_nobodys(room, monkeypatch):
    arrives(monkeypatch, ANNA)
    at = drawn_train(room, room.training, "pause")
    now = time.time()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now + LIFETIME + 2)
    press(at, "pause")
    assert Workers.commands == [] and warnings(at) == [UNKNOWN_VISITOR]


# -- sharing


def test_who_follows_the_link_of_a_shared_run_sees_it_and_commands_nothing(room, monkeypatch):
    token = share(room.training)
    at = opened_at("train", run=room.training.id, token=token)
    assert not warnings(at) and shared_with(room.training) == {BEN}
    assert "token" not in at.query_params
    assert all(at.button(key=key).disabled for key in ("pause", "step", "stop")) and not at.button(key="start").disabled
    at = opened_at("compare", runs=room.training.id)  # later, and on another screen
    at.session_state[f"menu_{room.training.id}"] = True
    keys = [item.key for item in at.run().button if item.key]
    assert not warnings(at) and any(key.startswith("inspect_") for key in keys)
    assert not [key for key in keys if key.startswith(("star_", "archive_", "delete_"))]
    assert [field.key for field in at.text_input] == ["find_runs"] and not at.text_area
    stop_sharing(room.training)
    assert SOMEBODY_ELSES in warnings(opened_at("train", run=room.training.id))


@pytest.mark.parametrize("token", ["", "x", "ä" * 22, "\0"])
def test_another_token_opens_nothing(room, token):
    share(room.training)
    at = opened_at("train", run=room.training.id, token=token)
    assert SOMEBODY_ELSES in warnings(at) and shared_with(room.training) == set()
    other = opened_at("train", run=room.finished.id, token=share(room.training))
    assert SOMEBODY_ELSES in warnings(other) and shared_with(room.finished) == set()


def test_the_owner_shares_by_a_click_and_takes_it_back(room, monkeypatch):
    arrives(monkeypatch, ANNA)
    at = opened_at("train", run=room.finished.id)
    assert not (room.finished.path / "share.json").exists()
    at.session_state[f"share_{room.finished.id}"] = True
    at.run()
    (link,) = [item.value for item in at.code if "token=" in item.value]
    assert link.endswith(f"?run={room.finished.id}&token={share(room.finished)}")
    follow(room.finished, share(room.finished), BEN)
    with asking(BEN):
        press(at, "stop_sharing")  # nobody else does
    assert shared_with(room.finished) == {BEN}
    with asking(BEN):
        assert not [item for item in opened_at("train", run=room.finished.id).get("popover") if "Share" in str(item)]
    at = opened_at("train", run=room.finished.id)
    at.session_state[f"share_{room.finished.id}"] = True
    press(at.run(), "stop_sharing")
    assert shared_with(room.finished) == set() and not follow(room.finished, link.rpartition("=")[2], BEN)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"token": "", "visitors": []}', '{"token": 5, "visitors": "b"}'])
def test_a_damaged_share_shares_nothing(room, content):
    (room.finished.path / "share.json").write_text(content)
    assert not follow(room.finished, "", BEN) and shared_with(room.finished) == set()
    assert not permission.may_run("see", room.finished, permission.Visitor(BEN, BEN, False))


# -- sweeps, presets, images


def sweep(owner, name):
    base = PRESETS["first-look"]
    plan = SweepPlan.make(name=name, base=base, space={"n_clusters": {"low": 5, "high": 9}}, n_trials=2)
    studies.create(plan, storage.address(), owner)


def test_sweeps_are_their_owners(room, monkeypatch):
    sweep(ANNA, "annas"), sweep(BEN, "bens"), sweep("", "servers")
    everybodys = ["servers", f"{BEN}/bens", f"{ANNA}/annas"]
    for who, names in ((BEN, ["bens"]), (ANNA, ["annas"]), (INSTRUCTOR, everybodys), ("", [])):
        arrives(monkeypatch, who)
        assert list(storage.names()) == names
    arrives(monkeypatch, BEN)
    at = opened_at("sweep", sweep="annas")
    assert warnings(at) == ["There is no sweep 'annas' on this server."]
    assert [box.options for box in at.selectbox if box.label == "Sweep"] == [["bens"]]
    for act in (storage.go_on, storage.pause, lambda name: storage.extend(name, 5)):
        for guessed in ("annas", f"{ANNA}/annas", "servers"):
            with pytest.raises(ValueError, match=f"no sweep of yours named {guessed}") as problem:
                act(guessed)
            with pytest.raises(ValueError, match="no sweep of yours named nothing") as other:
                act("nothing")
            assert str(problem.value).replace(guessed, "") == str(other.value).replace("nothing", "")
    assert Workers.swept == [] and Workers.left == []
    storage.go_on("bens")
    assert [name for _, name in Workers.swept] == [f"{BEN}/bens"]


def test_the_name_of_a_sweep_is_its_owners_own_and_tells_nobody_that_it_is_taken(room, monkeypatch, capsys):
    plan = SweepPlan.make(
        name="tune", base=PRESETS["first-look"], space={"n_clusters": {"low": 5, "high": 9}}, n_trials=2
    )
    for who in (ANNA, BEN, INSTRUCTOR):
        arrives(monkeypatch, who)
        storage.begin(plan)
        with pytest.raises(ValueError, match="there is a sweep named tune"):
            storage.begin(plan)
    studies.create(plan, storage.address())
    stored = [f"{ANNA}/tune", f"{BEN}/tune", f"{INSTRUCTOR}/tune", "tune"]
    assert [name for _, name in Workers.swept] == stored[:3]
    for who, of in ((ANNA, stored[0]), (BEN, stored[1])):
        arrives(monkeypatch, who)
        assert storage.names() == {"tune": of} and storage.study("tune").study_name == of
        Workers.left.clear()
        storage.pause("tune")
        assert Workers.left == [of]
    at = opened_at("sweep", sweep="tune")
    assert warnings(at) == [] and [box.options for box in at.selectbox if box.label == "Sweep"] == [["tune"]]
    Workers.swept.clear()
    press(at, "resume_sweep")
    assert [name for _, name in Workers.swept] == [stored[1]]

    arrives(monkeypatch, INSTRUCTOR)
    set_nickname(room.root, ANNA, "Ada")
    at = opened_at("sweep", sweep=stored[0])
    called = ["tune", "tune", "tune, Visitor bbbb", "tune, Ada"]
    assert [box.options for box in at.selectbox if box.label == "Sweep"] == [called]
    Workers.swept.clear()
    press(at, "resume_sweep")
    assert [name for _, name in Workers.swept] == [stored[0]]

    url = storage.address()
    assert main(["sweeps", "--storage", url]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == stored
    assert main(["sweep", "--name", stored[1], "--pause", "--storage", url]) == 0
    assert studies.is_paused(studies.open_study(url, stored[1])) and not studies.is_paused(
        studies.open_study(url, "tune")
    )


def test_who_waits_for_somebody_elses_sweep_reads_that_they_take_turns(room, monkeypatch):
    sweep(ANNA, "annas"), sweep(BEN, "bens"), sweep(BEN, "next")
    monkeypatch.setattr(Workers, "is_sweeping", lambda self, name: True)
    for before, expected in (
        (f"{ANNA}/annas", "waiting for its turn: sweeps of several visitors take turns by trial"),
        (f"{BEN}/bens", "waiting for the sweep bens"),
    ):
        monkeypatch.setattr(Workers, "sweep_before", lambda self, name, before=before: before)
        at = opened_at("sweep", sweep="next")
        assert any(item.value.endswith(expected) for item in at.markdown) and "annas" not in seen(at)


def test_a_sweep_that_was_stored_when_names_were_everybodys_is_its_owners(room, monkeypatch):
    with monkeypatch.context() as then:
        then.setattr(studies, "stored_name", lambda name, owner: name)
        sweep(BEN, "early")
    assert storage.names() == {"early": "early"} and storage.study("early").study_name == "early"
    storage.go_on("early")
    assert Workers.swept[-1][1] == "early"
    plan = studies.plan_of(storage.study("early"))
    with pytest.raises(ValueError, match="there is a sweep named early"):
        storage.begin(plan)
    arrives(monkeypatch, ANNA)
    assert storage.names() == {} and storage.begin(plan) == f"{ANNA}/early"


def test_presets_are_their_owners(room, monkeypatch):
    keep_preset(room.root, "bens-own", PRESETS["first-look"], BEN)
    keep_preset(room.root, "bens-own", PRESETS["first-look"].changed(n_clusters=5), ANNA)  # under the same name
    keep_preset(room.root, "servers", PRESETS["first-look"])
    assert own_presets(room.root, ANNA)["bens-own"].n_clusters == 5
    for who, names in ((BEN, {"bens-own"}), (ANNA, {"bens-own"}), ("c" * 16, set()), (INSTRUCTOR, {"servers"})):
        arrives(monkeypatch, who)
        (presets,) = [item for item in opened_at("train").selectbox if item.label == "Preset"]
        own_names = {option.removeprefix("Yours · ") for option in presets.options if option.startswith("Yours · ")}
        assert own_names == names
    with pytest.raises(ValueError, match="owner: received"):
        own_presets(room.root, "../presets")


@pytest.fixture
def images(room, digits):
    """The name of Anna's images, of which she has a run."""
    return own.keep(Dataset("annas-cats", digits.images[:400], digits.y[:400] % 7, tuple("abcdefg")), room.root, ANNA)


def test_uploaded_images_are_their_owners(room, images, digits, monkeypatch):
    assert own.names(room.root, ANNA) == [images] and own.names(room.root, BEN) == [] != own.names(room.root)
    assert own.owners("../owner", room.root) == frozenset()
    at = opened_at("train", dataset=images)
    assert "there is no" in seen(at) and "7 classes" not in seen(at)
    assert at.button(key="start").disabled
    with pytest.raises(ValueError, match="there is no"), asking(BEN):
        focus.start(room.bens.config.changed(dataset=images))
    theirs = own.keep(Dataset("bens", digits.images[:400], None), room.root, BEN)  # equal ones, by another name
    assert theirs.startswith("own-bens-") and own.names(room.root, BEN) == [theirs]
    assert not opened_at("train", dataset=theirs).button(key="start").disabled
    arrives(monkeypatch, ANNA)
    at = opened_at("train", dataset=images)
    assert not at.button(key="start").disabled and "7 classes" in seen(at)


# -- routes


@pytest.fixture
def routes(room):
    return Starlette(
        routes=[
            Mount("/files", CheckedFiles(directory=static_root())),
            Route("/news", news.stream(news.RUN, news.MOMENTS, SWEEP)),
            Route("/live/{run}", live_route.stream()),
            Route("/live/{run}/{part}/{version}", live_route.frame),
        ]
    )


def statuses(app, path, method="GET"):
    """Answered to the owner, to a stranger, to somebody unknown, with a forged cookie, and to the instructor."""
    cookie = signed(ANNA)
    forged = altered(cookie, cookie.rindex(".") + 1)
    cookies = [signed(ANNA), signed(BEN), "", forged, signed(INSTRUCTOR)]
    return [asked(app, path, {cookie_name(): value} if value else None, method=method).status for value in cookies]


OWNERS_ALONE = [200, 404, 404, 404, 200]
EVERYBODYS = [200] * 5


@pytest.mark.parametrize("kind", ["run", "moments"])
def test_news_of_a_run_is_its_owners(room, routes, kind):
    finished = f"/news?of={kind}:{room.finished.id}"
    assert statuses(routes, finished, "HEAD") == OWNERS_ALONE
    assert statuses(routes, f"/news?of={kind}:{room.servers.id}", "HEAD") == [404, 404, 404, 404, 200]
    assert statuses(routes, f"{finished}&of={kind}:{room.bens.id}", "HEAD") == [200, 200, 404, 404, 200]
    follow(room.finished, share(room.finished), BEN)
    assert statuses(routes, finished, "HEAD") == [200, 200, 404, 404, 200]


def test_the_live_view_of_a_run_is_its_owners(room, routes):
    stream, frame = f"/live/{room.finished.id}", f"/live/{room.finished.id}/digits/none"
    assert statuses(routes, stream, "HEAD") == OWNERS_ALONE
    redirected = [307 if status == 200 else status for status in OWNERS_ALONE]
    assert statuses(routes, frame) == redirected
    newest = frame.replace("none", asked(routes, frame, {cookie_name(): signed(ANNA)}).headers["location"])
    assert statuses(routes, newest) == OWNERS_ALONE
    assert asked(routes, newest, {cookie_name(): signed(ANNA)}).headers["cache-control"].startswith("private")
    follow(room.finished, share(room.finished), BEN)
    assert statuses(routes, newest) == statuses(routes, stream, "HEAD") == [200, 200, 404, 404, 200]
    stop_sharing(room.finished)
    assert statuses(routes, newest) == statuses(routes, stream, "HEAD") == OWNERS_ALONE


def test_news_of_a_sweep_is_its_owners(room, routes):
    sweep(ANNA, "annas")
    assert statuses(routes, f"/news?of=sweep:{ANNA}/annas", "HEAD") == OWNERS_ALONE
    assert statuses(routes, "/news?of=sweep:annas", "HEAD") == [404] * 5  # which is nobody's
    assert statuses(routes, "/news?of=sweep:nothing", "HEAD") == [404] * 5


def test_files_for_browsers_are_who_may_sees(room, routes, images):
    with asking(ANNA):
        run = opened(room.finished.id)
        (moment, *_) = browser_files.point_files(run, 0, "pca")
        addresses = [*moment.values(), browser_files.centers_file(run)[0]]
        everybodys = [browser_files.digits_file(run), browser_files.sheets(run)["url"].format(0)]
    for address in addresses:
        assert statuses(routes, f"/{address}") == OWNERS_ALONE
        assert statuses(routes, "/" + address.replace("frames/", "frames/./").replace("frames/", "frames//")) in (
            OWNERS_ALONE,
            [404] * 5,
        )
        around = address.replace("files/frames", f"files/frames/{room.bens.id}/..")
        assert statuses(routes, f"/{around}") == OWNERS_ALONE
    for address in everybodys:  # of images that come along
        assert statuses(routes, f"/{address}") == EVERYBODYS
    sheet = static_root() / "sheets" / f"{images}-all"
    sheet.mkdir(parents=True)
    for path in (sheet / "0.png", static_root() / f"{images}-400.png", static_root() / f"{images}-400.classes"):
        path.write_bytes(b"annas cats")
        assert statuses(routes, f"/files/{path.relative_to(static_root())}") == OWNERS_ALONE
    answer = asked(routes, f"/{addresses[0]}", {cookie_name(): signed(ANNA)})
    assert answer.headers["cache-control"] == "private"
    (static_root() / "something").write_bytes(b"")
    assert statuses(routes, "/files/something") == [404, 404, 404, 404, 200]
    (static_root() / "script.js").write_bytes(b"")
    assert statuses(routes, "/files/script.js") == EVERYBODYS
    config = room.bens.config.changed(dataset=images, n_samples=None, deskew=False)
    (room.bens.path / "config.json").write_text(config.to_json())
    mark(room.bens, star=True)  # or the index would keep what it knows
    assert statuses(routes, f"/files/{images}-400.png") == [200, 200, 404, 404, 200]  # what a run of theirs shows


def test_on_a_desk_files_are_everybodys(room, routes, monkeypatch):
    monkeypatch.delenv("DEC_ROOM")
    (static_root() / "something").write_bytes(b"")
    assert asked(routes, "/files/something").status == 200
    assert asked(routes, f"/news?of=run:{room.finished.id}", method="HEAD").status == 200
