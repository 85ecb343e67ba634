"""The app's components alone, in a page without the app: what a journey could only meet by chance."""

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from driving import opened, wait_until

from dec_core.figures.embedding import frame
from pages.inspect.view_components import TIMELINE
from pages.shared.components import KEYS, POINTS, POINTS_SCRIPTS
from pages.train.following import BAR

PAGES = Path(__file__).parents[2] / "pages"
KEYBOARD = [f"shared/{name}" for name in KEYS]
LOAD = """async ([source, html]) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const host = document.body.appendChild(document.createElement("div"));
  const root = host.attachShadow({ mode: "open" });
  root.innerHTML = html;
  window.calls = [];
  const draw = (await import(address)).default, setTriggerValue = (...call) => window.calls.push(call);
  window.draw = (data) => draw({ data, parentElement: root, setTriggerValue });
  window.part = root.querySelector.bind(root);
}"""
TIMERS = """() => {
  window.timers = new Map();
  let last = 0;
  window.setTimeout = (act, ms = 0) => { timers.set(++last, Object.assign(act, { ms })); return last; };
  window.clearTimeout = (id) => timers.delete(id);
  window.elapse = (ms) => { // what waits no longer than that
    for (const [id, act] of [...timers].filter(([, act]) => act.ms <= ms)) { timers.delete(id); act(); }
  };
  const settle = async () => { for (let i = 0; i < 9; i++) await null; };
  window.pass = async () => { // the time that all of them wait, and what follows of it
    await settle();
    const due = [...timers.values()];
    timers.clear();
    for (const act of due) act();
    await settle();
  };
}"""
MATRIX = {
    "run": "a", "rows": ["3", "8"], "columns": [{"name": "A", "colour": "#111111"}, {"name": "B", "colour": "#222222"}],
    "counts": [[1, 1200], [0, 4]], "classes": [3, 8], "class_of": [3, 8], "show": "count",
    "chosen": {"row": -1, "column": -1}, "titles": {"rows": "true digit", "columns": "cluster"}, "noun": "digit",
    "matched": True, "name": "Confusion matrix", "alt": "", "follows": True,
}  # fmt: skip
MOMENTS = [{"words": f"step {number}", "counts": None, "class_of": None} for number in range(5)]
LINE = {
    "run": "a", "number": 4, "following": True, "training": True, "moments": MOMENTS, "marks": [], "trend": [],
    "trend_words": "", "still": "", "first_clustered": 0, "name": "Timeline",
}  # fmt: skip

TWO_POINTS = frame(
    np.array([[0, 0], [1, 1]]), colour_by="cluster", digits=None, names=(), labels=np.array([0, 1]),
    cluster_order=np.arange(2), class_of=None, run="a", space="PCA", moment="0",
    sprite={"url": "data:,", "columns": 2, "width": 1, "height": 1}, kind="digit", name="Embedding", alt="",
)  # fmt: skip


@pytest.fixture(scope="module")
def sheet(browser):
    page = opened(browser, [])
    yield page
    page.context.close()


@pytest.fixture
def blank(sheet):
    """A page with nothing on it."""
    sheet.goto("about:blank")
    sheet.mouse.move(0, 0)
    return sheet


def load(page, html: str, *names: str) -> None:
    """The component of these sources on the page: `draw(data)` draws it, `part(selector)` finds what is inside."""
    page.evaluate(LOAD, ["".join((PAGES / name).read_text(encoding="utf-8") for name in names), html])


def is_taken(page, selector: str, key: str, **modifiers: bool) -> bool:
    """Whether a component keeps a key for itself, so that the browser does nothing with it."""
    return page.evaluate(
        "([selector, init]) => !part(selector).dispatchEvent(new KeyboardEvent('keydown', init))",
        [selector, {"key": key, "bubbles": True, "composed": True, "cancelable": True, **modifiers}],
    )


def test_the_space_key_on_a_button_inside_a_component_presses_no_other(blank):
    load(blank, '<button class="lasso"></button><canvas tabindex="0"></canvas>', *KEYBOARD)
    blank.evaluate("""() => {
      const button = document.body.appendChild(document.createElement("div"));
      button.className = "st-key-pause";
      button.innerHTML = "<button></button>";
      window.pressed = 0;
      button.firstChild.onclick = () => pressed++;
      draw({ keys: { " ": ["pause"] }, focus: {} });
    }""")
    assert not is_taken(blank, ".lasso", " ") and blank.evaluate("pressed") == 0
    assert is_taken(blank, "canvas", " ") and blank.evaluate("pressed") == 1


def row_of_controls(blank) -> None:
    """Start, Pause and Stop as Train has them; `fill` replaces them, as "pause-grey" with one that is grey."""
    load(blank, "<span></span>", *KEYBOARD)
    blank.evaluate("""() => {
      const row = document.body.appendChild(document.createElement("div"));
      row.className = "st-key-controls";
      window.fill = (...controls) => row.replaceChildren(...controls.map((text) => {
        const part = document.createElement("div"), [name, grey] = text.split("-");
        part.className = `st-key-${name}`;
        part.innerHTML = `<button ${grey ? "disabled" : ""}>${name}</button>`;
        return part;
      }));
      draw({ keys: { " ": ["pause", "resume"] }, focus: {} });
      fill("start", "pause", "stop");
    }""")


def focused(blank) -> str:
    """What the keyboard is on, once the page has seen what was done to it."""
    return blank.evaluate("new Promise((done) => setTimeout(() => done(document.activeElement.textContent)))")


def test_the_keyboard_stays_in_the_row_of_controls_when_its_button_is_replaced_or_turns_grey(blank):
    row_of_controls(blank)
    blank.locator(".st-key-pause button").focus()
    blank.evaluate("fill('start', 'resume', 'stop')")
    assert focused(blank) == "resume"
    blank.evaluate("fill('start', 'pause-grey', 'stop')")  # it resumes: the next to press is yet to come
    blank.evaluate("fill('start', 'pause', 'stop')")
    assert focused(blank) == "pause"
    blank.locator(".st-key-stop button").focus()
    blank.evaluate("document.querySelector('.st-key-stop button').disabled = true")
    assert focused(blank) == "pause"
    blank.evaluate("""() => {  // as a tooltip goes away with the focus: nothing is focused while it does
      const link = document.body.appendChild(document.createElement("a"));
      [link.href, link.textContent] = ["#beyond", "beyond"];
      document.querySelector(".st-key-pause button").addEventListener("blur", () => document.body.append("gone"));
    }""")
    blank.keyboard.press("Tab")
    assert focused(blank) == "beyond"
    blank.locator(".st-key-pause button").focus()
    blank.locator(".st-key-pause button").click()  # by mouse it is let go, so that space is nobody's
    blank.evaluate("fill('start', 'resume', 'stop')")
    assert focused(blank) != "resume"


def test_a_dialog_hears_escape_while_its_button_is_grey_and_gives_the_keyboard_back(blank):
    """What makes a file is grey meanwhile."""
    row_of_controls(blank)
    blank.evaluate("fill('start', 'resume', 'stop')")
    blank.locator(".st-key-resume button").focus()
    blank.evaluate("""() => {
      const dialog = document.body.appendChild(document.createElement("section"));
      dialog.innerHTML = "<button>Report</button>";
      dialog.setAttribute("role", "dialog");
      dialog.tabIndex = -1;
      dialog.onkeydown = (event) => { if (event.key === "Escape") dialog.remove(); };
      dialog.firstChild.focus();
      dialog.firstChild.disabled = true;
    }""")
    assert focused(blank) == "Report" and blank.evaluate("document.activeElement.tagName") == "SECTION"
    blank.keyboard.press("Escape")
    assert focused(blank) == "resume"


def test_what_follows_one_act_is_one_step_of_the_history(blank):
    load(blank, "<span></span>", "shared/address.js")
    blank.evaluate("""() => {
      for (const way of ["pushState", "replaceState"]) history[way] = (_, __, to) => calls.push([way, to]);
      draw({}); draw({});
      window.written = (to) => history.pushState({}, "", to);
      written("first"); // while the page is drawn, before anybody has done anything
    }""")
    blank.mouse.click(9, 9)
    blank.evaluate("written('compare'); written('compare?run=a')")
    blank.keyboard.press("Tab")
    blank.evaluate("written('compare?run=b')")
    assert blank.evaluate("calls") == [
        ["replaceState", "first"], ["pushState", "compare"], ["replaceState", "compare?run=a"],
        ["pushState", "compare?run=b"],
    ]  # fmt: skip


def test_keys_with_ctrl_or_alt_stay_the_browsers(blank):
    load(blank, '<div class="matrix"></div>', "shared/matrix.js")
    blank.evaluate("(data) => { draw(data); }", MATRIX)
    assert is_taken(blank, "td", "ArrowLeft") and is_taken(blank, "td", "Enter")
    assert not is_taken(blank, "td", "ArrowLeft", altKey=True) and not is_taken(blank, "td", "Enter", ctrlKey=True)


def test_the_map_leaves_zooming_the_page_to_the_browser(blank):
    load(blank, POINTS, *(f"shared/{name}" for name in POINTS_SCRIPTS))
    blank.evaluate("(data) => { draw(new Uint8Array(data)); }", list(TWO_POINTS))
    assert is_taken(blank, "canvas", "+") and is_taken(blank, "canvas", "ArrowLeft")
    for key, modifier in (("+", "ctrlKey"), ("-", "metaKey"), ("0", "ctrlKey"), ("ArrowLeft", "altKey")):
        assert not is_taken(blank, "canvas", key, **{modifier: True})


def test_one_finger_scrolls_past_the_map_and_two_zoom_into_it(browser):
    phone = opened(browser, [], 390, 844, has_touch=True)
    load(phone, POINTS, *(f"shared/{name}" for name in POINTS_SCRIPTS))
    phone.evaluate("document.body.style.height = '3000px'")
    phone.evaluate("part('canvas').style = 'touch-action: pan-y; width: 300px; height: 300px; display: block'")
    phone.evaluate("(data) => { draw(new Uint8Array(data)); }", list(TWO_POINTS))
    hand = phone.context.new_cdp_session(phone)

    def touches(kind, *places):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    phone.evaluate("addEventListener('scrollend', () => { window.ended = true; })")
    for move in range(6):
        touches("touchMove" if move else "touchStart", (150, 250 - 30 * move))
    touches("touchEnd")
    wait_until(phone, lambda: phone.evaluate("window.ended"))
    assert phone.evaluate("scrollY") > 50
    phone.evaluate("scrollTo(0, 0)")
    assert phone.evaluate("part('.whole').hidden")
    wheel = "!part('canvas').dispatchEvent(new WheelEvent('wheel', { deltaY: -100, cancelable: true, ctrlKey: %s }))"
    assert not phone.evaluate(wheel % "false") and phone.evaluate(
        "part('.whole').hidden"
    )  # it is the page's, which is long
    for move in range(4):
        touches("touchMove" if move else "touchStart", (150, 150 - 20 * move), (160, 160 + 20 * move))
    touches("touchEnd")
    wait_until(phone, lambda: not phone.evaluate("part('.whole').hidden"))
    assert phone.evaluate("scrollY") == 0
    phone.evaluate("part('.whole').click()")
    assert phone.evaluate("part('.whole').hidden") and phone.evaluate(wheel % "true")
    phone.context.close()


def test_below_the_map_stands_what_its_crosses_mean(blank):
    load(blank, POINTS, *(f"shared/{name}" for name in POINTS_SCRIPTS))
    data = frame(
        np.array([[0, 0], [1, 1]]), colour_by="wrong", digits=np.array([0, 1]), names=("0", "1"), note="PCA",
        labels=np.array([0, 0]), cluster_order=np.arange(2), class_of=np.array([0, 1]), run="a", space="PCA",
        moment="0", sprite={"url": "data:,", "columns": 2, "width": 1, "height": 1}, kind="digit",
        name="Embedding", alt="",
    )  # fmt: skip
    for shown, note in ((TWO_POINTS, ""), (data, "PCA; orange crosses: wrong")):
        blank.evaluate("(data) => { draw(new Uint8Array(data)); }", list(shown))
        assert blank.evaluate("part('.note').textContent") == note


def test_a_point_says_the_class_of_its_cluster_at_the_moment_that_is_seen(blank):
    """Which class a cluster is matched to may change from moment to moment: the browser is there before the server."""
    load(blank, POINTS, *(f"shared/{name}" for name in POINTS_SCRIPTS))
    as_url = lambda *parts: "data:," + quote(b"".join(part.tobytes() for part in parts))  # noqa: E731
    at = as_url(np.array([0, 0, 9000, 9000], np.int16), np.array([0, 0, 1], np.float32))
    state = as_url(np.array([0, 1, 200, 200], np.uint8))
    matched = ([5, 3], [0, -1])
    scene = {
        "run": "a", "map": "a", "n": 2, "space": "pca", "number": 0, "digits": as_url(np.array([3, 3], np.uint8)),
        "moments": [{"at": at, "state": state, "class_of": class_of} for class_of in matched],
        "digit_names": [str(digit) for digit in range(10)], "cluster_letters": ["A", "B"], "kind": "digit",
        "colour_by": "cluster", "looks": {"cluster": {"palette": [[0, 0, 0]] * 3}}, "mask": "", "shade": "",
        "trail": -1, "sample": -1, "name": "Embedding", "alt": "",
        "sheets": {"url": "data:,", "columns": 2, "width": 1, "height": 1},
    }  # fmt: skip
    blank.evaluate("(data) => { draw(data); }", scene)
    box = blank.locator(".points canvas").first.bounding_box()

    def is_said() -> str:  # of the point in the middle
        blank.mouse.move(box["x"] + 1, box["y"] + 1)
        blank.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return blank.locator(".tip span").inner_text()

    for number, of in enumerate((5, 0)):
        blank.evaluate(
            "(number) => decBus.dispatchEvent(new CustomEvent('frame', { detail: { run: 'a', number, glide: 0 } }))",
            number,
        )
        wait_until(blank, lambda number=number: blank.evaluate("part('.points').dataset.moment") == str(number))
        assert is_said() == f"digit 3 → cluster A, of {of} · q 0.79"


def test_a_cell_says_what_it_counts(blank):
    load(blank, '<div class="matrix"></div>', "shared/matrix.js")
    title = lambda row, column: blank.evaluate(  # noqa: E731
        "([i, j]) => part(`[data-row='${i}'][data-column='${j}']`).title", [row, column]
    )
    blank.evaluate("(data) => { draw(data); }", MATRIX)
    assert (
        title(0, 1) == "1\u2009200 digits: true digit 3, cluster B"
        and title(0, 0) == "1 digit: true digit 3, cluster A"
    )
    assert title(-1, 0) == "cluster A, matched to 3"
    empty = lambda: blank.evaluate("part('.matrix').hasAttribute('data-empty')")  # noqa: E731
    assert not empty()
    nothing = {"counts": [[0] * len(row) for row in MATRIX["counts"]], "follows": True}  # of a moment of pretraining
    blank.evaluate("(data) => { draw(data); }", MATRIX | nothing)
    assert empty()
    columns = [{"name": name, "colour": ""} for name in ("right there", "wrong there")]
    beside = {"rows": ["right here", "wrong here"], "columns": columns, "titles": {"rows": "", "columns": ""}}
    blank.evaluate("(data) => { draw(data); }", MATRIX | beside | {"matched": False})
    assert title(1, 1) == "4 digits: wrong here, wrong there"


def test_a_cluster_without_a_class_is_said_to_be_matched_to_none(blank):
    load(blank, '<div class="matrix"></div>', "shared/matrix.js")
    blank.evaluate("(data) => { draw(data); }", MATRIX)
    blank.evaluate("(data) => { draw(data); }", MATRIX | {"class_of": []})
    assert blank.evaluate('part(\'[data-row="-1"][data-column="0"]\').title') == "cluster A"


def test_what_is_drawn_twice_while_it_is_loaded_follows_the_timeline(blank):
    """Streamlit calls the clean-up of a call that a newer one has overtaken, although what it drew is still there."""
    load(blank, '<div class="matrix"></div>', "shared/matrix.js")
    blank.evaluate("(data) => { draw(data)(); draw(data); draw(data)(); }", MATRIX)
    blank.evaluate("""() => decBus.dispatchEvent(new CustomEvent("frame", {
      detail: { run: "a", number: 0, counts: [[7, 7], [7, 7]], class_of: [3, 8] } }))""")
    assert blank.evaluate("part('td').textContent") == "7"


def test_what_is_redrawn_while_one_drags_stays_where_one_drags(blank):
    load(blank, TIMELINE, "inspect/timeline.js")
    blank.evaluate(TIMERS)
    blank.evaluate("(data) => { draw(data); }", LINE)
    blank.evaluate("""() => { part("input").value = 2; part("input").dispatchEvent(new Event("input")); }""")
    assert blank.evaluate("decBus.playing") == "a"  # which matrix, centers and points ask when they are drawn
    blank.evaluate("pass()")
    assert blank.evaluate("[calls, decBus.playing ?? null]") == [[["moment", 2]], None]


def test_follow_takes_the_place_of_a_drag_just_before(blank):
    load(blank, TIMELINE, "inspect/timeline.js")
    blank.evaluate(TIMERS)
    blank.evaluate("(data) => { draw(data); }", LINE)
    blank.evaluate("""() => {
      part("input").value = 2; part("input").dispatchEvent(new Event("input"));
      part(".follow").click();
    }""")
    blank.evaluate("pass()")
    assert blank.evaluate("calls") == [["moment", -1]]


SERVER = """() => {
  window.sources = [];
  window.EventSource = class extends EventTarget {
    static CLOSED = 2;
    constructor(url) { super(); Object.assign(this, { url, readyState: 1 }); sources.push(this); }
    close() { this.readyState = 2; }
  };
  window.asked = [];
  window.answers = [];
  window.fetch = (url) => {
    asked.push(url);
    return new Promise((resolve) => answers.push((version, content, ok = true) => resolve(
      { ok, status: ok ? 200 : 404, url: url.replace(/[^/]*$/, version), json: async () => content })));
  };
  const known = { url: "live/a", layout: "L", over: false };
  window.hear = (moment) => sources.at(-1).onmessage({ data: JSON.stringify({ ...known, ...moment }) });
}"""
BEGUN = "decStream.url && !decStream.source && pass()"  # what the page listens to is opened
SEE = """(hidden) => {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
  return decStream.url && !decStream.source && pass();
}"""
WORDS = {
    "line": "Autoencoder: epoch 1 of 9",
    "fraction": 0.1,
    "numbers": [["NMI", "0.9", ""], ["ARI", "0.5", ""]],
    "findings": "",
    "said": "Pretraining",
}
METRIC = """() => document.body.insertAdjacentHTML("beforeend", `
  <div class="st-key-controls"><div class="stMarkdown"><p><strong>Starting …</strong></p></div></div>
  <div class="st-key-numbers"><div class="stMetric"><label data-testid="stMetricLabel"><p>ARI</p></label>
    <div data-testid="stMetricValue"><p>—</p></div>
    <div data-testid="stMetricDelta"><p>&emsp;</p></div></div></div>`)"""


@pytest.fixture
def live(blank):
    """The component that follows a run, on a page with a line and one of two numbers, and a server that is played."""
    blank.evaluate(SERVER)
    blank.evaluate(METRIC)
    load(blank, BAR, "shared/stream.js", "train/live.js")
    blank.evaluate(TIMERS)
    return blank


def drawn_live(page, **changes) -> None:
    data = {"url": "live/a", "number": 5, "layout": "L", "words": WORDS, "awaits": False, **changes}
    page.evaluate("(data) => draw(data)", data)
    page.evaluate(BEGUN)


def line(page) -> str:
    return page.locator(".st-key-controls strong").inner_text()


def test_words_and_numbers_move_with_what_the_server_tells(live):
    drawn_live(live)
    assert line(live) == "Autoencoder: epoch 1 of 9" and live.evaluate("sources.length") == 1
    later = WORDS | {"line": "Autoencoder: epoch 3 of 9", "fraction": 0.3}
    later["numbers"] = [["NMI", "0.9", ""], ["ARI", "0.6", "+0.1"]]
    live.evaluate("(words) => hear({ number: 6, words, parts: {} })", later)
    assert line(live) == "Autoencoder: epoch 3 of 9"
    assert live.evaluate("part('.bar').getAttribute('aria-valuenow')") == "30"
    assert live.locator("[data-testid=stMetricValue]").inner_text() == "0.6"  # its own, whatever is drawn before it
    delta = live.locator("[data-testid=stMetricDelta]")
    assert delta.inner_text().strip() == "+0.1" and delta.get_attribute("data-change") == "up"
    drawn_live(live)  # anew, by a click on a view: what Python drew is older than what is known
    assert line(live) == "Autoencoder: epoch 3 of 9" and live.evaluate("sources.length") == 1
    live.evaluate("(words) => hear({ number: 4, words, parts: {} })", WORDS)  # what was on its way is no news
    assert line(live) == "Autoencoder: epoch 3 of 9" and live.evaluate("calls") == []


def test_python_draws_where_something_else_has_changed_or_a_command_is_under_way(live):
    drawn_live(live)
    for number in (6, 7):
        live.evaluate("([words, number]) => hear({ number, words, parts: {}, layout: 'M' })", [WORDS, number])
    assert live.evaluate("calls") == [["news", "6"]]  # once, until it is drawn
    live.evaluate("elapse(10)")
    drawn_live(live, number=8, layout="M", awaits=True)
    assert live.evaluate("calls.length") == 1
    paused = WORDS | {"line": "Autoencoder: epoch 4 of 9"}
    live.evaluate("(words) => hear({ number: 9, words, parts: {}, layout: 'M' })", paused)
    assert live.evaluate("calls.length") == 2 and line(live) == WORDS["line"]  # the command's own words stay
    live.evaluate("(words) => hear({ number: 10, words, parts: {}, layout: 'M', over: true })", paused)
    assert live.evaluate("sources.map((source) => source.readyState)") == [2]


def test_a_lost_connection_says_so_and_comes_back(live):
    drawn_live(live)
    said = "part('.lost').textContent"
    live.evaluate("sources[0].onerror()")  # the browser tries again by itself
    assert "Connection lost, trying again" in live.evaluate(said)
    live.evaluate("sources[0].onopen({})")
    assert live.evaluate(said) == ""
    live.evaluate("sources[0].readyState = 2; sources[0].onerror()")  # it does not: the server has refused
    live.evaluate("pass()")
    assert live.evaluate("asked") == ["live/a"] and "Connection lost" in live.evaluate(said)
    settle = "new Promise((later) => requestAnimationFrame(later))"  # without the time that timers wait
    live.evaluate("answers[0]('a', {})")
    live.evaluate(settle)
    assert live.evaluate("sources.length") == 2
    live.evaluate("sources[1].readyState = 2; sources[1].onerror()")
    live.evaluate("pass()")
    live.evaluate("answers[1]('a', {}, false)")  # it is somebody else's by now
    live.evaluate(settle)
    assert live.evaluate("[calls, sources.length]") == [[["news", "gone"]], 2] and live.evaluate(said) == ""


def test_a_server_that_is_silent_is_called_again(live):
    drawn_live(live)
    live.evaluate("pass()")
    assert live.evaluate("sources.map((source) => source.readyState)") == [2, 1]
    assert "Connection lost" in live.evaluate("part('.lost').textContent")
    live.evaluate("sources[1].onopen({})")
    assert live.evaluate("part('.lost').textContent") == ""


def test_a_page_that_nobody_sees_or_that_shows_something_else_follows_nothing(live):
    drawn_live(live)
    live.evaluate(SEE, True)
    assert live.evaluate("sources.map((source) => source.readyState)") == [2]
    live.evaluate(SEE, False)
    assert live.evaluate("sources.map((source) => source.readyState)") == [2, 1]
    drawn_live(live, url="live/b")
    assert live.evaluate("sources.map((source) => [source.url, source.readyState])") == [
        ["live/a", 2], ["live/a", 2], ["live/b", 1],
    ]  # fmt: skip
    live.evaluate("part('.live').getRootNode().host.remove(); sources[2].onerror()")
    live.evaluate(SEE, False)
    assert live.evaluate("sources.map((source) => source.readyState)") == [2, 2, 2]


@pytest.fixture
def news(blank):
    """The component by which a screen hears of news, and the play of a server that tells of topic a."""
    blank.evaluate(SERVER)
    load(blank, "<span hidden></span>", "shared/stream.js", "shared/news.js")
    blank.evaluate(TIMERS)
    blank.evaluate("""() => {
      window.told = (stamp, at, topic = "a") => sources.at(-1).dispatchEvent(
        new MessageEvent("stamp", { data: JSON.stringify({ topic, stamp, at }) }));
      window.later = (seconds) => {
        const now = Date.now() + 1000 * seconds;
        Date.now = () => now;
        elapse(1000 * seconds);
      };
    }""")
    return blank


def drawn_news(page, at: int, **stamps: str) -> None:
    page.evaluate("(data) => { draw(data); }", {"stamps": stamps, "at": at})
    page.evaluate(BEGUN)


def n_redraws(page) -> int:
    """How many redraws were asked for; one waits until another has been sent."""
    page.evaluate("later(0.01)")
    return page.evaluate("calls.length")


def test_a_screen_is_drawn_anew_for_what_it_has_not_seen_and_only_then(news):
    drawn_news(news, 5, a="one", b="one")
    assert news.evaluate("sources.map((source) => source.url)") == ["news?of=a&of=b"]
    news.evaluate("told('one', 6); told('one', 6, 'b'); told('two', 6, 'c')")
    assert n_redraws(news) == 0
    news.evaluate("told('two', 7); told('three', 8)")
    assert n_redraws(news) == 1  # once, until it is drawn
    drawn_news(news, 9, a="three", b="one")
    news.evaluate("told('three', 10)")
    assert n_redraws(news) == 1 and news.evaluate("sources.length") == 1
    news.evaluate("told('four', 11)")
    assert n_redraws(news) == 2
    drawn_news(news, 10, a="three", b="one")  # a redraw that began before that
    assert n_redraws(news) == 3
    drawn_news(news, 12, a="five", b="one")  # and one that has seen more than was told
    assert n_redraws(news) == 3
    news.evaluate("told('five', 13)")
    news.evaluate("later(6)")
    assert n_redraws(news) == 3


def test_a_redraw_that_does_not_come_is_asked_for_again_and_of_what_is_gone_once(news):
    drawn_news(news, 5, a="one")
    news.evaluate("told('two', 6)")
    news.evaluate("later(6)")
    assert n_redraws(news) == 2
    drawn_news(news, 7, a="two")
    drawn_news(news, 9, a="three")
    news.evaluate("later(6)")  # was told nothing of it
    assert n_redraws(news) == 3
    drawn_news(news, 10, a="three")
    news.evaluate("told('', 0)")
    assert n_redraws(news) == 4
    drawn_news(news, 11, a="three")  # as Python sees it still
    news.evaluate("told('', 0)")
    news.evaluate("later(6)")
    assert n_redraws(news) == 4


def test_of_two_that_ask_for_a_redraw_at_once_one_waits_until_streamlit_has_sent_the_other(news):
    drawn_news(news, 5, a="one")
    news.evaluate("""() => {
      told("two", 6);
      decStream.ask((...call) => calls.push(call), "other");
      window.at_once = [...calls];
    }""")
    assert news.evaluate("at_once") == [["news", "a"]]
    assert n_redraws(news) == 2 and news.evaluate("calls[1]") == ["news", "other"]


def test_all_that_a_page_listens_to_comes_by_one_connection(live):
    drawn_live(live)
    live.evaluate("""async () => {
      window.drawLive = draw; window.livePart = part;
    }""")
    load(live, "<span hidden></span>", "shared/stream.js", "shared/news.js")
    drawn_news(live, 5, a="one")
    state = "sources.map((source) => [source.url, source.readyState])"
    assert live.evaluate(state) == [["live/a", 2], ["live/a?of=a", 1]]
    live.evaluate("sources[1].onerror()")
    assert "Connection lost" in live.evaluate("livePart('.lost').textContent")
    assert live.locator("body > .lost").all_inner_texts() in ([], [""])  # said once
    live.evaluate("(words) => hear({ number: 9, words, parts: {}, over: true })", WORDS)
    live.evaluate(BEGUN)
    assert live.evaluate(state) == [["live/a", 2], ["live/a?of=a", 2], ["news?of=a", 1]]
    live.evaluate("livePart('.live').getRootNode().host.remove(); sources[2].onerror()")
    assert live.locator("body > .lost").inner_text() == "Connection lost, trying again …"
    live.evaluate("sources[2].onopen({})")
    assert live.locator("body > .lost").inner_text() == ""
    live.evaluate(SEE, True)
    assert live.evaluate("sources.map((source) => source.readyState)") == [2, 2, 2]


def test_a_part_fetches_what_is_new_passes_over_moments_and_keeps_what_python_has_drawn(blank):
    blank.evaluate(SERVER)
    blank.evaluate("""() => {
      window.shown = [];
      window.node = document.body.appendChild(document.createElement("div"));
      window.hear = (number, version) => decBus.dispatchEvent(new CustomEvent("moment", { detail:
        { url: "live/a", number, parts: { curves: version } } }));
    }""")
    load(blank, "<i></i>", "shared/follow.js", "../tests/browser/followed.js")
    drawn = (
        "(number, version, content) => draw({ followed: { url: 'live/a', part: 'curves', version, number }, content })"
    )
    act = lambda script: blank.evaluate(f"async () => {{ {script}; await new Promise((later) => setTimeout(later)); }}")  # noqa: E731
    act(f"({drawn})(1, 'one', 'first')")
    act("hear(1, 'two'); hear(2, 'one')")
    assert blank.evaluate("asked") == [] and blank.evaluate("shown") == ["first"]
    act("hear(3, 'three'); hear(4, 'four'); hear(5, 'five')")
    assert blank.evaluate("asked") == ["live/a/curves/three"]
    act("answers[0]('three', 'third')")
    assert blank.evaluate("asked.at(-1)") == "live/a/curves/five"  # the fourth is passed over
    act("answers[1]('six', 'sixth')")  # by a detour: the fifth was gone
    act("hear(6, 'six')")
    assert blank.evaluate("shown") == ["first", "third", "sixth"] and blank.evaluate("asked.length") == 2
    act(f"({drawn})(2, 'two', 'old')")  # a redraw that began long ago
    assert blank.evaluate("shown.at(-1)") == "sixth"
    act("hear(7, 'seven')")
    act(f"({drawn})(8, 'eight', 'eighth')")
    act("answers[2]('seven', 'seventh')")
    assert blank.evaluate("shown.at(-1)") == "eighth"
    act("node.remove(); hear(9, 'nine')")
    assert blank.evaluate("asked.length") == 3
