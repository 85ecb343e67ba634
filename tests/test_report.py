"""Runs to take away: what the report says, that it asks for nothing, that notebooks and event files are true."""

import io
import json
import re
import shutil
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from dec_core.analysis.spread import Spread, spread_of
from dec_core.cli import main
from dec_core.config import RunConfig
from dec_core.data import Dataset, own
from dec_core.figures.comparison import Contestant
from dec_core.figures.notebook import notebook
from dec_core.figures.overlay import line_of
from dec_core.figures.palette import colour
from dec_core.figures.plane import HEIGHT, WIDTH, plane_svg
from dec_core.figures.report import compared, report
from dec_core.figures.shown import duration_shown, heading
from dec_core.machine import trained_with
from dec_core.presets import PRESETS, nearest
from dec_core.reading.config_in import configs_in
from dec_core.reading.summary import is_suspect, summary
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader

pytestmark = pytest.mark.slow

NASTY = "<b>x</b><img src=x onerror=alert(1)>&\"'</script>"
ROOT = Path(__file__).parents[1]
VOID = {"meta", "img", "image", "br"}


class Page(HTMLParser):
    """What a page is made of: texts, attributes, headings; and that what is opened is closed."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.headings, self.attributes, self.words, self.tags = [], [], [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            self.headings.append((int(self.open[-1][1]), data))
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def told(finished_run):
    return summary(finished_run)


@pytest.fixture(scope="module")
def nasty_run(tmp_path_factory):
    """A finished run on data of one's own, of whose names no browser should make anything but text."""
    root = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    y = np.arange(120, dtype=np.uint8) % 2
    images = (rng.integers(0, 60, (120, 8, 8)) + 190 * y[:, None, None]).astype(np.uint8)
    name = own.keep(Dataset("mine", images, y, (NASTY, "plain")), root)
    return recorded(root, RunConfig.make(dataset=name, method="kmeans", n_clusters=2, kmeans_n_init=2))


def recorded(root, config) -> RunFolder:
    from dec_core.work.recorder import record

    folder = RunFolder.create(root, config, "running")
    for _ in record(folder):
        pass
    return folder


# -- what is told


def test_a_run_records_with_what_it_is_trained_together_with_its_first_record(finished_run):
    first, second = (finished_run.path / "events.jsonl").read_text().splitlines()[:2]
    assert json.loads(first) == {"event": "Started", **trained_with()}
    assert json.loads(second)["event"] == "PretrainProgress"
    history = RunReader(finished_run).refresh()
    assert history.started["versions"].keys() >= {"dec_core", "python", "tensorflow", "keras", "numpy"}
    assert history.started["processor"] and history.started["cores"] > 0


def test_a_summary_tells_the_end_of_a_run(told, finished_run, digits):
    newest = finished_run.load_arrays(RunReader(finished_run).refresh().snapshots[-1]["file"])
    assert told.scores == finished_run.status.outcome and told.n_steps == 60 and told.state == "finished"
    assert told.confusion.counts[told.confusion.right].sum() / len(digits.y) == pytest.approx(told.scores["acc"])
    assert np.array_equal(told.labels, newest["labels"]) and told.sizes.sum() == len(digits.y)
    assert np.array_equal(told.centers, newest["decoded_centers"])
    assert told.plane.shape == (len(digits.y), 2) and told.space == "PCA"
    assert told.sentences[0].endswith("both ways).") and len(told.sentences) >= 2


def test_a_run_that_collapses_says_so_and_what_to_try(tmp_path, small):
    run = recorded(tmp_path, small.changed(cluster_optimizer="adam", cluster_learning_rate=0.5, max_iterations=40))
    said, history = summary(run).sentences, RunReader(run).refresh()
    assert any(sentence.startswith("Clustering has collapsed") for sentence in said) and is_suspect(history)
    assert not any("merged or split" in sentence for sentence in said)  # one finding, not two that contradict


def test_a_run_is_called_by_its_name_or_by_what_it_is_near_to(told):
    called = {"digits, dec dense, seed 0": told, "mine, seed 0": replace(told, name="mine")}
    called |= {"fast, seed 0": replace(told, preset="fast", changed=[])}
    called |= {
        "fast, clustering: learning rate 0.02, seed 0": replace(told, preset="fast", changed=["cluster_learning_rate"])
    }
    elsewhere = replace(told, preset="fast", changed=["dataset", "n_samples", "latent_dim"])
    called["fast on digits, latent dimension 5, seed 0"] = replace(elsewhere, config=told.config.changed(latent_dim=5))
    assert {words: heading(run) for words, run in called.items()} == {words: words for words in called}


def test_the_nearest_preset_is_the_preset_itself_and_one_of_the_same_kind():
    assert all(nearest(config.changed(random_state=5)) == name for name, config in PRESETS.items())
    changes = {"dataset": "digits", "n_samples": None, "n_neighbors": 7, "deskew": False}
    assert nearest(PRESETS["umap-gmm"].changed(**changes)) == "umap-gmm"


def test_only_fields_that_act_count_as_changed(told):
    assert {"dataset", "hidden_units", "max_iterations"} < set(told.changed)
    assert not {"gamma", "filters", "random_state", "first_target_steps"} & set(told.changed)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.7, "1 min 0 s"), (143, "2 min 23 s"), (3900, "1 h 5 min")]
)
def test_durations(seconds, words):
    assert duration_shown(seconds) == words


# -- the report


def test_a_report_tells_a_run_and_holds_its_config(told):
    text = report([told], file_name="mine.html")
    page = Page(text)
    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1 and all(b - a <= 1 for a, b in zip([0, *levels], levels, strict=False))
    for sentence in told.sentences:
        assert " ".join(sentence.split()) in page.text
    assert f"{100 * told.scores['acc']:.2f} %" in page.text and "train --config mine.html" in page.text
    assert f"tensorflow {told.history.started['versions']['tensorflow']}" in page.text
    assert text.count('class="plot"') == 2 and page.tags.count("mark") == len(told.changed) > 0
    assert page.tags.count("img") == told.config.n_clusters
    assert all(value for tag, name, value in page.attributes if name in ("alt", "aria-label"))
    assert configs_in("mine.html", text.encode()) == [told.config] and len(text) < 8e6


def test_a_report_names_no_address_but_those_it_holds(told):
    page = Page(report([told]))
    found = [value for _, name, value in page.attributes if name in ("src", "href", "action", "data", "poster")]
    assert found and all(value.startswith(("data:image/png;base64,", "#")) for value in found)
    assert "link" not in page.tags and "iframe" not in page.tags


def test_the_plane_has_its_letters_where_its_clusters_lie():
    rng, labels = np.random.default_rng(0), np.arange(12_000) % 3
    plane = np.array([[-3, 0], [3, 2], [3, -2]])[labels] + 0.1 * rng.normal(size=(12_000, 2))
    svg = plane_svg(plane, labels, np.array([2, 0, 1]), 'three "groups"')
    at = {name: (int(x), int(y)) for x, y, name in re.findall('<text x="([0-9]+)" y="([0-9]+)">([A-C])</text>', svg)}
    assert at["C"][0] < WIDTH / 2 < at["A"][0] and at["A"][1] < HEIGHT / 2 < at["B"][1]  # y upwards
    picture = Image.open(io.BytesIO(b64decode(re.search('base64,([^"]+)', svg)[1]))).convert("RGBA")
    for place, name in enumerate("ABC"):
        shown = np.array(picture.getpixel(at[name])[:3])
        assert np.abs(shown - [int(colour(place)[i : i + 2], 16) for i in (1, 3, 5)]).max() < 8
    assert picture.getpixel((3, 3))[3] == 0 and 'aria-label="three &quot;groups&quot;"' in svg
    assert "<text" not in plane_svg(plane, None, np.arange(3), "grey")


def test_names_that_people_chose_stay_text(nasty_run):
    run = summary(nasty_run)
    assert NASTY in run.sentences[0] or NASTY in run.classes
    page = Page(report([replace(run, id=NASTY, sentences=[NASTY])]))
    assert page.text.count(NASTY) >= 3  # beside its center, as a sentence and as the run's name
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert ("img", "src", "x") not in page.attributes


def test_without_labels_sizes_stand_for_the_matrix(told):
    bare = replace(told, confusion=None, classes=(), scores={"silhouette": 0.25, "confidence": 0.875})
    text = Page(report([bare])).text
    assert "How large are the clusters?" in text and "mixed up" not in text
    assert "Silhouette 0.250" in text and "Confidence 0.875" in text and "NMI 0." not in text


def held(told, *changes):
    """Contestants and lines of this run and of others that differ from it."""
    runs = [told, *(replace(told, **change) for change in changes)]
    contestants = [
        Contestant(heading(run), colour(place), run.config, {s: spread_of([v]) for s, v in run.scores.items()})
        for place, run in enumerate(runs)
    ]
    lines = [line_of(one.name, one.colour, [told.history], 100, told.config) for one in contestants]
    return runs, contestants, lines


def test_a_comparison_shows_its_table_and_every_run(told):
    runs, contestants, lines = held(told, {"config": told.config.changed(latent_dim=3), "id": "b", "name": NASTY})
    text = report(runs, compared(contestants, lines, ["latent_dim"]))
    page = Page(text)
    assert "2 configurations compared" in page.text and "Latent dimension" in page.text and "may be chance" in page.text
    assert page.text.count(NASTY) >= 3  # as text: in findings, table, chapter
    assert [c.latent_dim for c in configs_in("x", text.encode())] == [told.config.latent_dim, 3]
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) and {"run-1", "run-2"} <= set(ids)
    assert text.count("Plotly.react") <= report([told]).count("Plotly.react")  # plotly.js stands there once


def test_a_comparison_is_of_accuracy_or_without_labels_of_silhouette(told):
    _, contestants, lines = held(told, {"name": "other", "scores": {"acc": 0.5}})
    assert "Accuracy" in compared(contestants, lines, []).curves_in_words
    bare = [replace(one, spreads={"silhouette": Spread((0.1, 0.2, 0.3))}) for one in contestants]
    found = compared(bare, lines, [])
    assert "no difference" in found.sentences[0] and "Silhouette" in found.curves.layout.annotations[1].text
    assert compared(contestants, [], []).curves is None


@pytest.mark.browser
def test_in_a_browser_a_report_draws_asks_for_nothing_and_fits(nasty_run, told, tmp_path, browser):
    runs, contestants, lines = held(replace(told, name=NASTY), {"id": "other"})
    comparison = compared(contestants, lines, ["method"])
    (tmp_path / "r.html").write_text(report([runs[0], summary(nasty_run)], comparison), encoding="utf-8")
    heard = []
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    page.on("request", lambda request: heard.append(request.url))
    page.goto((tmp_path / "r.html").as_uri())
    page.locator("#run-2 .main-svg").first.wait_for()
    assert page.locator(".plot:has(.main-svg)").count() == page.locator(".plot").count() == 4
    assert NASTY in page.locator("#run-2 .plot").text_content()
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert [words for words in heard if not words.startswith(("file:", "data:", "blob:"))] == []


# -- the command


def test_export_writes_a_report_and_a_comparison(finished_run, nasty_run, tmp_path, capsys):
    runs = [str(finished_run.path), str(nasty_run.path)]
    assert main(["export", runs[0], "--to", "html", "--out", str(tmp_path / "new" / "a.html")]) == 0
    assert main(["export", *runs, "--to", "html", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "new" / "a.html"), str(tmp_path / "comparison.html")]
    assert configs_in("a", (tmp_path / "new" / "a.html").read_bytes()) == [finished_run.config]
    assert configs_in("b", (tmp_path / "comparison.html").read_bytes()) == [finished_run.config, nasty_run.config]
    text = Page((tmp_path / "comparison.html").read_text("utf-8")).text
    assert "2 configurations compared" in text and "Method" in text and "they cannot be compared" in text


def test_seeds_of_one_set_up_are_told_together(finished_run, tmp_path):
    runs = []
    for seed, changes in enumerate([{}, {}, {"tol": 0.01}]):
        folder = RunFolder(tmp_path / f"run{seed}")
        shutil.copytree(finished_run.path, folder.path)
        config = finished_run.config.changed(random_state=seed, **changes)
        folder.write(folder.path / "config.json", lambda file, config=config: file.write(config.to_json().encode()))
        folder.set_status(replace(folder.status, outcome={"acc": (0.5, 0.6, 0.7)[seed]}))
        runs.append(str(folder.path))
    assert main(["export", *runs, "--to", "html", "--out", str(tmp_path)]) == 0
    page = Page((tmp_path / "comparison.html").read_text("utf-8"))
    assert "2 configurations compared" in page.text and "55.00 % 2 seeds: 50.00 – 60.00 %" in page.text
    assert "one seed against several" in page.text and page.headings.count((2, "Which is better?")) == 1
    links = [value for tag, name, value in page.attributes if tag == "a" and name == "href"]
    assert links == ["#run-1", "#run-3"]


@pytest.mark.parametrize("to", ["html", "notebook", "tensorboard"])
def test_a_run_without_clusters_is_written_as_far_as_it_has_come(to, tmp_path, small, capsys):
    folder = RunFolder.create(tmp_path, small, "stopped")
    assert main(["export", str(folder.path), "--to", to]) == 0
    captured = capsys.readouterr()
    assert "has no clusters yet" in captured.err and str(folder.path) in captured.out
    if to == "html":
        assert "There are no clusters yet." in Page((folder.path / "report.html").read_text("utf-8")).text


def test_what_cannot_be_exported_is_said_in_one_line(finished_run, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for to in ("html", "notebook", "tensorboard"):
        for arguments, said in (
            ([str(tmp_path), "--to", to], "expected the folder of a run"),
            ([str(finished_run.path), "--to", to, "--out", str(tmp_path / "file" / "x")], "cannot be written"),
        ):
            assert main(["export", *arguments]) == 2
            error = capsys.readouterr().err
            assert said in error and error.startswith("error: ") and error.count("\n") == 1
    assert not list(tmp_path.rglob("*.tmp"))


# -- the notebook


@pytest.mark.night  # what the notebook's cells say: the tests around this one
def test_a_notebook_makes_the_run_again(told, finished_run, tmp_path):
    written = nbformat.reads(notebook(told), as_version=4)
    nbformat.validate(written)
    written.cells.append(nbformat.v4.new_code_cell(f"np.save({str(tmp_path / 'labels.npy')!r}, labels)"))
    NotebookClient(written, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    assert np.array_equal(np.load(tmp_path / "labels.npy"), told.labels)
    said = {
        cell.id: "".join(output.get("text", "") for output in cell.outputs)
        for cell in written.cells
        if "outputs" in cell
    }
    assert f"ACC  now {told.scores['acc']:.4f}" in said["scores"] and said["scores"].count("difference +0.0000") == 3
    pictures = [
        cell.id for cell in written.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert pictures == ["curves", "confusion", "embedding", "centers"]


def test_a_notebook_of_ones_own_data_says_where_the_file_goes(nasty_run):
    cells = {cell.id: cell.source for cell in nbformat.reads(notebook(summary(nasty_run)), as_version=4).cells}
    assert "FILE = " in cells["data"] and nasty_run.config.dataset in cells["config"]
    assert "<img" not in cells["title"] and {"curves", "embedding", "centers"}.isdisjoint(cells)
    for name in ("data", "training", "scores", "sizes", "confusion"):
        compile(cells[name], name, "exec")


# -- TensorBoard


def test_event_files_hold_the_records_of_a_run(finished_run, tmp_path):
    import tensorflow as tf

    assert main(["export", str(finished_run.path), "--to", "tensorboard", "--out", str(tmp_path)]) == 0
    (path,) = (tmp_path / finished_run.id).iterdir()
    events = [tf.compat.v1.Event.FromString(raw.numpy()) for raw in tf.data.TFRecordDataset(str(path))]
    assert path.name.startswith("events.out.tfevents.") and events[0].file_version == "brain.Event:2"
    found = {}
    for event in events:
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, event.wall_time, value))
    history, began = RunReader(finished_run).refresh(), finished_run.status.created

    def scalars(tag):
        return [(step, pytest.approx(value.simple_value)) for step, _, value in found.get(tag, [])]

    assert scalars("pretraining/reconstruction_loss") == [(r["epoch"], r["loss"]) for r in history.pretrain]
    assert scalars("clustering/kl_divergence_of_batches") == [(r["iteration"], r["loss"]) for r in history.kl]
    for name in ("acc", "nmi", "ari", "delta_label", "kl_divergence"):
        assert scalars(f"clustering/{name}") == [(r["iteration"], r[name]) for r in history.updates if name in r]
    passed = [time - began for _, time, _ in found["clustering/acc"]]
    assert passed == pytest.approx([r["seconds"] for r in history.updates], abs=0.01)
    assert json.loads(found["config"][0][2].tensor.string_val[0].decode().strip("`json\n")) == json.loads(
        finished_run.config.to_json()
    )
    assert found["clustering/confusion"][0][2].image.encoded_image_string.startswith(b"\x89PNG")


# -- back in


def test_train_takes_a_config_from_any_file(told, tmp_path, capsys):
    (tmp_path / "a.ipynb").write_text(notebook(told), encoding="utf-8")
    arguments = [
        "train",
        "--config",
        str(tmp_path / "a.ipynb"),
        "--set",
        "pretrain_epochs=1",
        "--set",
        "max_iterations=20",
    ]
    assert main([*arguments, "--out", str(tmp_path), "--json"]) == 0
    folder = RunFolder(json.loads(capsys.readouterr().out.splitlines()[-1])["run_dir"])
    assert folder.config == told.config.changed(pretrain_epochs=1, max_iterations=20)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "received nothing, expected either one of first-look"),
        (["fast", "--config", "x.json"], "received fast and --config x.json"),
        (["--config", "nowhere.json"], "nowhere.json"),
        (["--config", __file__], "test_report.py holds no config"),
    ],
)
def test_a_preset_or_a_config_is_needed(arguments, said, capsys):
    assert main(["train", *arguments]) == 2
    assert said in capsys.readouterr().err
