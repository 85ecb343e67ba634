"""The app's components alone, in a page without the app: what a journey could only meet by chance."""

from pathlib import Path

import numpy as np
import pytest
from driving import opened

from dec_core.figures.embedding import frame
from pages.inspect.view_components import TIMELINE
from pages.shared.components import KEYS, POINTS, POINTS_SCRIPTS

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
  window.setTimeout = (act) => { timers.set(++last, act); return last; };
  window.clearTimeout = (id) => timers.delete(id);
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


@pytest.fixture
def blank(browser):
    """A page with nothing on it."""
    page = opened(browser, [])
    yield page
    page.context.close()


def load(page, html: str, *names: str) -> None:
    """The component of these sources on the page: `draw(data)` draws it, `part(selector)` finds what is inside."""
    page.evaluate(LOAD, ["".join((PAGES / name).read_text(encoding="utf-8") for name in names), html])


def is_taken(page, selector: str, key: str, **modifiers: bool) -> bool:
    """Whether a component keeps a key for itself, so that the browser does nothing with it."""
    return page.evaluate(
        "([selector, init]) => !part(selector).dispatchEvent(new KeyboardEvent('keydown', init))",
        [selector, {"key": key, "bubbles": True, "composed": True, "cancelable": True, **modifiers}],
    )


def test_news_that_come_while_one_asks_do_not_make_two_who_ask(blank):
    load(blank, "<span></span>", "shared/pulse.js")
    blank.evaluate(TIMERS)
    n_asked = blank.evaluate("""async () => {
      const answers = [], reply = (pulse) => ({ ok: true, text: async () => pulse });
      window.fetch = () => new Promise((resolve) => answers.push(resolve));
      draw({ url: "pulse", seen: "one", every: 1 });
      await pass();
      draw({ url: "pulse", seen: "two", every: 1 }); // drawn anew while the first answer is under way
      answers[0](reply("two"));
      await pass();
      answers[1](reply("two"));
      await pass();
      answers[2](reply("two"));
      await pass();
      return answers.length;
    }""")
    assert n_asked == 4 and blank.evaluate("calls") == []


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
    data = frame(
        np.array([[0, 0], [1, 1]]), colour_by="cluster", digits=None, names=(), labels=np.array([0, 1]),
        cluster_order=np.arange(2), class_of=None, run="a", space="PCA", moment="0",
        sprite={"url": "data:,", "columns": 2, "width": 1, "height": 1}, kind="digit", name="Embedding", alt="",
    )  # fmt: skip
    blank.evaluate("(data) => { draw(new Uint8Array(data)); }", list(data))
    assert is_taken(blank, "canvas", "+") and is_taken(blank, "canvas", "ArrowLeft")
    for key, modifier in (("+", "ctrlKey"), ("-", "metaKey"), ("0", "ctrlKey"), ("ArrowLeft", "altKey")):
        assert not is_taken(blank, "canvas", key, **{modifier: True})


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
