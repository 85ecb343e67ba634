"""The real app in a real browser on real MNIST."""

import os
import re
import signal
import time

import numpy as np
import pytest
from playwright.sync_api import expect

from benchmarks.serving import browser, served
from dec_core.data import load
from dec_core.runs.folder import RunFolder, list_runs

PATIENCE = 240_000  # milliseconds; a busy machine is slow, and speed is not what is tested here
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """(address, folder of runs) of the app over an empty folder."""
    runs = tmp_path_factory.mktemp("runs")
    with served(runs) as (address, _):
        yield address, runs
    assert "Traceback" not in (runs / "server.log").read_text()


@pytest.fixture(scope="module", name="browser")
def a_browser():
    with browser() as launched:
        yield launched


@pytest.fixture
def page(server, browser):
    """A page of 1440 x 900 that must not complain, and after which nothing trains on."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(PATIENCE)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(request.url) if "localhost" not in request.url else None)
    yield page
    page.close()
    for run in list_runs(server[1]):
        if run.status.state in ("running", "paused"):
            os.kill(run.status.pid, signal.SIGTERM)
    assert complaints == []


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


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


def figure(page, name):
    return page.get_by_role("img", name=name, exact=True)


def n_points(page, trace: str) -> int:
    return figure(page, "Curves").evaluate(
        "(node, name) => node.data?.find((trace) => trace.name === name)?.y?.length ?? 0", trace
    )


def zoom_into(page, name) -> list[float]:
    """Drag over the left third of a figure's first panel; the range that it then shows."""
    box = figure(page, name).locator(".nsewdrag").first.bounding_box()
    before = figure(page, name).evaluate("node => node.layout.xaxis.range")
    page.mouse.move(box["x"] + 3, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 22, steps=5)
    page.mouse.up()
    wait_until(page, lambda: figure(page, name).evaluate("node => node.layout.xaxis.range") != before)
    return figure(page, name).evaluate("node => node.layout.xaxis.range")


def wait_until(page, condition, milliseconds=PATIENCE):
    until = time.monotonic() + milliseconds / 1000
    while time.monotonic() < until:
        if condition():
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"not within {milliseconds} ms: {condition}")


def finished_on_mnist(runs) -> RunFolder:
    """The run that the first journey has trained."""
    return next(run for run in list_runs(runs) if run.status.state == "finished" and run.config.dataset == "mnist")


def test_watch_dec_cluster_mnist(server, page):
    address, _ = server
    page.goto(address)
    expect(button(page, "Start")).to_be_enabled()
    expect(button(page, "Stop")).to_be_disabled()
    button(page, "Start").click()

    # the autoencoder learns: the curve grows, on the node where it was drawn first
    wait_until(page, lambda: figure(page, "Curves").count() and n_points(page, "error") >= 2)
    assert re.search(r"run=", page.url)
    node = figure(page, "Curves").element_handle()
    first = n_points(page, "error")
    zoomed = zoom_into(page, "Curves")
    wait_until(page, lambda: n_points(page, "error") > first + 1)
    assert node.evaluate("node => node.isConnected")
    assert node.evaluate("node => node.layout.xaxis.range") == zoomed

    # reload midway: the run goes on and the page finds it
    page.reload()
    expect(page.get_by_text(re.compile(r"Autoencoder: epoch|Clustering: update"))).to_be_visible()
    expect(button(page, "Pause")).to_be_enabled()

    # it ends well above k-means on the same pixels
    expect(page.get_by_text(re.compile("digits lie in the cluster of their kind"))).to_be_visible(timeout=PATIENCE)
    baseline = figure(page, "Curves").evaluate(
        "node => node.layout.annotations.map((note) => note.text).find((text) => text.includes('k-means'))"
    )
    floor = float(re.search(r"pixels ([\d.]+)", baseline)[1]) + 10
    wait_until(page, lambda: metric(page, "Accuracy") > max(floor, 85))
    wait_until(page, lambda: n_points(page, "Accuracy") > 10)
    expect(figure(page, "Confusion matrix")).to_be_visible()
    # the matrix is drawn by the browser a moment after the number above it
    wait_until(page, lambda: abs(right_in_matrix(page) - metric(page, "Accuracy")) < 0.06)


def test_stop_a_second_run_and_open_the_first_again(server, page):
    address, runs = server
    page.goto(f"{address}/?run=new&seed=1")
    button(page, "Start").click()
    expect(button(page, "Pause")).to_be_enabled()
    button(page, "Pause").click()
    expect(page.get_by_text(re.compile(r"^Paused\."))).to_be_visible()
    run = RunFolder(runs / re.search(r"run=([^&]+)", page.url)[1])
    paused_at = run.status.progress
    button(page, "Step").click()
    wait_until(page, lambda: run.status.state == "paused" and run.status.progress != paused_at)
    expect(button(page, "Resume")).to_be_enabled()
    stepped_to = run.status.progress
    figure(page, "Embedding").focus()
    page.keyboard.press("ArrowRight")  # moves the view, not the training
    page.wait_for_timeout(1500)
    assert run.status.state == "paused" and run.status.progress == stepped_to
    page.locator("body").press(" ")  # the keyboard resumes
    expect(button(page, "Pause")).to_be_enabled()
    button(page, "Stop").click()
    expect(page.get_by_text(re.compile(r"^Stopped\."))).to_be_visible()
    expect(button(page, "Resume")).to_be_enabled()

    page.get_by_role("combobox", name="Run in focus").click()
    page.get_by_role("option").filter(has_text="first-look, seed 0").click()
    expect(page.get_by_text(re.compile("digits lie in the cluster of their kind"))).to_be_visible()
    assert RunFolder(runs / re.search(r"run=([^&]+)", page.url)[1]).config.random_state == 0
    wait_until(page, lambda: page.get_by_text("UMAP", exact=True).count() == 1)


def test_hover_shows_the_image_of_a_point(server, page):
    address, runs = server
    finished = finished_on_mnist(runs)
    page.goto(f"{address}/?run={finished.id}")
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

    wait_until(page, found, 20_000)
    expect(tip).to_contain_text(re.compile(r"digit \d → cluster [A-J], of \d"))
    ink = tip.locator("canvas").evaluate(
        "node => [...node.getContext('2d').getImageData(0, 0, 28, 28).data].filter((v, i) => !(i % 4) && v > 99).length"
    )
    assert ink > 10


def test_a_killed_worker_is_told_and_resume_goes_on(server, page):
    address, runs = server
    page.goto(f"{address}/?run=new&dataset=digits&n_samples=&pretrain_epochs=1500")
    button(page, "Start").click()
    expect(button(page, "Pause")).to_be_enabled()
    run = RunFolder(runs / re.search(r"run=([^&]+)", page.url)[1])
    wait_until(page, lambda: run.status.progress.get("epoch", 0) > 3)
    os.kill(run.status.pid, signal.SIGKILL)
    expect(page.get_by_text(re.compile("was killed by signal 9"))).to_be_visible()
    button(page, "Resume").click()
    expect(button(page, "Pause")).to_be_enabled()
    wait_until(page, lambda: run.status.state == "running")
    button(page, "Stop").click()
    expect(page.get_by_text(re.compile(r"^Stopped\."))).to_be_visible()


@pytest.fixture
def unlabelled(tmp_path):
    """Images of scikit-learn's digits without their labels, and some that a network has not seen."""
    images = load("digits").images
    np.savez(tmp_path / "mine.npz", x=images[:600])
    np.save(tmp_path / "new.npy", images[600:640])
    return tmp_path


def test_bring_images_without_labels_train_and_take_the_labels_away(server, page, unlabelled):
    address, runs = server
    page.goto(f"{address}/?run=new&pretrain_epochs=10&max_iterations=200&batch_size=64")
    page.get_by_text("Your own images").click()
    page.locator("input[type=file]").set_input_files(unlabelled / "mine.npz")
    expect(page.get_by_text("600 images of 8×8 pixels.")).to_be_visible()
    expect(page.get_by_text("No labels: clusters cannot be scored.")).to_be_visible()
    button(page, "Use these images").click()
    expect(page.get_by_role("radio", name="mine", exact=True)).to_be_checked()
    button(page, "Start").click()
    expect(page.get_by_text(re.compile("600 images lie in .* clusters"))).to_be_visible()
    wait_until(page, lambda: 0 < metric(page, "Silhouette") < 1)
    expect(figure(page, "Cluster sizes")).to_be_visible()
    expect(page.get_by_role("radio", name="wrong", exact=True)).to_have_count(0)

    button(page, "More").click()
    page.get_by_text("Labels", exact=True).click()
    with page.expect_download() as download:
        button(page, "All as CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "index,cluster" and len(lines) == 601
    run = RunFolder(runs / re.search(r"run=([^&]+)", page.url)[1])
    last = sorted((run.path / "snapshots").glob("*.npz"))[-1]
    labels = run.load_arrays(f"snapshots/{last.name}")["labels"]
    assert [line.split(",")[1] for line in lines[1:]] == ["ABCDEFGHIJ"[label] for label in labels]
    page.keyboard.press("Escape")

    button(page, "More").click()
    page.get_by_text("Sort new images", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("input[type=file]").set_input_files(unlabelled / "new.npy")
    expect(figure(page, "Sorted images")).to_be_visible()
    with page.expect_download() as download:
        button(page, "All as CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 41


def test_what_cannot_be_read_is_said_where_it_was_dropped(server, page, tmp_path):
    address, _ = server
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 not an archive")
    page.goto(f"{address}/?run=new")
    page.get_by_text("Your own images").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "broken.npz")
    expect(page.get_by_text(re.compile("received what cannot be read"))).to_be_visible()
    expect(button(page, "Start")).to_be_enabled()


def test_see_the_model_before_it_is_trained(server, page):
    address, _ = server
    page.goto(f"{address}/?run=new&preset=tutorial-conv-joint")
    page.get_by_text("Architecture").click()
    button(page, "See the model").click()
    expect(page.get_by_text("parameters in all")).to_be_visible()
    with page.expect_download() as download:
        button(page, "Diagram as SVG").click()
    assert "Conv2DTranspose" in download.value.path().read_text()


def test_nothing_is_cut_off_on_a_phone(server, browser):
    address, runs = server
    finished = finished_on_mnist(runs)
    phone = browser.new_page(viewport={"width": 390, "height": 844})
    phone.set_default_timeout(PATIENCE)
    phone.goto(f"{address}/?run={finished.id}")
    expect(figure(phone, "Confusion matrix")).to_be_visible(timeout=PATIENCE)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    tops = [figure(phone, name).bounding_box()["y"] for name in ("Embedding", "Confusion matrix", "Curves")]
    assert tops == sorted(tops)
    for name in ("Start", "Pause", "Step", "Stop"):
        box = button(phone, name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    picker = phone.get_by_role("combobox", name="Run in focus")
    expect(picker).to_be_visible()
    phone.get_by_test_id("stExpandSidebarButton").click()
    expect(phone.get_by_text("Your own images")).to_be_visible()
    expect(picker).not_to_be_visible()
    phone.close()
