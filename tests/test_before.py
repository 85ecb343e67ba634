"""What version 0.5.0 wrote still opens and still means the same: runs, sweeps, exports, models, and its links.

`data/before/files.zip` was made by that version's own code, as small as it goes: a folder of runs (a finished one, one
that was stopped, one of images without labels, two trials of a sweep), a report, a notebook and a model. `links.json`
holds links as its pages wrote them, with what they showed; `facts.json` what it had computed.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from screens import NoWorkers, app_over, opened_at

from dec_core.cli import main
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.presets import PRESETS
from dec_core.reading.config_in import configs_in
from dec_core.reading.planes import common_extent
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection
from dec_core.reading.summary import summary
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader
from dec_core.runs.index import RunIndex
from dec_core.runs.own_presets import own_presets

pytestmark = pytest.mark.slow

DATA = Path(__file__).parent / "data" / "before"
LINKS = json.loads((DATA / "links.json").read_text())
FACTS = json.loads((DATA / "facts.json").read_text())
FINISHED, STOPPED, UNLABELLED = "20260101-090000-0a0a", "20260102-090000-0b0b", "20260104-090000-0d0d"


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """All files of the version before, to read only."""
    root = tmp_path_factory.mktemp("before")
    with zipfile.ZipFile(DATA / "files.zip") as file:
        file.extractall(root)
    return root


@pytest.fixture(scope="module")
def runs(before) -> Path:
    return before / "runs"


@pytest.fixture(scope="module")
def app(runs):
    with app_over(runs):
        yield


def test_its_runs_are_listed_with_what_was_written_on_them(runs):
    entries = {entry.id: entry for entry in RunIndex(runs).entries()}
    assert set(entries) == {FINISHED, STOPPED, UNLABELLED, *FACTS["runs"]}
    assert all(entry.config is not None for entry in entries.values())
    assert {name: entry.status.state for name, entry in entries.items() if entry.status.state != "finished"} == {
        STOPPED: "stopped"
    }
    first = entries[FINISHED]
    assert first.marks.name == "the first" and first.marks.star and first.marks.note.startswith("kept from")
    assert first.status.outcome["acc"] == FACTS["acc"] and first.seconds > 1
    assert [(entries[name].sweep, entries[name].trial) for name in FACTS["runs"]] == [("widths", 0), ("widths", 1)]


def test_its_records_fold_into_the_same_history(runs):
    history = RunReader(RunFolder(runs / FINISHED)).refresh()
    assert [r["epoch"] for r in history.pretrain] == [1, 2]
    assert [r["iteration"] for r in history.updates] == [0, 10, 20]
    assert len(history.snapshots) == 5 and history.end["acc"] == FACTS["acc"]
    assert history.umap == "umap.npz" and history.inspection == "inspection.npz"
    assert (
        history.centers and history.baseline and history.judged and history.started["versions"]["dec_core"] == "0.5.0"
    )


def test_its_finished_run_can_be_inspected_at_every_moment(runs):
    run = Run.open(runs / FINISHED)
    assert np.bincount(run.at(-1).labels, minlength=10).tolist() == FACTS["sizes"]
    assert [run.at(number).clustered for number in range(len(run.snapshots))] == [False, False, True, True, True]
    last = run.at(-1)
    assert last.spaces() == ["umap", "pca"] and common_extent(last, "pca") is not None
    assert np.isfinite(last.plane("umap")).all() and last.q.shape == (200, 10)
    assert run.added["neighbours"].shape == (200, 15)
    assert run.decode(last.z(np.arange(3))).shape == (3, 8, 8)


def test_its_run_without_labels_can_be_inspected(runs):
    run = Run.open(runs / UNLABELLED)
    assert run.y is None and run.at(-1).confusion is None and run.at(-1).labels.shape == (120,)


def test_reports_and_notebooks_are_made_of_its_runs(runs, tmp_path, capsys):
    facts = summary(runs / FINISHED)
    assert facts.scores["acc"] == FACTS["acc"] and facts.name == "the first" and facts.space == "UMAP"
    both = [str(runs / FINISHED), str(runs / UNLABELLED)]
    assert main(["export", *both, "--to", "html", "--out", str(tmp_path / "r.html")]) == 0
    assert main(["export", both[0], "--to", "notebook", "--out", str(tmp_path / "n.ipynb")]) == 0
    assert len(configs_in("r.html", (tmp_path / "r.html").read_bytes())) == 2


def test_its_stopped_run_goes_on_to_its_end(runs, tmp_path):
    from dec_core.work.recorder import record

    shutil.copytree(runs / STOPPED, tmp_path / STOPPED)
    folder = RunFolder(tmp_path / STOPPED)
    seen = [item["event"] for item in record(folder)]
    assert "Resumed" in seen and "PretrainProgress" not in seen
    assert folder.status.state == "finished"
    assert [r["iteration"] for r in RunReader(folder).refresh().updates] == [0, 10, 20]


def test_its_finished_run_places_new_images(runs, tmp_path, capsys):
    images = load("digits", 200).images
    np.save(tmp_path / "new.npy", images[:30])
    assert main(["predict", str(runs / FINISHED), str(tmp_path / "new.npy"), "--csv", str(tmp_path / "new.csv")]) == 0
    assert (tmp_path / "new.csv").read_text().count("\n") == 31


def test_its_model_file_predicts_the_same(before):
    from dec_core import DEC

    model = DEC.load(before / "run.dec")
    assert model.predict(load("digits", 200).images).tolist() == FACTS["labels of run.dec"]


@pytest.mark.parametrize("name", ["report.html", "run.ipynb", f"runs/{FINISHED}/config.json"])
def test_its_files_give_their_config(before, name):
    (config,) = configs_in(name, (before / name).read_bytes())
    assert config == RunFolder(before / "runs" / FINISHED).config


def test_its_presets_are_offered(runs):
    assert own_presets(runs)["small-digits"].gamma == 0.3


def test_its_sweep_is_read_and_can_be_carried_on(runs, tmp_path):
    from dec_core.sweeps import outcome, studies

    shutil.copy(runs / "sweeps.db", tmp_path / "sweeps.db")
    study = studies.open_study(f"sqlite:///{tmp_path / 'sweeps.db'}", "widths")
    rows = studies.table(study)
    assert [row["runs"] for row in rows] == [[name] for name in FACTS["runs"]]
    assert outcome.best(rows)["number"] == FACTS["best"] and studies.plan_of(study).objective == "agreement"


# -- links

SINCE = {  # a link that names a preset means the preset as it is now
    "first-look": ("method", "gamma", "precision", "batch_size", "max_iterations", "first_target_steps"),
    "fast": ("method", "gamma", "precision"),
    "best": ("method", "gamma", "precision"),
    "best-no-prior": ("method", "gamma", "precision"),
}


def without_warnings(page: str, query: dict[str, str]):
    at = opened_at(page, **query)
    warnings = [item for item in at.warning if "hardly learned" not in item.value]  # which its small run has indeed
    assert not at.exception and not at.error and not warnings, [item.value for item in [*at.error, *warnings]]
    return at


@pytest.mark.parametrize("link", LINKS["train"], ids=lambda link: "-".join(sorted(link["query"]))[:40])
def test_its_links_to_train_fill_the_form_alike(app, runs, link):
    at = without_warnings("train", link["query"])
    known = set(runs.iterdir())
    (start,) = [item for item in at.button if item.key == "start"]
    NoWorkers.started.clear()
    start.click().run()
    (config,) = NoWorkers.started
    for path in set(runs.iterdir()) - known:  # what stands for the started run
        shutil.rmtree(path)
    before, query = RunConfig.from_json(json.dumps(link["config"])), link["query"]
    preset = query.get("preset", "first-look")
    since = {name: getattr(PRESETS[preset], name) for name in SINCE.get(preset, ()) if name not in query}
    assert config == before.changed(**since)


@pytest.mark.parametrize("link", LINKS["inspect"], ids=lambda link: "-".join(sorted(link["query"]))[:40])
def test_its_links_to_inspect_choose_the_same_samples(app, runs, link):
    query, run = link["query"], Run.open(runs / FINISHED)
    pinned = run.at(int(query["pin"].partition("@")[2])) if "pin" in query else None
    moment = run.at(link["moment"])
    assert moment.mask(Selection.from_query(query), pinned).nonzero()[0].tolist() == link["chosen"]
    written = dict(without_warnings("inspect", query).query_params)
    assert {name: value if isinstance(value, str) else value[0] for name, value in written.items()} == query


@pytest.mark.parametrize("link", LINKS["compare"], ids=lambda link: "-".join(sorted(link["query"]))[:40])
def test_its_links_to_compare_show_the_same_runs(app, link):
    at = without_warnings("compare", link["query"])
    counts = [item.value.split()[0] for item in at.caption if item.value.endswith(" selected")]
    assert counts == [text.split()[0] for text in link["chosen"]]  # which said "21 chosen"
    written = {name: value if isinstance(value, str) else value[0] for name, value in dict(at.query_params).items()}
    assert written == link["query"]


def test_its_link_to_a_sweep_shows_it(app):
    (link,) = LINKS["sweep"]
    at = without_warnings("sweep", link["query"])
    line = next(item.value for item in at.markdown if " of 2 trials" in item.value)
    assert line.startswith("**2 of 2 trials") and line.endswith("done")
