"""Train in a real browser, on real MNIST and on people's own images."""

import os
import re
import signal

import numpy as np
import pytest
from driving import MNIST, RESULT, button, figure, link_of, opened, run_in_link, start, wait_until
from playwright.sync_api import expect

from dec_core.data import load
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader

COUNT_CLICKS = """() => {
  window.clicks = 0;
  document.addEventListener("click", (event) => { clicks += event.target.closest(".st-key-controls") ? 1 : 0; }, true);
}"""  # on Start, Pause, Step and Stop
COUNT_RESUMED = """() => {
  window.resumed = 0;
  document.addEventListener("click", (event) => { resumed += event.target.closest(".st-key-resume") ? 1 : 0; }, true);
}"""
LONG = "dataset=digits&n_samples=&pretrain_epochs=1500"  # a run that does not end by itself while it is looked at


def metric(page, name) -> float:
    """The number that a metric shows, without its unit; not a number before there is one."""
    value = page.get_by_test_id("stMetric").filter(has_text=name).get_by_test_id("stMetricValue").inner_text()
    found = re.match(r"−?[\d.]+", value)
    return float(found[0].replace("−", "-")) if found else float("nan")


def right_in_matrix(page) -> float:
    """The share on the diagonal of the confusion matrix as it is drawn, in per cent."""
    counts = figure(page, "Confusion matrix").evaluate(
        "node => node.data?.[0].text.map((row) => row.map((text) => Number(text.replace(/\\D/g, '')))) ?? [[0]]"
    )
    return 100 * np.trace(np.array(counts)) / np.array(counts).sum().clip(1)


def n_points(page, trace: str) -> int:
    return figure(page, "Curves").evaluate(
        "(node, name) => node.data?.find((trace) => trace.name === name)?.y?.length ?? 0", trace
    )


def last_epoch(page) -> float:
    """How far the curve of the reconstruction error goes; its last point in mid-epoch gives way to the end's."""
    return figure(page, "Curves").evaluate("node => node.data.find((trace) => trace.name === 'error').x.at(-1)")


def zoom_into(page, name) -> list[float]:
    """Drag over the left third of a figure's first panel; the range that it then shows."""
    box = figure(page, name).locator(".nsewdrag").first.bounding_box()
    shown = lambda: figure(page, name).evaluate("node => node.layout.xaxis.range")  # noqa: E731
    before = shown()

    def zoomed() -> bool:  # plotly lets go of a drag in the midst of which the figure is drawn anew
        page.mouse.move(box["x"] + 3, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 22, steps=5)
        page.mouse.up()
        page.wait_for_timeout(200)
        return shown() != before

    wait_until(page, zoomed)
    return shown()


def test_watch_dec_cluster_mnist(server, page):
    page.goto(server.address + link_of(MNIST, n_samples=1000, pretrain_epochs=100))
    expect(button(page, "Start")).to_be_enabled()
    expect(button(page, "Stop")).to_be_disabled()
    button(page, "Start").click()

    # the autoencoder learns: the curve grows, on the node where it was drawn first
    wait_until(page, lambda: figure(page, "Curves").count() and n_points(page, "error") >= 2)
    button(page, "Pause").press("Enter")
    expect(page.get_by_text(re.compile(r"^Paused\."))).to_be_visible()
    expect(button(page, "Resume")).to_be_focused()  # where the keyboard was
    run = RunFolder(server.root / run_in_link(page))
    node = figure(page, "Curves").element_handle()
    drawn_to = last_epoch(page)
    zoomed = zoom_into(page, "Curves")
    paused_at = run.status.progress
    button(page, "Step").click()
    wait_until(page, lambda: run.status.state == "paused" and run.status.progress != paused_at)
    wait_until(page, lambda: last_epoch(page) > drawn_to)
    assert node.evaluate("node => node.isConnected")
    assert node.evaluate("node => node.layout.xaxis.range") == zoomed
    stepped_to = run.status.progress
    page.evaluate(COUNT_CLICKS)
    figure(page, "Embedding").focus()
    page.keyboard.press("ArrowRight")  # moves the view, not the training
    assert page.evaluate("clicks") == 0
    page.locator("body").press("End")  # which is answered after it
    expect(page.get_by_text(re.compile(r"^Paused\."))).to_be_visible()
    assert run.status.state == "paused" and run.status.progress == stepped_to

    # the keyboard resumes; reload midway: the run goes on, and the page finds it
    resume_by_key(page, run)
    expect(button(page, "Pause")).to_be_enabled()
    page.reload()
    expect(page.get_by_text(RESULT)).to_be_visible()

    # what is drawn is what the run has found
    wait_until(page, lambda: metric(page, "Accuracy") == round(100 * run.status.outcome["acc"], 1))
    wait_until(page, lambda: n_points(page, "Accuracy") == 11)
    # the matrix is drawn by the browser a moment after the number above it
    wait_until(page, lambda: abs(right_in_matrix(page) - metric(page, "Accuracy")) < 0.06)


def resume_by_key(page, run) -> None:
    """Press space, with the focus nowhere, until it has clicked Resume: a page may show an older state."""
    page.evaluate(COUNT_RESUMED)

    def pressed() -> bool:
        page.evaluate("document.activeElement.blur()")  # on a button, space would press that one
        page.keyboard.press(" ")
        return page.evaluate("resumed") > 0

    expect(button(page, "Resume")).to_be_visible()
    wait_until(page, pressed)
    wait_until(page, lambda: run.status.state != "paused")


@pytest.mark.night  # at three widths; frames and their words: test_live_umap, test_train_run
def test_umap_travels_while_the_clusters_form_and_pca_is_a_click_away(server, page):
    page.goto(server.address + link_of(MNIST, n_samples=1000, pretrain_epochs=2, max_iterations=100_000))
    start(page)
    wait_until(page, lambda: note(page).startswith("newest UMAP: step "))
    button(page, "Pause").click()
    expect(page.get_by_text(re.compile(r"^Paused\."))).to_be_visible()
    run = RunFolder(server.root / run_in_link(page))
    for width, height in (1440, 900), (390, 844), (720, 450):  # wide, a phone, 200 %
        page.set_viewport_size({"width": width, "height": height})
        newest = RunReader(run).refresh().updates[-1]["iteration"]
        wait_until(page, lambda step=newest: f"step {step:,}".replace(",", " ") + "," in note(page))
        seen, places = note(page), middles(page)
        button(page, "Step").click()
        wait_until(page, lambda before=seen: note(page).startswith("newest UMAP") and note(page) != before)
        wait_until(page, lambda before=places: middles(page) != before)
        box, shown = figure(page, "Embedding").bounding_box(), page.locator(".note").bounding_box()
        assert shown["x"] >= box["x"] and shown["x"] + shown["width"] <= box["x"] + box["width"] <= width
    page.get_by_role("radio", name="PCA").click()
    wait_until(page, lambda: note(page).startswith("PCA of 1 000 images, step "))
    expect(page.locator(".said")).to_have_text("The points now show PCA.")


def note(page) -> str:
    """Of what the points are, in words."""
    return page.locator(".note").text_content().replace("\u2009", " ")


def middles(page) -> list[str]:
    """Where the names of the groups lie, in the middle of their points."""
    return page.locator(".labels span").evaluate_all("spans => spans.map((span) => span.style.transform)")


@pytest.mark.night
def test_the_first_look_finds_the_digits(server, page):
    """What README promises whoever presses Start: some 98 of 100 digits, without labels."""
    page.goto(f"{server.address}/?run=new")
    start(page)
    expect(page.get_by_text(RESULT)).to_be_visible()
    wait_until(page, lambda: metric(page, "Accuracy") > 97)


def test_hover_shows_the_image_of_a_point(server, page, runs):
    page.goto(f"{server.address}/?run={runs.run.folder.id}")
    canvas = figure(page, "Embedding")
    expect(canvas).to_be_visible()
    tip = page.locator(".tip")
    box = canvas.bounding_box()

    def found() -> bool:
        for step in range(1, 24):
            page.mouse.move(box["x"] + box["width"] * step / 24, box["y"] + box["height"] * (step * 7 % 24) / 24)
            if tip.is_visible():
                return True
        return False

    def ink() -> int:
        return tip.locator("canvas").evaluate(
            "n => [...n.getContext('2d').getImageData(0, 0, 28, 28).data].filter((v, i) => !(i % 4) && v > 99).length"
        )

    wait_until(page, lambda: found() and ink() > 10)  # the images come after the points
    expect(tip).to_contain_text(re.compile(r"digit \d → cluster [A-J], of \d"))


def test_resume_a_run_whose_worker_was_killed_stop_it_and_open_an_earlier_one(server, page, runs):
    page.goto(f"{server.address}/?run=new&{LONG}&seed=1")
    start(page)
    expect(button(page, "Pause")).to_be_enabled()
    run = RunFolder(server.root / run_in_link(page))
    wait_until(page, lambda: run.status.progress.get("epoch", 0) > 3)
    os.kill(run.status.pid, signal.SIGKILL)
    expect(page.get_by_text(re.compile("was killed by signal 9"))).to_be_visible()
    button(page, "Resume").click()
    expect(button(page, "Pause")).to_be_enabled()
    wait_until(page, lambda: run.status.state == "running")
    button(page, "Stop").click()
    expect(page.get_by_text(re.compile(r"^Stopped\."))).to_be_visible()
    expect(button(page, "Resume")).to_be_enabled()

    page.get_by_role("combobox", name="Run in focus").click()
    page.get_by_role("option").filter(has_text="silhouette").click()
    expect(page.get_by_text(re.compile("600 images are in .* clusters"))).to_be_visible()
    assert run_in_link(page) == runs.unlabelled.folder.id
    wait_until(page, lambda: page.get_by_text("UMAP", exact=True).count() == 1)


@pytest.fixture
def unlabelled(tmp_path):
    """Images of scikit-learn's digits without their labels, and some that a network has not seen."""
    images = load("digits").images
    np.savez(tmp_path / "mine.npz", x=images[:600])
    np.save(tmp_path / "new.npy", images[600:640])
    return tmp_path


def test_bring_images_without_labels_train_and_take_the_labels_away(server, page, unlabelled):
    page.goto(server.address + link_of(MNIST, n_samples="", pretrain_epochs=4, max_iterations=60, seed=1))
    page.get_by_text("Your own images").click()
    page.locator("input[type=file]").set_input_files(unlabelled / "mine.npz")
    expect(page.get_by_text("600 images of 8×8 pixels.")).to_be_visible()
    expect(page.get_by_text("No labels: clusters cannot be scored.")).to_be_visible()
    button(page, "Use these images").click()
    expect(page.get_by_role("combobox", name="Dataset")).to_have_value("mine")
    start(page)
    expect(page.get_by_text(re.compile("600 images are in .* clusters"))).to_be_visible()
    wait_until(page, lambda: 0 < metric(page, "Silhouette") < 1)
    expect(figure(page, "Cluster sizes")).to_be_visible()
    expect(page.get_by_role("radio", name="wrong", exact=True)).to_have_count(0)

    button(page, "More").click()
    page.get_by_text("Labels", exact=True).click()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "index,cluster" and len(lines) == 601
    run = RunFolder(server.root / run_in_link(page))
    last = sorted((run.path / "snapshots").glob("*.npz"))[-1]
    labels = run.load_arrays(f"snapshots/{last.name}")["labels"]
    assert [line.split(",")[1] for line in lines[1:]] == ["ABCDEFGHIJ"[label] for label in labels]
    page.keyboard.press("Escape")

    button(page, "More").click()
    page.get_by_text("Assign new images", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(unlabelled / "new.npy")
    expect(figure(page, "Assigned images")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download as CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 41


def test_what_cannot_be_read_is_said_where_it_was_dropped(server, page, tmp_path):
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not an archive")
    page.goto(f"{server.address}/?run=new")
    page.get_by_text("Your own images").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "broken.npz")
    expect(page.get_by_text(re.compile("received what cannot be read"))).to_be_visible()
    expect(button(page, "Start")).to_be_enabled()


def test_see_the_model_before_it_is_trained(server, page):
    late = []  # the code of text fields is under way while the group is drawn twice: closed, and open with its sliders
    page.route("**/TextInput.*.js", lambda route: late.append(route))
    page.goto(f"{server.address}/?run=new&preset=tutorial-conv-joint")
    page.get_by_text("Architecture").click()
    expect(page.get_by_role("slider", name="Layer 1")).to_be_visible()
    late[0].continue_()
    expect(page.get_by_role("textbox", name="Filters")).to_have_value("32, 64, 128")
    button(page, "Show the model").click()
    expect(page.get_by_text("parameters in total")).to_be_visible()
    with page.expect_download() as download:
        button(page, "Diagram as SVG").click()
    assert "Conv2DTranspose" in download.value.path().read_text()


def test_nothing_is_cut_off_on_a_phone(server, browser, runs):
    complaints = []
    phone = opened(browser, complaints, 390, 844)
    phone.goto(f"{server.address}/?run={runs.run.folder.id}")
    expect(figure(phone, "Confusion matrix")).to_be_visible()
    for part in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):  # the latter scrolls
        assert phone.evaluate(f"{part}.scrollWidth") <= 390
    tops = [figure(phone, name).bounding_box()["y"] for name in ("Embedding", "Confusion matrix", "Curves")]
    assert tops == sorted(tops)
    for name in ("Embedding", "Confusion matrix", "Curves", "Reconstructions"):  # the keyboard reaches what they say
        figure(phone, name).focus()
        expect(figure(phone, name)).to_be_focused()
        assert figure(phone, name).get_attribute("aria-description").endswith(".")
    for name in ("Start", "Replay", "Step", "Stop"):
        box = button(phone, name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    picker = phone.get_by_role("combobox", name="Run in focus")
    expect(picker).to_be_visible()
    phone.get_by_test_id("stExpandSidebarButton").click()
    expect(phone.get_by_text("Your own images")).to_be_visible()
    expect(picker).not_to_be_visible()
    phone.get_by_test_id("stSidebar").get_by_role("link", name="Glossary").click()  # which closes the drawer
    expect(phone.get_by_text("z, the embedding")).to_be_visible()
    expect(picker).to_be_visible()
    phone.context.close()
    assert complaints == []
