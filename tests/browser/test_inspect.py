"""Inspect in a real browser, on a small run on real MNIST and on one without labels."""

import io
import re
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from driving import opened, wait_until
from PIL import Image
from playwright.sync_api import expect

from dec_core.analysis.inspection import inside
from dec_core.analysis.verdict import thousands
from dec_core.figures.embedding import UNIT, positions
from dec_core.reading.planes import common_extent
from dec_core.reading.selection import Selection


def wait_until_drawn(page) -> None:
    """Matrix, embedding and timeline are there, and Streamlit has nothing more to do."""
    expect(page.locator(".matrix td").first).to_be_visible()
    expect(scene(page)).to_have_attribute("data-moment", re.compile(r"\d+"))
    expect(page.locator(".timeline .words")).not_to_be_empty()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def visit(server, page, run, **query) -> None:
    words = "&".join(f"{name}={value}" for name, value in {"run": run.folder.id, **query}.items())
    page.goto(f"{server.address}/inspect?{words}")
    wait_until_drawn(page)


def scene(page):
    return page.locator(".st-key-box-scene .points")


def link(page) -> dict[str, str]:
    """What the link says, without the run."""
    query = {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}
    return {name: value for name, value in query.items() if name != "run"}


def link_is(page, query: dict[str, str]) -> None:
    """Wait until it says just this."""
    wait_until(page, lambda: link(page) == query)


def headline(page) -> str:
    return page.locator(".st-key-selection").get_by_test_id("stMarkdown").first.inner_text()


def says(page, selection: Selection, now, noun: str, beside=None) -> int:
    """Wait until headline, gallery and embedding tell the selection as the library does; how many it chooses."""
    chosen = now.select(selection, other=beside)
    n, words = len(chosen), selection.in_words(noun if noun == "digit" else "class")
    line = f"{thousands(n)} {noun if n == 1 else noun + 's'}: {words}"
    if now.wrong is not None and n:
        line += f" · {thousands(now.wrong[chosen].sum())} wrong"
    wait_until(page, lambda: headline(page) == line)
    expect(scene(page)).to_have_attribute("data-chosen", str(n))
    filters_are(page, selection)
    return n


def filters_are(page, selection: Selection) -> None:
    """The filters, too, have heard of it."""
    chosen = {
        "Digit": selection.true,
        "Cluster": selection.cluster,
        "Result": selection.side,
        "Runner-up": selection.second,
    }
    for name, value in chosen.items():
        if page.get_by_role("combobox", name=name, exact=True).count():
            expect(page.get_by_role("combobox", name=name, exact=True)).to_have_value(value or "any")


def is_whole(page, now) -> None:
    """Wait until nothing is filtered."""
    line = f"{thousands(now.run.n)} {now.run.noun}s, all in this run, at step {now.iteration}"
    wait_until(page, lambda: headline(page) == line)
    filters_are(page, Selection())


def tiles(page) -> list[int]:
    return page.locator(".gallery .tiles button").evaluate_all("nodes => nodes.map((n) => Number(n.dataset.index))")


def gallery_is(page, order: np.ndarray) -> None:
    """Wait until it shows the first of these samples, in this order."""
    wait_until(page, lambda: tiles(page) == order[:60].tolist())


def cell(page, row, column):
    return page.locator(f'.st-key-box-matrix .matrix [data-row="{row}"][data-column="{column}"]')


NUMBERS = r"""(table) => {
  const number = (cell) => Number(cell.textContent.replace(/\D/g, ""));
  return [...table.querySelectorAll("tr:has(td)")].map((line) => [...line.querySelectorAll("td")].map(number));
}"""


def matrix(page):
    return page.locator(".st-key-box-matrix .matrix table")


def matrix_is(page, now) -> None:
    """Wait until it is drawn with the counts of this moment."""
    wait_until(page, lambda: np.array_equal(matrix(page).evaluate(NUMBERS), counted(now)))


def counted(now) -> np.ndarray:
    """Classes by clusters in the order of their names; without labels clusters by second nearest clusters."""
    run, k = now.run, now.run.config.n_clusters
    rows = now.run.cluster_order[now.labels] if run.y is None else run.y
    columns = run.cluster_order[now.rivals.second if run.y is None else now.labels]
    counts = np.zeros((k, k), int)
    np.add.at(counts, (rows, columns), 1)
    return counts


def worst_cell(now) -> tuple[int, int]:
    """Row and column with the most errors."""
    wrong = np.zeros((10, 10), int)
    np.add.at(wrong, (now.run.y[now.wrong], now.run.cluster_order[now.labels[now.wrong]]), 1)
    return tuple(int(i) for i in np.unravel_index(wrong.argmax(), wrong.shape))


def rests_at(page) -> int:
    return int(page.locator(".timeline").get_attribute("data-moment"))


def card_shows(page, now, index: int, noun: str) -> None:
    """Its title, its sentence, q and p of all clusters."""
    expect(page.locator(".card h3")).to_have_text(f"{noun.capitalize()} {thousands(index)}")
    expect(page.locator(".card > p").first).to_have_text(now.story(index))
    rows = page.locator(".card .bars tr:has(td)").evaluate_all(
        "rows => rows.map((row) => [...row.querySelectorAll('.bar b')].map((b) => Number(b.textContent)))"
    )
    order = np.argsort(now.run.cluster_order)
    expected = np.column_stack([now.q[index, order], now.p[index, order]])
    assert np.abs(np.array(rows) - expected).max() < 0.00501


# -- journeys


def numbers_are_shown(page, now, index: int) -> None:
    """By the keyboard alone, in the place of the pictures, for the cluster that is chosen."""
    page.get_by_role("button", name="Show the numbers").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card .large")).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    for key, letter in zip(("Home", "ArrowDown"), now.run.letters_in_order, strict=False):
        page.keyboard.press(key)
        expect(page.locator(".card .of-numbers table").first.locator(".chosen th")).to_have_text(letter)
        q = page.locator(".card .of-numbers table").first.locator(".chosen td").last
        cluster = now.run.letters.index(letter)
        assert float(q.inner_text()) == pytest.approx(now.q[index, cluster], abs=1e-3)
        expect(page.locator(".card .worked").first).to_contain_text(q.inner_text())
    expect(page.locator(".card .spoken")).to_contain_text(f"{now.name_of(cluster)}: distance ")
    page.get_by_role("button", name="Show the numbers").click()
    expect(page.locator(".card .large")).to_be_visible()


def test_a_digit_is_drawn_over_the_screen_and_its_neighbour_opened(server, page):
    page.goto(f"{server.address}/inspect?run=gallery-first-look")
    wait_until_drawn(page)
    page.get_by_role("button", name="Draw a digit").click()
    pad = page.locator(".pad canvas")
    expect(page.locator(".draw .said")).to_contain_text("Draw a digit with mouse or finger")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.48 * box["width"], box["y"] + 0.8 * box["height"], steps=8)
    page.mouse.up()
    expect(page.locator(".draw .said")).to_contain_text("of the 1s")
    neighbour = page.locator(".draw .neighbours button").first
    index = int(re.search(r"index (\d+)", neighbour.get_attribute("title"))[1])
    neighbour.click()
    expect(page.locator(".card h3")).to_have_text(f"Digit {thousands(index)}")
    expect(pad).to_have_count(0)
    assert link(page)["sample"] == str(index)


def test_from_a_wrong_cell_to_a_digit_and_its_neighbours(server, page, runs):
    now = runs.run.at(-1)
    visit(server, page, runs.run)
    matrix_is(page, now)
    row, column = worst_cell(now)
    cell(page, row, column).click()
    selection = Selection(true=str(row), cluster="ABCDEFGHIJ"[column])
    n = says(page, selection, now, "digit")
    assert n == counted(now)[row, column]
    link_is(page, selection.to_query())
    expect(page.locator(".gallery .pager span")).to_have_text(f"1 to {min(n, 60)} of {thousands(n)}")
    order = now.select(selection, order="wrong")
    gallery_is(page, order)

    page.locator(".gallery .tiles button").first.click()
    card_shows(page, now, order[0], "digit")
    link_is(page, selection.to_query() | {"sample": str(order[0])})
    expect(page.locator(".card .large figure")).to_have_count(5)  # of the run's end the decoder is kept
    ink = page.locator(".card .large canvas").first.evaluate(
        "node => [...node.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )
    assert ink == runs.run.images[order[0]].ravel().tolist()
    expect(page.locator(".points .ring:visible")).to_have_count(1)

    near = now.neighbours(order[0], 5).tolist()
    shown = page.locator(".card .tiles button")
    assert shown.evaluate_all("nodes => nodes.map((n) => Number(n.dataset.index))") == near
    shown.nth(1).click()
    card_shows(page, now, near[1], "digit")
    link_is(page, selection.to_query() | {"sample": str(near[1])})
    numbers_are_shown(page, now, near[1])
    page.get_by_role("button", name="Back to all").click()
    expect(page.locator(".gallery .tiles button")).to_have_count(min(n, 60))
    link_is(page, selection.to_query())
    page.get_by_role("button", name="Clear filters").click()
    is_whole(page, now)
    link_is(page, {})
    expect(page.locator(".gallery .pager span")).to_have_text(f"1 to 60 of {thousands(2000)}")
    page.locator(".gallery .pager").get_by_role("button", name="Last").click()
    expect(page.locator(".gallery .pager span")).to_have_text(
        f"{thousands(1981)} to {thousands(2000)} of {thousands(2000)}"
    )
    gallery_is(page, now.select(order="wrong")[-20:])


SEEN_AT_ONCE = r"""([timeline, matrix, centers]) => {
  const number = (node) => Number(node.textContent.replace(/\D/g, ""));
  const counts = [...matrix.querySelectorAll("tr:has(td)")].map((line) => [...line.querySelectorAll("td")].map(number));
  return [Number(timeline.dataset.moment), counts, [...centers.querySelectorAll("small")].map(number)];
}"""


def test_the_timeline_plays_and_all_views_rest_where_it_rests(server, page, runs):
    run, first = runs.run, runs.run.clustered[0]
    visit(server, page, run, moment=first, space="pca", true=4)
    says(page, Selection(true="4"), run.at(first), "digit")
    cell(page, 4, 4).click()
    says(page, Selection(true="4", cluster="E"), run.at(first), "digit")
    by_moment = played(page, first + 4)
    at = rests_at(page)
    assert first + 4 <= at <= len(run.snapshots) - 1 and len(by_moment) > 2
    for moment, (counts, sizes) in by_moment.items():
        assert np.array_equal(counts, counted(run.at(moment)))
        assert sizes == np.bincount(run.cluster_order[run.at(moment).labels], minlength=10).tolist()
    wait_until(page, lambda: link(page).get("moment", str(len(run.snapshots) - 1)) == str(at))
    says(page, Selection(true="4", cluster="E"), run.at(at), "digit")
    assert rests_at(page) == at
    matrix_is(page, run.at(at))
    expect(scene(page)).to_have_attribute("data-moment", str(at))
    words = f"step {run.snapshots[at]['iteration']} · ACC {100 * np.mean(~run.at(at).wrong):.1f} % · "
    words += f"{run.at(at).changed.sum()} changed cluster"
    expect(page.locator(".timeline .words")).to_have_text(words)

    by_keyboard(page, run, at)


def played(page, until: int) -> dict[int, tuple]:
    """Play the timeline until a moment is reached: what matrix and centers have shown at each moment passed."""
    play, by_moment = page.locator(".timeline .play"), {}
    play.click()
    expect(play).to_have_text("Pause")

    def is_reached() -> bool:  # the others follow in the browser, before Python hears of it
        moment, counts, sizes = page.evaluate(SEEN_AT_ONCE, handles)
        by_moment[moment] = counts, sizes
        return moment >= until

    handles = [page.locator(name).element_handle() for name in (".timeline", ".st-key-box-matrix .matrix", ".centers")]
    wait_until(page, is_reached)
    dimmed = ".st-key-selection, .st-key-box-gallery"  # which stay at the moment from which it plays
    assert set(page.locator(dimmed).evaluate_all(OPACITIES)) == {"0.35"}
    play.click()
    expect(play).to_have_text("Play")
    assert set(page.locator(dimmed).evaluate_all(OPACITIES)) == {"1"}
    return by_moment


def by_keyboard(page, run, at: int) -> None:
    """One moment back, to the first, where there are no clusters yet, and to the newest."""
    page.get_by_role("button", name="Previous snapshot", exact=True).click()
    wait_until(page, lambda: link(page).get("moment") == str(at - 1))
    says(page, Selection(true="4", cluster="E"), run.at(at - 1), "digit")
    matrix_is(page, run.at(at - 1))
    page.locator(".timeline input").focus()
    page.keyboard.press("Home")  # the autoencoder has seen the images once: no clusters yet
    expect(page.locator(".timeline .words")).to_have_text(re.compile("^pretraining, epoch 1"))
    wait_until(page, lambda: link(page).get("moment") == "0")
    wait_until(
        page,
        lambda: (
            headline(page) == f"{(run.y == 4).sum()} digits: digit 4 · filters that need clusters have no effect yet"
        ),
    )
    wait_until(page, lambda: np.sum(matrix(page).evaluate(NUMBERS)) == 0)
    page.keyboard.press("End")
    wait_until(page, lambda: "moment" not in link(page))
    says(page, Selection(true="4", cluster="E"), run.at(-1), "digit")
    matrix_is(page, run.at(-1))


OPACITIES = "nodes => nodes.map((node) => getComputedStyle(node).opacity)"
KEPT_LINES = """() => {
  window.lines = [];
  const { moveTo, lineTo } = CanvasRenderingContext2D.prototype;
  let from;
  CanvasRenderingContext2D.prototype.moveTo = function (x, y) { from = [x, y]; moveTo.call(this, x, y); };
  CanvasRenderingContext2D.prototype.lineTo = function (x, y) {
    window.lines.push([...from, x, y]);
    lineTo.call(this, x, y);
  };
}"""


def test_what_moved_is_chosen_by_a_click(server, page, runs):
    now, first = runs.run.at(-1), runs.run.clustered[0]
    visit(server, page, runs.run)
    page.evaluate(KEPT_LINES)
    flow = page.locator(".flows button").first
    n, was, cluster = re.fullmatch(
        r"(\d+) from cluster (\w) to cluster (\w)", flow.get_attribute("aria-label")
    ).groups()
    flows = now.came_from(first)
    np.fill_diagonal(flows, 0)
    assert int(n) == flows.max()
    flow.click()
    assert says(page, Selection(was=was, since=first, cluster=cluster), now, "digit") == int(n)
    link_is(page, {"was": was, "since": str(first), "cluster": cluster})
    expect(flow).to_have_attribute("aria-pressed", "true")
    expect(scene(page)).to_have_attribute("data-trails", n)
    moved = np.sort(now.select(was=was, since=first, cluster=cluster))
    assert not np.array_equal(runs.run.at(first).plane("umap")[moved], now.plane("umap")[moved])
    ends = np.hstack([on_screen(page, at, "umap")[moved] for at in (runs.run.at(first), now)])
    origin = scene(page).locator("canvas").first.bounding_box()
    ends -= [origin["x"], origin["y"]] * 2
    wait_until(
        page,
        lambda: (
            np.shape(drawn := page.evaluate(f"window.lines.slice(-{n})")) == ends.shape
            and np.abs(drawn - ends).max() < 1
        ),
    )
    gallery_is(page, now.select(was=was, since=first, cluster=cluster, order="wrong"))
    assert all(now.strip(index)[0] == runs.run.letters.index(was) for index in tiles(page))


def on_screen(page, now, space: str) -> np.ndarray:
    """Where each sample is drawn, in pixels of the page, as long as nobody has zoomed."""
    box = scene(page).locator("canvas").first.bounding_box()
    size = np.array([box["width"], box["height"]])
    xy = (
        np.frombuffer(positions(now.plane(space), common_extent(now, space)), "<i2")[: 2 * now.run.n].reshape(-1, 2)
        / UNIT
    )
    reach = np.minimum(1, 1.5 * size.min() / size)  # one unit reaches the nearer edge; the other axis is stretched
    return [box["x"], box["y"]] + (1 + xy * reach * [1, -1]) / 2 * size


def draw(page, corners: np.ndarray) -> None:
    page.mouse.move(*corners[0])
    page.mouse.down()
    page.mouse.move(*(corners[0] + 1))
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()


def test_a_lasso_chooses_what_it_encloses(server, page, runs):
    now = runs.run.at(-1)
    visit(server, page, runs.run)
    for space, title in (("umap", "UMAP"), ("pca", "PCA")):
        expect(page.get_by_role("combobox", name="Projection")).to_have_value(title)
        drawn = on_screen(page, now, space)
        middle, spread = np.median(drawn, axis=0), np.quantile(np.abs(drawn - np.median(drawn, axis=0)), 0.7, axis=0)
        corners = middle + spread * np.array([(-0.9, -1), (0.9, -0.8), (1.1, 0.9), (0.1, 0.1), (-1, 1)])
        page.get_by_role("button", name="Lasso").click()
        draw(page, corners)
        wait_until(page, lambda space=space: link(page).get("lasso", "").startswith(f"{space}:"))
        selection = Selection.from_query(link(page))
        n = says(page, selection, now, "digit")
        chosen = np.zeros(2000, bool)
        chosen[now.select(selection)] = True
        assert n > 100 and (chosen != inside(corners, drawn)).sum() < 20  # a pixel more or less
        gallery_is(page, now.select(selection, order="wrong"))
        page.get_by_role("button", name="Lasso").click()
        page.get_by_role("button", name="Clear filters").click()
        is_whole(page, now)
        expect(scene(page)).to_have_attribute("data-chosen", "2000")
        if space == "umap":
            page.get_by_role("combobox", name="Projection").click()
            page.get_by_role("option", name="PCA", exact=True).click()


def test_a_point_is_met_and_opened(server, page, runs):
    moment = runs.run.clustered[5]
    now = runs.run.at(moment)
    assert not np.array_equal(now.plane("umap"), runs.run.at(-1).plane("umap"))
    visit(server, page, runs.run, space="umap")
    page.locator(".timeline input").fill(str(moment))
    expect(scene(page)).to_have_attribute("data-moment", str(moment))
    wait_until(page, lambda: link(page).get("moment") == str(moment))
    drawn = on_screen(page, now, "umap")
    box = scene(page).locator("canvas").first.bounding_box()
    apart = np.linalg.norm(drawn[:, None] - drawn, axis=2) + np.diag(np.full(2000, np.inf))
    within = (drawn > [box["x"] + 20, box["y"] + 60]).all(axis=1)
    within &= (drawn < [box["x"] + box["width"] - 20, box["y"] + box["height"] - 20]).all(axis=1)
    index = int(np.argmax(np.where(within, apart.min(axis=1), 0)))
    tip = scene(page).locator(".tip")

    def met() -> bool:  # its image is drawn once its sheet has arrived
        page.mouse.move(*(drawn[index] + [3, 0]))
        page.mouse.move(*drawn[index])
        return tip.get_attribute("data-sample") == str(index)

    wait_until(page, met)
    letter, of = runs.run.letters[now.labels[index]], now.class_of[now.labels[index]]
    words, _, sure = tip.inner_text().strip().rpartition(" · q ")
    assert words == f"digit {runs.run.y[index]} → cluster {letter}, of {of}"
    assert abs(float(sure) - now.confidence[index]) < 0.0075  # a byte is sent of it, and two decimals are shown
    pixels = tip.locator("canvas").evaluate(
        "node => [...node.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)"
    )
    assert pixels == runs.run.images[index].ravel().tolist()
    page.mouse.down()
    page.mouse.up()
    card_shows(page, now, index, "digit")
    wait_until(page, lambda: link(page).get("sample") == str(index))


@pytest.mark.night  # what is exported: test_inspect_exports, and that a download comes: test_journey
def test_the_selection_is_taken_away(server, page, runs, monkeypatch):
    now = runs.run.at(-1)
    visit(server, page, runs.run, side="wrong", order="outliers")
    says(page, Selection(side="wrong"), now, "digit")
    order = now.select(side="wrong", order="outliers")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    table = pd.read_csv(download.value.path())
    assert download.value.suggested_filename == f"{runs.run.folder.id}-selection.csv"
    assert table["index"].tolist() == order.tolist()
    assert table["cluster"].tolist() == [runs.run.letters[k] for k in now.labels[order]]
    assert (
        np.abs(table[[f"q {x}" for x in "ABCDEFGHIJ"]] - now.q[order][:, np.argsort(runs.run.cluster_order)])
        .max()
        .max()
        < 1e-5
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Arrays (npz)").click()
    assert np.load(io.BytesIO(download.value.path().read_bytes()))["index"].tolist() == order.tolist()
    with page.expect_download() as download:
        page.get_by_role("button", name="Contact sheet (PNG)").click()
    assert download.value.path().read_bytes().startswith(b"\x89PNG")

    monkeypatch.chdir(runs.root.parent)
    names = {}
    exec(page.get_by_test_id("stCode").locator("code").inner_text(), names)
    assert names["chosen"].tolist() == order.tolist()


@pytest.mark.night  # what a link opens: test_inspect_links, and what is written into it: the journeys here
def test_a_link_shows_somebody_else_the_same(server, browser, page, runs):
    run, at = runs.run, runs.run.clustered[5]
    row, column = worst_cell(run.at(at))
    visit(server, page, run, moment=at)
    cell(page, row, column).click()
    selection = Selection(true=str(row), cluster="ABCDEFGHIJ"[column])
    says(page, selection, run.at(at), "digit")
    order = run.at(at).select(selection, order="wrong")
    gallery_is(page, order)
    page.get_by_role("button", name="Pin this snapshot").click()
    wait_until(page, lambda: link(page).get("pin") == f"{run.folder.id}@{at}")
    page.locator(".gallery .tiles button").nth(1).click()
    index = int(order[1])
    card_shows(page, run.at(at), index, "digit")
    wait_until(page, lambda: link(page).get("sample") == str(index))

    complaints = []
    other = opened(browser, complaints)
    other.goto(page.url)
    wait_until_drawn(other)
    says(other, selection, run.at(at), "digit")
    assert rests_at(other) == at and headline(other) == headline(page)
    link_is(other, link(page))
    card_shows(other, run.at(at), index, "digit")
    matrix_is(other, run.at(at))
    expect(cell(other, row, column)).to_have_attribute("aria-selected", "true")
    expect(other.get_by_text(f"“There” is this run, at step {run.snapshots[at]['iteration']}.")).to_be_visible()
    other.context.close()
    assert complaints == []


@pytest.mark.night  # tests/inspection, under the same name
def test_without_labels_clusters_lie_against_their_neighbours(server, page, runs):
    run, now = runs.unlabelled, runs.unlabelled.at(-1)
    visit(server, page, run)
    is_whole(page, now)
    matrix_is(page, now)
    counts = counted(now)
    row, column = (int(i) for i in np.unravel_index(counts.argmax(), counts.shape))
    cell(page, row, column).click()
    selection = Selection(cluster="ABCDEFGHIJ"[row], second="ABCDEFGHIJ"[column])
    n = says(page, selection, now, "image")
    assert n == counts.max()
    expect(page.locator(".gallery .pager span")).to_have_text(f"1 to {min(n, 60)} of {n}")
    order = now.select(selection, order="uncertain")
    gallery_is(page, order)
    page.locator(".gallery .tiles button").first.click()
    card_shows(page, now, order[0], "image")
    page.locator(".card .tiles button").first.click()
    near = int(now.neighbours(order[0], 1)[0])
    card_shows(page, now, near, "image")
    link_is(page, selection.to_query() | {"sample": str(near)})
    expect(page.get_by_role("combobox", name="Result")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Digit")).to_have_count(0)


FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return { tag: node.tagName, row: node.dataset.row, column: node.dataset.column, index: node.dataset.index };
}"""


def focused(page) -> dict:
    return page.evaluate(FOCUSED)


def tab_to(page, condition) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if condition(focused(page)):
            return
    raise AssertionError("Tab does not lead there")


def test_by_keyboard_alone(server, page, runs):
    now = runs.run.at(-1)
    visit(server, page, runs.run)
    tab_to(page, lambda at: at["tag"] in ("TD", "TH"))
    at = focused(page)
    assert (at["row"], at["column"]) == ("0", "0")
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    at = focused(page)
    assert (at["row"], at["column"]) == ("2", "2")
    page.keyboard.press("Enter")
    says(page, Selection(true="2", cluster="C"), now, "digit")
    expect(cell(page, 2, 2)).to_have_attribute("aria-selected", "true")
    for key in ("ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)  # the focus has stayed where it was
    at = focused(page)
    assert (at["tag"], at["row"], at["column"]) == ("TH", "-1", "2")
    page.keyboard.press("Enter")
    says(page, Selection(cluster="C"), now, "digit")
    page.keyboard.press("Enter")  # once more takes it away
    is_whole(page, now)
    for key in ("ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    page.keyboard.press(" ")
    says(page, Selection(true="0"), now, "digit")
    gallery_is(page, now.select(true="0", order="wrong"))
    tab_to(page, lambda at: at["index"] is not None)
    index = int(focused(page)["index"])
    page.keyboard.press("Enter")
    card_shows(page, now, index, "digit")
    assert index == now.select(true="0", order="wrong")[0]


def settled(page) -> list[dict]:
    """Where all boxes of the page are, in its order, once nothing that was still on its way moves them any more."""
    found: list[list[dict]] = []

    def still() -> bool:
        found.append([box.bounding_box() for box in page.locator("[class*='st-key-box-']").all()])
        page.wait_for_timeout(500)
        return len(found) > 1 and found[-1] == found[-2]

    wait_until(page, still)
    return found[-1]


PHONE, AT_200_PERCENT = (390, 844), (720, 450)


def test_nothing_is_cut_off_where_boxes_stack(server, browser, runs):
    complaints, now = [], runs.run.at(-1)
    page = opened(browser, complaints, *PHONE)
    wrong = int(now.select(side="wrong", order="wrong")[0])
    pinned = {"pin": f"{runs.run.folder.id}@{runs.run.clustered[1]}", "versus": "there"}
    for query, parts in ({}, [".gallery"]), ({"side": "wrong", "sample": wrong, **pinned}, [".card"]):
        visit(server, page, runs.run, **query)
        expect(page.locator(".st-key-box-against")).to_be_visible()
        expect(page.locator(".flows button").first).to_be_visible()
        for width, height in (PHONE, AT_200_PERCENT):
            page.set_viewport_size({"width": width, "height": height})
            nothing_is_cut_off(page, width, [".matrix table", ".timeline .row", ".flows", ".points canvas", *parts])
    page.context.close()
    assert complaints == []


def nothing_is_cut_off(page, width: int, parts: list[str]) -> None:
    """All boxes lie below one another, and these parts within the width of the page."""
    boxes = settled(page)
    for part in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):  # the latter scrolls
        assert page.evaluate(f"{part}.scrollWidth") <= page.evaluate("innerWidth") == width
    assert len(boxes) > 4
    assert [box["y"] for box in boxes] == sorted(box["y"] for box in boxes)
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"] + 1
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    for part in parts:
        box = page.locator(part).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width, part


def test_between_the_screens_the_run_stays_in_focus_and_what_was_looked_at(server, page, runs):
    visit(server, page, runs.run, true="9")
    for screen, shows in ("Compare", "Choose runs"), ("Sweep", "What should be varied?"):
        page.get_by_test_id("stTopNavLink").filter(has_text=screen).click()
        expect(page.get_by_text(shows)).to_be_visible()
        wait_until(page, lambda: f"run={runs.run.folder.id}" in page.url)
        page.go_back()  # once
        wait_until_drawn(page)
        link_is(page, {"true": "9"})
    page.get_by_test_id("stTopNavLink").filter(has_text="Train").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile("digits are clustered correctly"))).to_be_visible()
    wait_until(page, lambda: f"run={runs.run.folder.id}" in page.url)
    page.get_by_test_id("stTopNavLink").filter(has_text="Inspect").click()
    wait_until_drawn(page)
    says(page, Selection(true="9"), runs.run.at(-1), "digit")
    link_is(page, {"true": "9"})
    assert f"run={runs.run.folder.id}" in page.url


def test_what_is_taken_back_at_once_is_taken_back(server, page, runs):
    run = runs.run
    now = run.at(-1)
    visit(server, page, run)
    wrong = np.flatnonzero(now.wrong)
    true, cluster = int(run.y[wrong[0]]), int(run.cluster_order[now.labels[wrong[0]]])
    cell(page, true, cluster).click()
    link_is(page, {"true": run.classes[true], "cluster": "ABCDEFGHIJ"[cluster]})
    page.go_back()
    is_whole(page, now)
    link_is(page, {})
    page.go_forward()
    says(page, Selection(true=run.classes[true], cluster="ABCDEFGHIJ"[cluster]), now, "digit")
    page.get_by_role("button", name="Clear filters").click()
    is_whole(page, now)
    link_is(page, {})  # which is written last: the boxes are the ones of this drawing
    changed = page.get_by_test_id("stCheckbox").get_by_text("changed cluster at this update")
    changed.click()
    changed.click()
    link_is(page, {})
    is_whole(page, now)


UNNAMED = """WebGLRenderingContext.prototype.getExtension = ((known) => function (name) {
  return name === "WEBGL_debug_renderer_info" ? null : known.call(this, name);
})(WebGLRenderingContext.prototype.getExtension);"""  # then the browser cannot tell that its WebGL is computed
CONTEXTS = """window.contexts = []; HTMLCanvasElement.prototype.getContext = ((known) => function (kind, ...more) {
  if (this.isConnected || this.getRootNode() !== this) window.contexts.push(kind);
  return known.call(this, kind, ...more);
})(HTMLCanvasElement.prototype.getContext);"""


def at_rest(page, canvas) -> np.ndarray:
    """What it looks like, red, green and blue, once something is drawn on it and nothing moves any more."""
    seen = [b""]

    def still() -> bool:
        seen.append(canvas.screenshot())
        return seen[-1] == seen[-2] and np.ptp(pixels()) > 100

    def pixels() -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(seen[-1])).convert("RGB"), dtype=float)

    wait_until(page, still)
    return pixels()


@pytest.mark.night  # two more browsers; that points are drawn: every journey here
def test_points_look_the_same_with_and_without_a_graphics_card(server, browser, runs):
    pictures, kinds = [], []
    for with_card in (False, True):
        complaints = []
        page = opened(browser, complaints)
        page.add_init_script(CONTEXTS + (UNNAMED if with_card else ""))
        visit(server, page, runs.run, side="wrong", colour="wrong", space="pca")
        expect(scene(page)).to_have_attribute("data-chosen", str(runs.run.at(-1).wrong.sum()))
        pictures.append(at_rest(page, page.locator(".st-key-box-scene .points > canvas")))
        kinds.append("webgl" in page.evaluate("window.contexts"))
        page.context.close()
        assert complaints == []
    assert kinds == [False, True]
    flat, card = pictures
    inked = [np.abs(picture - picture[2, 2]).sum(axis=2) > 24 for picture in pictures]
    assert inked[0].sum() > 3000
    assert (inked[0] & inked[1]).sum() > 0.7 * (inked[0] | inked[1]).sum()
    both = inked[0] & inked[1]
    assert np.abs(flat[both].mean(axis=0) - card[both].mean(axis=0)).max() < 12  # of 255, in red, green, blue


def test_the_wheel_zooms_the_map_and_scrolls_the_page(server, page, runs):
    visit(server, page, runs.run)
    settled(page)  # or the wheel is turned where the map was
    whole = page.locator(".st-key-box-scene").get_by_role("button", name="Show all")
    box = page.locator(".st-key-box-scene .points > canvas").bounding_box()
    top = lambda: page.get_by_test_id("stMain").evaluate("node => node.scrollTop")  # noqa: E731
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.3 * box["height"])
    expect(whole).to_be_hidden()
    page.get_by_test_id("stMain").evaluate(
        "node => node.addEventListener('scrollend', () => { window.ended = true; }, { once: true })"
    )
    page.mouse.wheel(0, 100)  # there is nothing to zoom out of
    wait_until(page, lambda: page.evaluate("window.ended"))  # turns of the wheel until then are of the same scrolling
    expect(whole).to_be_hidden()
    scrolled = top()
    assert scrolled > 0
    page.mouse.wheel(0, -200)
    expect(whole).to_be_visible()
    assert top() == scrolled
    whole.click()
    expect(whole).to_be_hidden()
    heading = page.get_by_text("Which digits are mixed up?").bounding_box()
    page.mouse.move(heading["x"] + 5, heading["y"] + 5)
    page.mouse.wheel(0, 40)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.3 * box["height"])
    page.mouse.wheel(0, -60)  # in the midst of scrolling
    wait_until(page, lambda: top() < scrolled)
    expect(whole).to_be_hidden()


@pytest.mark.night  # maps that move together: test_tune
def test_two_moments_of_a_run_are_looked_into_together(server, page, runs):
    run = runs.run
    visit(server, page, run, pin=f"{run.folder.id}@{run.clustered[0]}", space="pca")
    second_map = page.locator(".st-key-box-against .points")
    expect(second_map).to_have_attribute("data-moment", str(run.clustered[0]))
    whole = [box.get_by_role("button", name="Show all") for box in (page.locator(".st-key-box-scene"), second_map)]
    for button in whole:
        expect(button).to_be_hidden()
    page.locator(".st-key-box-scene .points > canvas").focus()
    for key in ("+", "+", "ArrowLeft"):
        page.keyboard.press(key)
    for button in whole:
        expect(button).to_be_visible()
    whole[1].click()
    for button in whole:
        expect(button).to_be_hidden()
