"""A room in three browsers, whose run it is; and who watches a run, by a wire that is cut."""

import re
import shutil
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from driving import (
    DIGITS,
    barriers,
    button,
    figure,
    link_of,
    opened,
    run_in_link,
    served_plainly,
    start,
    wait_until,
)
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from wire import Wire

from dec_core.runs.folder import RunFolder
from dec_core.runs.room_files import new_instructor_token
from dec_core.runs.room_state import Exhibit, change_room, room_state
from dec_core.runs.status import this_process
from dec_core.sweeps import studies
from dec_core.sweeps.plan import SweepPlan

SOMEBODY_ELSES = "This run belongs to somebody else"


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    """A room, `address` and `root`, in which each test has visitors of its own and ends what it trains."""
    root = tmp_path_factory.mktemp("room")
    with served_plainly(root, DEC_ROOM="1") as (address, _):
        yield SimpleNamespace(address=address, root=root)


def test_a_run_is_its_owners_and_the_instructors_and_a_stranger_sees_it_when_it_is_shared(workshop, browser):
    address, root = workshop.address, workshop.root
    complaints = []
    owner, stranger, instructor = (opened(browser, complaints) for _ in range(3))
    owner.goto(address + link_of(DIGITS, max_iterations=100_000))
    start(owner)
    expect(button(owner, "Pause")).to_be_enabled()
    run = RunFolder(root / run_in_link(owner))
    assert re.fullmatch("[0-9a-f]{16}", run.owner)

    stranger.goto(address)  # and does not land on what trains, nor where a press of Start would train
    wait_until(stranger, lambda: "/learn" in stranger.url)
    expect(stranger.get_by_text("Why pixels fail").first).to_be_visible()
    expect(button(stranger, "Start")).to_have_count(0)
    stranger.goto(f"{address}/?run=new")
    expect(button(stranger, "Pause")).to_be_disabled()
    stranger.keyboard.press("Space")
    stranger.goto(f"{address}/?run={run.id}")
    expect(stranger.get_by_text(SOMEBODY_ELSES)).to_be_visible()
    answers = [page.request.head(f"{address}/news?of=run:{run.id}").status for page in (owner, stranger)]
    assert answers == [200, 404] and run.status.state == "running"

    owner.locator("[class*=st-key-share_] button").first.click()
    link = owner.locator(".stCode").filter(has_text="token=").inner_text().strip()
    stranger.goto(link)
    expect(stranger.get_by_text("Reconstruction error").first).to_be_visible()
    expect(stranger.get_by_text(SOMEBODY_ELSES)).to_have_count(0)
    expect(button(stranger, "Stop")).to_be_disabled()
    assert stranger.request.head(f"{address}/news?of=run:{run.id}").status == 200

    instructor.goto(f"{address}/instructor?token={new_instructor_token(root)}")
    instructor.goto(f"{address}/?run={run.id}")
    button(instructor, "Stop").click()
    expect(button(owner, "Resume")).to_be_enabled()
    assert complaints == [] and run.status.state == "stopped"
    for page in (owner, stranger, instructor):
        page.context.close()


def tile(page, name):
    """Somebody's tile on the wall."""
    return page.locator(".tile").filter(has=page.get_by_role("heading", name=name, exact=True))


def test_the_instructor_sees_all_runs_and_shows_one_to_who_follows(workshop, browser):
    address, root = workshop.address, workshop.root
    complaints, of_stranger = [], []
    owner, stranger, instructor = (
        opened(browser, those, bypass_csp=True) for those in (complaints, of_stranger, complaints)
    )
    owner.goto(address + link_of(DIGITS, max_iterations=100_000, seed=1))
    start(owner)
    expect(button(owner, "Pause")).to_be_enabled()
    run = RunFolder(root / run_in_link(owner))
    owner.mouse.move(20, 600)  # off Start, whose help lies over what stands above it
    owner.get_by_role("button", name="Your name").click()
    owner.get_by_label("Nickname").fill("Ada <b>")
    owner.keyboard.press("Enter")
    expect(owner.get_by_role("button", name="You are Ada <b>")).to_be_visible()

    stranger.goto(f"{address}/room")  # which is the instructor's
    expect(stranger.get_by_text("Page not found")).to_be_visible()
    assert stranger.request.head(f"{address}/news?of=wall:").status == 404
    stranger.goto(f"{address}/projector")
    expect(stranger.get_by_text("Open this address")).to_be_visible()

    instructor.goto(f"{address}/instructor?token={new_instructor_token(root)}")
    expect(tile(instructor, "Ada <b>").locator("polyline[points*=',']")).to_have_count(1)  # drawn as it trains
    tile(instructor, "Ada <b>").get_by_role("button", name="show on the projector").press("Enter")
    expect(stranger.get_by_role("heading", name="digits")).to_be_visible()  # nobody touched its machine
    assert barriers(stranger) == [] and barriers(instructor) == []

    stranger.goto(address)
    of_stranger.clear()  # that there is no such page
    take_off = tile(instructor, "Ada <b>").get_by_role("button", name="take off the projector")
    expect(take_off).to_be_visible()
    open_on_train = tile(instructor, "Ada <b>").get_by_role("button", name="open on Train").element_handle()
    take_off.evaluate("(first, second) => { first.click(); second.click(); }", open_on_train)  # quicker than a server
    expect(button(instructor, "Pause")).to_be_enabled()
    assert room_state(root).projector == ""
    button(instructor, "Show to all").click()
    expect(stranger.get_by_text("The instructor shows")).to_be_visible()
    assert f"run={run.id}" not in stranger.url  # not before a click
    button(stranger, "Go there").press("Enter")
    wait_until(stranger, lambda: f"run={run.id}" in stranger.url)
    expect(button(stranger, "Stop")).to_be_disabled()
    instructor.get_by_role("link", name="Inspect").click()
    wait_until(stranger, lambda: "/inspect?" in stranger.url and f"run={run.id}" in stranger.url)
    expect(stranger.get_by_text("Which ones?")).to_be_visible()
    assert of_stranger == []
    button(instructor, "Stop showing").click()
    expect(stranger.get_by_text(SOMEBODY_ELSES)).to_be_visible()
    assert stranger.request.head(f"{address}/news?of=run:{run.id}").status == 404

    instructor.get_by_role("link", name="Room").click()
    tile(instructor, "Ada <b>").get_by_role("button", name="end this run").click()
    tile(instructor, "Ada <b>").get_by_role("button", name="really end this run").click()  # which is asked first
    expect(owner.get_by_text("The instructor has ended this run")).to_be_visible()
    expect(button(owner, "Resume")).to_be_enabled()
    assert complaints == [] and run.status.state == "stopped"
    for page in (owner, stranger, instructor):
        page.context.close()


def test_what_is_pressed_on_a_screen_that_has_been_left_is_heard_and_leaves_the_next_one_whole(
    workshop, browser, finished_run
):
    address, root = workshop.address, workshop.root
    run = RunFolder(shutil.copytree(finished_run.path, root / finished_run.id))
    show = lambda page: change_room(  # noqa: E731
        root, lambda room: replace(room, exhibit=page and Exhibit(page, {"run": run.id}, (run.id,)))
    )
    show("train")
    complaints = []
    page = opened(browser, complaints, bypass_csp=True)
    line = SlowLine(page)
    page.goto(address)
    expect(button(page, "Stop following")).to_be_visible()

    line.is_held = True
    show("inspect")
    wait_until(page, lambda: line.n_drawn() == 1)
    assert "/inspect" not in page.url
    button(page, "Stop following").click()
    wait_until(page, lambda: line.n_drawn() == 2)
    line.let_through()
    expect(button(page, "Follow")).to_be_visible()
    expect(page.get_by_text("Which ones?")).to_be_visible()
    assert "/inspect" in page.url and complaints == []
    show(None)
    page.context.close()


class SlowLine:
    """What comes from Streamlit's server to a page; while it `is_held`, it is on its way."""

    def __init__(self, page):
        self.is_held, self._page, self._messages = False, page, []
        page.route_web_socket(re.compile("_stcore/stream"), self._between)

    def n_drawn(self) -> int:
        """How many drawings that are whole are on the way."""
        done = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
        read = [ForwardMsg.FromString(message) for message in self._messages]
        return sum(one.WhichOneof("type") == "script_finished" and one.script_finished in done for one in read)

    def let_through(self) -> None:
        """Let all arrive, one after the other, as on a line: what comes at once the page reads at once."""
        for message in self._messages:
            self._near.send(message)
            self._page.wait_for_timeout(20)
        self.is_held = False

    def _between(self, near) -> None:
        self._near, far = near, near.connect_to_server()
        near.on_message(far.send)
        far.on_message(lambda message: (self._messages.append if self.is_held else near.send)(message))


def test_a_run_moves_in_the_browser_on_every_screen_and_a_lost_connection_comes_back(tmp_path, browser, finished_run):
    other = RunFolder.create(tmp_path, finished_run.config, "running")
    plan = SweepPlan.make(
        name="rates", base=finished_run.config, space={"alpha": {"low": 0.5, "high": 2.0}}, n_trials=2
    )
    study = studies.create(plan, f"sqlite:///{(tmp_path / 'sweeps.db').resolve()}")
    shutil.copytree(finished_run.path, tmp_path / finished_run.id)
    run = RunFolder(tmp_path / finished_run.id)
    records, _ = run.records()
    first = next(i for i, record in enumerate(records) if record.get("clustered")) + 1
    later = [record for record in records[first:] if record["event"] != "Finished"]
    ends = [i + 1 for i, record in enumerate(later) if record["event"] == "SnapshotTaken"]
    update = next(record for record in reversed(later) if record["event"] == "TargetUpdated")
    (run.path / "events.jsonl").unlink()
    run.append(*records[:first])
    run.set_status(replace(run.status, state="running", phase="clustering", outcome={}, **this_process()))
    with served_plainly(tmp_path) as (address, _):
        wire, sent = Wire(int(address.rpartition(":")[2])), []
        page = opened(browser, [])
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
        n_redraws = lambda: sum(b"news" in frame for frame in sent)  # noqa: E731  (that the component asked for)
        page.goto(f"http://localhost:{wire.port}/?run={run.id}")
        updates = lambda: figure(page, "Curves").evaluate(  # noqa: E731
            "node => Math.max(...node.data.filter((trace) => trace.xaxis === 'x2').flatMap((trace) => [...trace.x]), 0)"
        )
        wait_until(page, lambda: figure(page, "Curves").count() and figure(page, "Curves").evaluate("n => !!n.data"))
        for records, is_cut in ((later[: ends[0]], False), (later[ends[0] : ends[1]], True)):
            drawn, digits = updates(), page.locator(".digits").inner_html()
            n_before, line = n_redraws(), page.locator(".st-key-controls strong").first.inner_text()
            if is_cut:
                wire.cut()
                expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
            run.append(*records)
            if is_cut:
                wire.mend()
                expect(page.get_by_text("Connection lost, trying again")).not_to_be_visible()
            wait_until(page, lambda before=drawn: updates() > before)
            wait_until(page, lambda before=digits: page.locator(".digits").inner_html() != before)
            expect(page.locator(".st-key-controls strong").first).not_to_have_text(line)
            assert is_cut or n_redraws() == n_before == 0

        def goes_on(change, is_shown):
            """What the page shows once something has changed; after something elsewhere, which is no news to it."""
            other.append(loss)
            n_before, since = n_redraws(), time.monotonic()
            change()
            wait_until(page, is_shown)
            # one that does not come is asked for again after five seconds
            assert 1 <= n_redraws() - n_before <= 1 + (time.monotonic() - since) // 5

        loss = {"event": "PretrainProgress", "epoch": 1, "n_epochs": 9, "batch": 1, "n_batches": 1, "loss": 0.1}
        page.goto(f"http://localhost:{wire.port}/inspect?run={run.id}")
        line = page.locator(".timeline input")
        expect(line).to_have_attribute("max", re.compile(r"\d"))
        n_moments = int(line.get_attribute("max"))
        goes_on(lambda: run.append(*later[ends[1] : ends[2]]), lambda: int(line.get_attribute("max")) == n_moments + 1)
        wire.cut()
        expect(page.get_by_text("Connection lost, trying again")).to_be_visible()
        expect(page.get_by_text("The server does not answer. This page comes back by itself.")).to_be_visible()
        expect(page.get_by_text("Is Streamlit still running")).not_to_be_visible()
        wire.mend()
        for text in ("Connection lost, trying again", "The server does not answer"):
            expect(page.get_by_text(text)).not_to_be_visible()

        page.goto(f"http://localhost:{wire.port}/compare?runs={run.id}")
        curves = figure(page, "Curves over each other")
        drawn_curves = lambda: curves.evaluate("node => JSON.stringify(node.data ?? '')")  # noqa: E731
        wait_until(page, lambda: curves.count() and len(drawn_curves()) > 2)
        at_first = drawn_curves()
        update = {**update, "update": 90, "iteration": update["iteration"] + 90}
        goes_on(lambda: run.append(update), lambda: drawn_curves() != at_first)

        page.goto(f"http://localhost:{wire.port}/sweep")
        expect(page.get_by_text("no worker is active")).to_be_visible()
        goes_on(lambda: studies.pause(study), lambda: page.get_by_text("paused").count())

        page.goto(f"http://localhost:{wire.port}/?run={run.id}")
        expect(button(page, "Stop")).to_be_enabled()
        goes_on(
            lambda: run.set_status(replace(run.status, state="stopped")),
            lambda: button(page, "Resume").count() and button(page, "Resume").is_enabled(),
        )
        page.context.close()
        wire.close()
