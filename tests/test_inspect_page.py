"""The screen Inspect without a browser: what links and widgets choose, and what one takes away of it."""

import io
import json
import re
import shutil
from base64 import b64decode
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from screens import MAIN, PATIENCE, NoWorkers, app_over, opened_at, send, send_event, widget_states
from six_moments import with_six_moments
from streamlit.testing.v1 import AppTest

from dec_core.analysis.inspection import ORDERS
from dec_core.analysis.verdict import thousands
from dec_core.data import Dataset, own
from dec_core.figures.contact_sheet import CAPTION, CELL, MOST, contact_sheet
from dec_core.figures.embedding import UNIT
from dec_core.reading.run import Run
from dec_core.reading.selection import VERSUS, Selection
from dec_core.reading.selection_export import as_npz, as_python, as_table
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import this_process
from pages.shared import pulse

pytestmark = pytest.mark.slow


def copied(folder: RunFolder, root) -> RunFolder:
    shutil.copytree(folder.path, root / folder.id)
    return RunFolder(root / folder.id)


def recorded(root, config) -> RunFolder:
    from dec_core.work.recorder import record

    folder = RunFolder.create(root, config, "running")
    for _ in record(folder):
        pass
    return folder


@pytest.fixture(scope="module")
def finished_run(finished_run, tmp_path_factory) -> RunFolder:
    """In place of the run that all tests share."""
    return with_six_moments(finished_run, tmp_path_factory.mktemp("six"))


@pytest.fixture(scope="module")
def runs(finished_run, small, digits, tmp_path_factory) -> SimpleNamespace:
    """A folder with a run, another one of the same data, one without labels and one of every fourth of own images."""
    root = tmp_path_factory.mktemp("inspect") / "runs"
    root.mkdir()
    unlabelled = own.keep(Dataset("mine", digits.images[:400], None), root)
    labelled = own.keep(Dataset("named", digits.images[:400], digits.y[:400], tuple("abcdefghij")), root)
    short = small.changed(batch_size=50, pretrain_epochs=2, max_iterations=40)
    return SimpleNamespace(
        root=root,
        run=Run.open(copied(finished_run, root)),
        other=Run.open(recorded(root, small.changed(random_state=1, pretrain_epochs=2, max_iterations=20))),
        unlabelled=Run.open(recorded(root, short.changed(dataset=unlabelled))),
        labelled=Run.open(recorded(root, short.changed(dataset=labelled, n_samples=100))),
    )


@pytest.fixture(scope="module")
def app(runs):
    with app_over(runs.root):
        yield


@pytest.fixture
def damaged(finished_run, tmp_path):
    """The app over a run of one's own to break."""
    root = tmp_path / "runs"
    root.mkdir()
    with app_over(root):
        yield copied(finished_run, root)


def inspect(run, **query) -> AppTest:
    """The screen as a link opens it, for a new visitor."""
    return opened_at("inspect", run=run.folder.id if isinstance(run, Run) else run, **query)


def link(at) -> dict[str, str]:
    return {name: value for name, value in at.query_params.items() if name != "run"}


def headline(at) -> str:
    return at.markdown[0].value


def said(at) -> list[str]:
    return [item.value for item in at.warning]


def named(at, label):
    (found,) = [item for item in at.button if item.label == label]
    return found


def widget(at, kind, name):
    """The widget of that name; by another number whenever something else has changed what it shows."""
    (found,) = [item for item in getattr(at, kind) if item.key and re.fullmatch(rf"{name}(_\d+)?", item.key)]
    return found


def piece(at, key):
    """The component of that key, as it is sent to the browser."""
    (found,) = [item.proto for item in at.get("bidi_component") if item.proto.id.endswith(f"-{key}")]
    return found


def shown(at, key) -> dict:
    return json.loads(piece(at, key).json)


def there(at, key) -> bool:
    return any(item.proto.id.endswith(f"-{key}") for item in at.get("bidi_component"))


def tell(at, key, event, value) -> None:
    """What the browser sends when something in a component is clicked."""
    late(at, widget_states(at), key, event, value)


def n_bright(at) -> int:
    """How many points of the embedding are among the chosen."""
    mask = shown(at, "scene")["mask"]
    return int(np.unpackbits(np.frombuffer(b64decode(mask), np.uint8)).sum()) if mask else shown(at, "scene")["n"]


def chooses(at, now, selection: Selection, beside=None, **rest) -> int:
    """Headline, link, gallery and embedding say what the library says; how many are chosen."""
    assert not at.exception and not at.error, [*at.exception, *at.error]
    chosen = now.select(selection, other=beside)
    noun, words = now.run.noun, selection.in_words("digit" if now.run.noun == "digit" else "class")
    line = f"**{thousands(len(chosen))} {noun}{'s' if len(chosen) != 1 else ''}**: {words}"
    if now.wrong is not None and len(chosen):
        line += f" · {thousands(now.wrong[chosen].sum())} wrong"
    assert headline(at) == line
    assert link(at) == selection.to_query() | rest
    assert n_bright(at) == len(chosen)
    if there(at, "gallery"):
        n = thousands(len(chosen))
        assert shown(at, "gallery")["words"].endswith(f"of {n}" if len(chosen) else "passes all filters.")
    return len(chosen)


def is_whole(at, now) -> None:
    """Nothing is filtered."""
    assert not at.exception and not at.error, [*at.exception, *at.error]
    assert headline(at) == f"**{thousands(now.run.n)} {now.run.noun}s**, all in this run, at step {now.iteration}"
    assert not any(item.label == "Clear filters" for item in at.button)


@pytest.fixture(scope="module")
def now(runs):
    return runs.run.at(-1)


@pytest.fixture(scope="module")
def worst(now) -> dict[str, str]:
    """The cell of the confusion matrix with the most errors."""
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (now.run.y[now.wrong], now.labels[now.wrong]), 1)
    true, cluster = np.unravel_index(counts.argmax(), counts.shape)
    return {"true": now.run.classes[true], "cluster": now.run.letters[cluster]}


# -- which run


def test_without_a_run_the_page_says_what_will_be_there(app):
    at = inspect("new")
    words = " ".join(item.value for item in at.markdown)
    assert not at.exception and not at.warning and "Train a run or pick one above" in words
    assert all(question in words for question in ("Which digits are mixed up?", "Where do they lie?", "Which ones?"))
    assert not there(at, "matrix") and not there(at, "gallery")


@pytest.mark.parametrize("name", ["nothing", "../../etc", "x" * 300])
def test_a_run_that_is_not_there_is_said(app, name):
    at = inspect(name)
    assert not at.exception and "There is no run" in said(at)[0]


def test_a_run_opens_with_all_that_belongs_to_it(app, runs, now):
    at = inspect(runs.run)
    is_whole(at, now)
    assert link(at) == {} and at.query_params["run"] == runs.run.folder.id and not at.warning
    cells = shown(at, "matrix")
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (now.run.y, np.array(now.run.cluster_order)[now.labels]), 1)
    assert np.array_equal(cells["counts"], expected)
    assert cells["rows"] == list("0123456789") and [c["name"] for c in cells["columns"]] == list("ABCDEFGHIJ")
    assert sum(expected[i, j] for j, i in enumerate(cells["class_of"])) == (~now.wrong).sum()
    tiles = [sample["index"] for group in shown(at, "gallery")["groups"] for sample in group["samples"]]
    assert tiles == now.select(order="wrong")[:60].tolist()
    line = shown(at, "timeline")
    assert (line["number"], len(line["moments"]), line["following"]) == (5, 6, True)
    assert f"step 60 · ACC {100 * np.mean(~now.wrong):.1f} %" in line["moments"][5]["words"]
    sizes = np.bincount(runs.run.cluster_order[now.labels], minlength=10)
    assert shown(at, "centers")["sizes"] == [None, None, *(shown(at, "centers")["sizes"][2:])]
    assert shown(at, "centers")["sizes"][5] == sizes.tolist() == expected.sum(axis=0).tolist()
    flows = now.came_from(2)
    np.fill_diagonal(flows, 0)
    assert shown(at, "flows")["flows"][0]["n"] == shown(at, "flows")["most"] == flows.max()


def test_the_first_screen_points_at_earlier_runs(app, runs):
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.query_params["run"] = "new"
    assert any("Earlier runs are in the list above" in item.value for item in at.run().markdown)


def test_between_the_screens_the_run_stays_in_focus(app, runs, now):
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.query_params["run"] = runs.other.folder.id
    at.run()
    assert any(item.label == "Start" for item in at.button)
    for page in ("inspect", "train", "inspect"):
        at.query_params.clear()  # as the browser does
        at.switch_page(f"{page}/{page}.py").run()
        assert not at.exception and at.query_params["run"] == runs.other.folder.id
        assert any(item.label == "Start" for item in at.button) == (page == "train")
    is_whole(at, runs.other.at(-1))


def test_another_run_is_picked_without_the_filters_of_the_one_before(app, runs, now):
    at = inspect(runs.run, true="9", moment="3", sample="7")
    (picker,) = [item for item in at.selectbox if item.label == "Run in focus"]
    picker.set_value(runs.other.folder.id).run()
    assert at.query_params == {"run": runs.other.folder.id}
    is_whole(at, runs.other.at(-1))


# -- filters


def settings_of(now, worst) -> list[tuple[str, str, object, dict]]:
    """(widget, kind, value, filters) that narrow one after the other."""
    chosen = now.select(**worst, side="wrong")
    low, high = np.quantile(now.confidence[chosen], [0.1, 1])
    least, most = float(np.floor(100 * low) / 100), float(np.ceil(100 * high) / 100)
    few = tuple(chosen[:30].tolist())
    return [
        ("filter_true", "selectbox", worst["true"], {"true": worst["true"]}),
        ("filter_cluster", "selectbox", worst["cluster"], {"cluster": worst["cluster"]}),
        ("filter_side", "selectbox", "wrong", {"side": "wrong"}),
        ("filter_confidence", "slider", (least, most), {"min_confidence": least, "max_confidence": most}),
        ("filter_index", "text_input", ", ".join(map(str, few)), {"index": few}),
        ("filter_changed", "checkbox", True, {"changed": True}),
        ("filter_unsettled", "checkbox", True, {"unsettled": True}),
    ]


@pytest.mark.parametrize("number", range(7))
def test_each_filter_says_what_it_chooses(app, runs, now, worst, number):
    key, kind, value, filters = settings_of(now, worst)[number]
    at = inspect(runs.run)
    widget(at, kind, key).set_value(value).run()
    assert 0 < chooses(at, now, Selection(**filters)) < 1797
    at.run()
    chooses(at, now, Selection(**filters))
    named(at, "Clear filters").click().run()
    is_whole(at, now)
    assert link(at) == {}


def test_filters_add_up_and_all_takes_them_away(app, runs, now, worst):
    at, filters, counts = inspect(runs.run), {}, [1797]
    for key, kind, value, more in settings_of(now, worst):
        widget(at, kind, key).set_value(value).run()
        filters |= more
        counts.append(chooses(at, now, Selection(**filters)))
    assert counts == sorted(counts, reverse=True) and len(set(counts[:6])) >= 5 and counts[5] > 0
    widget(at, "selectbox", "filter_side").set_value("any").run()
    chooses(at, now, Selection(**filters | {"side": ""}))
    assert shown(at, "matrix")["chosen"] == {"row": int(worst["true"]), "column": "ABCDEFGHIJ".index(worst["cluster"])}
    named(at, "Clear filters").click().run()
    is_whole(at, now)
    defaults = {"true": "any", "confidence": (0, 1), "index": "", "changed": False}
    for (key, default), kind in zip(defaults.items(), ("selectbox", "slider", "text_input", "checkbox"), strict=True):
        assert widget(at, kind, f"filter_{key}").value == default


def test_indices_are_searched_as_people_write_them(app, runs, now):
    at = inspect(runs.run)
    field = widget(at, "text_input", "filter_index")
    field.set_value("12, 40-42 7").run()
    chooses(at, now, Selection(index=(12, 40, 41, 42, 7)))
    assert widget(at, "text_input", "filter_index").value == "12, 40, 41, 42, 7"
    for wrong, told in (("twelve", "received 'twelve'"), ("1-5000", "more than 1000"), ("-3", "received '-3'")):
        widget(at, "text_input", "filter_index").set_value(wrong).run()
        chooses(at, now, Selection(index=(12, 40, 41, 42, 7)))
        assert widget(at, "text_input", "filter_index").value == wrong
        assert any(told in item.value for item in at.caption)
    widget(at, "text_input", "filter_index").set_value("5").run()
    assert chooses(at, now, Selection(index=(5,))) == 1
    assert not any("received" in item.value for item in at.caption)
    widget(at, "text_input", "filter_index").set_value("5000").run()  # beyond the last
    assert chooses(at, now, Selection(index=(5000,))) == 0
    widget(at, "text_input", "filter_index").set_value("").run()
    is_whole(at, now)


@pytest.mark.parametrize("away", ["all", "another run"])
def test_a_bad_search_goes_with_the_filters(app, runs, away):
    at = inspect(runs.run, true="3")
    widget(at, "text_input", "filter_index").set_value("x").run()
    if away == "all":
        named(at, "Clear filters").click().run()
    else:
        next(item for item in at.selectbox if item.label == "Run in focus").set_value(runs.other.folder.id).run()
    assert widget(at, "text_input", "filter_index").value == ""
    assert not any("received" in item.value for item in at.caption)


def test_before_there_are_clusters_only_what_needs_none_filters(app, runs):
    first = runs.run.at(0)
    at = inspect(runs.run, moment="0", true="9", cluster="B", side="wrong")
    assert not at.exception and headline(at) == (
        f"**{(runs.run.y == 9).sum()} digits**: digit 9 · filters that need clusters have no effect yet"
    )
    assert n_bright(at) == len(first.select(true="9")) and link(at)["cluster"] == "B"
    assert not at.slider and not at.checkbox and any("need clusters" in item.value for item in at.caption)
    assert np.sum(shown(at, "matrix")["counts"]) == 0
    tell(at, "timeline", "moment", 4)
    chooses(at, runs.run.at(4), Selection(true="9", cluster="B", side="wrong"), moment="4")


# -- links

FILTERS = [
    {"true": "9"},
    {"cluster": "D", "side": "right"},
    {"second": "B", "true": "1"},
    {"sure": "0.13,0.4"},
    {"changed": "1"},
    {"unsettled": "1", "side": "wrong"},
    {"was": "B", "since": "2", "cluster": "C"},
    {"index": "3,4,5,1796"},
    {"lasso": "pca:0,0,9,0,9,9,0,9"},
    {"lasso": "z0,z3:-9,-9,0.1,-9,0.1,9,-9,9", "true": "4"},
]


@pytest.mark.parametrize("query", FILTERS, ids=[" ".join(query) for query in FILTERS])
@pytest.mark.parametrize("moment", [None, 3])
def test_a_link_with_filters_is_taken_up(app, runs, query, moment):
    rest = {} if moment is None else {"moment": str(moment)}
    at = inspect(runs.run, **query, **rest)
    assert not at.warning
    chooses(at, runs.run.at(-1 if moment is None else moment), Selection.from_query(query), **rest)
    at.run()
    chooses(at, runs.run.at(-1 if moment is None else moment), Selection.from_query(query), **rest)


def test_a_link_with_a_look_is_taken_up(app, runs):
    query = {"moment": "4", "space": "z0,z3", "colour": "cluster", "order": "typical", "group": "digit", "share": "row",
             "page": "2", "from": "3", "pin": f"{runs.run.folder.id}@2", "side": "wrong"}  # fmt: skip
    at = inspect(runs.run, **query)
    then = runs.run.at(4)
    for _ in range(2):
        chooses(at, then, Selection(side="wrong"), **{name: query[name] for name in query if name != "side"})
        assert not at.warning
        for name in ("space", "colour", "order", "group", "share"):
            assert widget(at, "selectbox", f"show_{name}").value == query[name]
        assert (
            widget(at, "selectbox", "flows_since").value == 3
            and widget(at, "selectbox", "pin_of").value == query["pin"]
        )
        assert shown(at, "matrix")["show"] == "row" and shown(at, "timeline")["number"] == 4
        assert (shown(at, "scene")["space"], shown(at, "scene")["colour_by"]) == ("z0,z3", "cluster")
        at.run()
    order = then.select(side="wrong", order="typical")
    order = order[np.argsort(runs.run.y[order], kind="stable")]
    groups = shown(at, "gallery")["groups"]
    assert [s["index"] for group in groups for s in group["samples"]] == order[60:120].tolist()
    assert all({runs.run.y[s["index"]] for s in group["samples"]} == {int(group["title"])} for group in groups)


def test_a_link_to_a_sample_opens_its_card(app, runs, now):
    index = int(now.select(order="wrong")[0])
    at = inspect(runs.run, sample=str(index))
    assert not at.warning and link(at) == {"sample": str(index)} and not there(at, "gallery")
    card = shown(at, "card")
    assert card["title"] == f"Digit {thousands(index)}" and card["sentence"] == now.story(index)
    order = np.argsort(runs.run.cluster_order)
    assert [bar["name"][:1] for bar in card["bars"]] == list("ABCDEFGHIJ")
    assert np.abs(np.array([bar["q"] for bar in card["bars"]]) - now.q[index, order]).max() < 1e-6
    assert np.abs(np.array([bar["p"] for bar in card["bars"]]) - now.p[index, order]).max() < 1e-6
    assert [near["index"] for near in card["neighbours"]] == now.neighbours(index, 5).tolist()
    assert (
        np.frombuffer(b64decode(card["images"]["image"]), np.uint8).tolist() == runs.run.images[index].ravel().tolist()
    )
    assert sum(part["n"] for part in card["strip"]) == 4 and not card["lacking"]
    roles = [path["title"].rpartition(", ")[2] for path in card["paths"]]
    assert roles == ["its cluster", "the cluster of its class"]  # it is wrong; else the other is the runner-up's
    assert shown(at, "scene")["sample"] == index
    tell(at, "card", "picked", card["neighbours"][0]["index"])
    assert link(at) == {"sample": str(card["neighbours"][0]["index"])}
    tell(at, "card", "closed", True)
    assert link(at) == {} and there(at, "gallery")


NOT_FILTERS = [
    ({"moment": "x"}, "Moment: received 'x'"),
    ({"moment": "-1"}, "Moment: received '-1'"),
    ({"sample": "1.5"}, "Sample: received '1.5'"),
    ({"page": "x"}, "Page: received 'x'"),
    ({"from": "x"}, "From: received 'x'"),
    ({"colour": "red"}, "Colour: received 'red'"),
    ({"order": "best"}, "Order: received 'best'"),
    ({"group": "size"}, "Group: received 'size'"),
    ({"share": "half"}, "Share: received 'half'"),
]
UNDERSTOOD = [  # by the run, not by the words alone
    ({"true": "12"}, "True: received '12', the classes are 0, 1"),
    ({"cluster": "Q"}, "Cluster: received 'Q', expected one of A, B"),
    ({"second": "q"}, "received 'q', expected one of A, B"),
    ({"was": "B", "since": "1"}, "Since: received moment 1, expected one that has clusters"),
    ({"lasso": "umap:0,0,1,0,1,1"}, "Space: received 'umap', but there is none of this run yet"),
    ({"lasso": "z0,z99:0,0,1,0,1,1"}, "Space: received 'z0,z99'"),
    ({"from": "99"}, "From: received 99, but there are no clusters in that snapshot"),
]
WRONG_WORDS = [
    ({"side": "left"}, "Side: received 'left'"),
    ({"sure": "5"}, "Sure: received '5', expected two numbers from 0 to 1"),
    ({"sure": "0.9,0.1"}, "Confidence: received 0.9 to 0.1"),
    ({"index": "1-x"}, "Index: received '1-x'"),
    ({"lasso": "pca:1,2"}, "Lasso: received 2 numbers"),
    ({"versus": "here"}, "Versus: received 'here' without a second moment"),
    ({"versus": "ours"}, "Versus: received 'ours'"),
]


def problem(query, told):
    return pytest.param(query, told, id=" ".join(f"{name}={value}" for name, value in query.items()))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        *(problem(*item) for item in (*NOT_FILTERS, *WRONG_WORDS, *UNDERSTOOD)),
        problem({"moment": "99"}, "Moment: received 99, but the run has 6 so far"),
        problem({"pin": "nothing"}, "Pin: there is no run 'nothing'"),
        problem({"pin": "../runs"}, "Pin: there is no run '../runs'"),
        problem({"pin": "UNLABELLED"}, "has no clusters of the same 1\u2009797 digits"),
        problem({"pin": "SELF@99"}, "has no clusters at snapshot '99'"),
        problem({"pin": "SELF@0"}, "has no clusters at snapshot '0'"),
        problem({"pin": "SELF@x"}, "has no clusters at snapshot 'x'"),
        problem({"sample": "99999"}, "Sample: received 99999, but the run has 1\u2009797 samples"),
        problem({"space": "tsne"}, "Space: received 'tsne'"),
        problem({"space": "z0,z99"}, "Space: received 'z0,z99'"),
    ],
)
def test_what_a_link_gets_wrong_is_said_once_and_dropped(app, runs, now, query, told):
    stand_ins = {"SELF": runs.run.folder.id, "UNLABELLED": runs.unlabelled.folder.id}
    for name, run_id in stand_ins.items():
        query = {key: value.replace(name, run_id) for key, value in query.items()}
    right = {"group": "cluster"} if "group" not in query else {"order": "typical"}
    at = inspect(runs.run, **right, **query)
    assert not at.exception and not at.error
    assert len(at.warning) == 1 and told in said(at)[0]
    assert link(at) == right
    assert n_bright(at) == 1797 and there(at, "gallery")
    at.run()
    assert not at.warning
    is_whole(at, now)


@pytest.mark.parametrize(("query", "told"), UNDERSTOOD, ids=[" ".join(query) for query, _ in UNDERSTOOD])
def test_the_headline_does_not_name_a_filter_that_was_dropped(app, runs, now, query, told):
    at = inspect(runs.run, **query)
    assert told in said(at)[0]
    is_whole(at, now)


def test_a_page_beyond_the_last_shows_the_last(app, runs, now):
    at = inspect(runs.run, page="99")
    assert "Page: received 99, but there are 30 pages; the last is shown" in said(at)[0]
    assert link(at) == {"page": "30"} and shown(at, "gallery")["page"] == 29


@pytest.mark.parametrize("wrong", [{"side": "left"}, {"cluster": "Q"}, {"was": "B", "since": "1"}, {"sure": "5"}])
def test_one_wrong_filter_leaves_the_others(app, runs, now, wrong):
    at = inspect(runs.run, true="9", changed="1", **wrong)
    assert len(at.warning) == 1
    chooses(at, now, Selection(true="9", changed=True))


def test_several_mistakes_are_all_said(app, runs, now):
    at = inspect(runs.run, moment="x", colour="red", order="best", side="left", share="row")
    assert len(at.warning) == 4 and link(at) == {"share": "row"}
    is_whole(at, now)


def goes_back(at, monkeypatch, **query) -> None:
    """Go back to an address in the browser's history."""
    at.query_params = {"run": at.query_params["run"], **query}
    with monkeypatch.context() as browser:
        browser.setattr("pages.shared.link.went_back", lambda: True)
        at.run()


def test_a_link_that_somebody_goes_back_to_is_followed(app, runs, now, monkeypatch):
    at = inspect(runs.run, true="9")
    goes_back(at, monkeypatch, true="4", order="typical")
    chooses(at, now, Selection(true="4"), order="typical")


# -- what is clicked


def test_a_cell_a_row_or_a_column_of_the_matrix_chooses(app, runs, now):
    at = inspect(runs.run, sample="3", page="2")
    tell(at, "matrix", "cell", {"row": 9, "column": 3})
    chooses(at, now, Selection(true="9", cluster="D"))
    tell(at, "matrix", "cell", {"row": -1, "column": 1})
    chooses(at, now, Selection(cluster="B"))
    tell(at, "matrix", "cell", {"row": 4, "column": -1})
    chooses(at, now, Selection(true="4"))
    assert (
        widget(at, "selectbox", "filter_true").value == "4" and widget(at, "selectbox", "filter_cluster").value == "any"
    )
    tell(at, "matrix", "cell", {"row": -1, "column": -1})
    is_whole(at, now)


def test_a_center_chooses_its_cluster_and_lets_it_go(app, runs, now):
    at = inspect(runs.run, true="9")
    tell(at, "centers", "cluster", 3)
    chooses(at, now, Selection(true="9", cluster="D"))
    assert shown(at, "centers")["chosen"] == 3
    tell(at, "centers", "cluster", 4)
    chooses(at, now, Selection(true="9", cluster="E"))
    tell(at, "centers", "cluster", 4)
    chooses(at, now, Selection(true="9"))


def late(at, states, key, event, value) -> None:
    """A request of a browser that has yet to see the page as it is by now."""
    send_event(at, states, piece(at, key).id, [{"event": event, "value": value}])


def test_a_request_that_was_under_way_does_not_undo_a_click(app, runs):
    at = inspect(runs.run)
    before = widget_states(at)
    tell(at, "matrix", "cell", {"row": 9, "column": 3})
    late(at, before, "timeline", "moment", 3)  # one moment back, a tenth of a second after the cell
    chooses(at, runs.run.at(3), Selection(true="9", cluster="D"), moment="3")


def test_a_request_that_was_under_way_does_not_bring_filters_back(app, runs, now):
    at = inspect(runs.run, true="3", sure="0.2,0.9", changed="1", index="3-9")
    before = widget_states(at)
    named(at, "Clear filters").click().run()
    late(at, before, "gallery", "page", 1)
    is_whole(at, now)


def an_order():
    import streamlit as st

    from pages.inspect import choices
    from pages.inspect.view_state import ViewState

    st.session_state.setdefault("view", ViewState())
    choices._select("Order", "order", choices.ORDERS, st.session_state.view.order or "wrong", 100)


def test_a_list_that_tells_what_it_shows_chooses_nothing(monkeypatch):
    at = AppTest.from_function(an_order, default_timeout=PATIENCE).run()
    with monkeypatch.context() as patch:
        patch.setattr("pages.inspect.choices.value_chosen", lambda name: "wrong")  # as after a card lay in its place
        at.selectbox[0].set_value("index").run()
    assert at.session_state.view.order == ""


def test_a_second_thought_before_a_list_is_drawn_anew_is_heard():
    at = AppTest.from_function(an_order, default_timeout=PATIENCE).run()
    before = widget_states(at)
    at.selectbox[0].set_value("index").run()
    assert at.session_state.view.order == "index"
    send(at, before)
    assert at.session_state.view.order == "wrong"


def test_a_redraw_leaves_widgets_as_they_are(app, runs):
    """A value that is sent again sets back what has been clicked since, and the next request brings that along."""
    at = inspect(runs.run, side="wrong")
    at.run()
    widgets = [*at.checkbox, *at.selectbox, *at.slider, *at.text_input]
    assert len(widgets) > 10 and not [item.key for item in widgets if item.proto.set_value]


def test_a_second_thought_is_heard(app, runs, now):
    at = inspect(runs.run)
    widget(at, "checkbox", "filter_changed").check().run()
    chooses(at, now, Selection(changed=True))
    widget(at, "checkbox", "filter_changed").uncheck().run()
    is_whole(at, now)


def test_going_back_takes_the_last_click_back(app, runs, now, monkeypatch):
    at = inspect(runs.run)
    tell(at, "matrix", "cell", {"row": 9, "column": 3})
    chooses(at, now, Selection(true="9", cluster="D"))
    goes_back(at, monkeypatch)
    is_whole(at, now)
    tell(at, "matrix", "cell", {"row": 4, "column": 4})
    chooses(at, now, Selection(true="4", cluster="E"))


def test_a_click_that_brings_the_link_of_before_counts(app, runs, now):
    at = inspect(runs.run)
    tell(at, "matrix", "cell", {"row": 9, "column": 3})
    at.query_params = {"run": runs.run.folder.id}  # the browser has yet to write the new one
    tell(at, "timeline", "moment", 4)
    chooses(at, runs.run.at(4), Selection(true="9", cluster="D"), moment="4")


def test_the_gallery_is_paged_and_opens_samples(app, runs, now):
    at = inspect(runs.run, side="wrong")
    order = now.select(side="wrong", order="wrong")
    tell(at, "gallery", "page", 2)
    assert link(at) == {"side": "wrong", "page": "3"}
    data = shown(at, "gallery")
    assert [s["index"] for s in data["groups"][0]["samples"]] == order[120:180].tolist()
    assert data["words"] == f"121 to 180 of {thousands(len(order))}"
    images = np.frombuffer(b64decode(data["images"]), np.uint8).reshape(-1, 8, 8)
    assert np.array_equal(images, runs.run.images[order[120:180]])
    widget(at, "selectbox", "show_order").set_value("outliers").run()
    assert link(at) == {"side": "wrong", "order": "outliers"}  # from the first page on
    tell(at, "gallery", "picked", 77)
    assert link(at) == {"side": "wrong", "order": "outliers", "sample": "77"}
    widget(at, "selectbox", "filter_true").set_value("2").run()  # closes the card
    chooses(at, now, Selection(side="wrong", true="2"), order="outliers")


def test_the_timeline_tells_what_became_of_what_is_chosen(app, runs, now, worst):
    clustered = [runs.run.at(number) for number in runs.run.clustered]
    line = shown(inspect(runs.run), "timeline")
    acc = [100 * np.mean(~moment.wrong) for moment in clustered]
    assert line["trend"][:2] == [None, None] and line["first_clustered"] == 2
    assert np.abs(np.array(line["trend"][2:]) - acc).max() < 1e-9
    assert line["trend_words"] == f"ACC: {acc[0]:.1f} → {acc[-1]:.1f} %"
    line = shown(inspect(runs.run, **worst), "timeline")
    counts = [len(moment.select(**worst)) for moment in clustered]
    assert line["trend"][2:] == counts and len(set(counts)) > 1
    words = f"digit {worst['true']}, in cluster {worst['cluster']}"
    assert line["trend_words"] == f"{words}: {counts[0]} → {counts[-1]}"
    line = shown(inspect(runs.run, side="wrong"), "timeline")
    assert line["trend"][2:] == [int(moment.wrong.sum()) for moment in clustered]
    sizes = [int((runs.unlabelled.at(number).labels == 1).sum()) for number in runs.unlabelled.clustered]
    assert shown(inspect(runs.unlabelled, cluster="B"), "timeline")["trend"][-len(sizes) :] == sizes
    assert shown(inspect(runs.unlabelled), "timeline")["trend"] == []


def test_a_wrong_sample_is_held_against_the_cluster_of_its_class(app, runs, now):
    wrong = np.flatnonzero(now.wrong & (now.class_of[now.rivals.second] != runs.run.y))
    index = int(wrong[0])  # whose second nearest cluster is another one
    own, true = int(now.labels[index]), int(np.flatnonzero(now.class_of == runs.run.y[index])[0])
    card = shown(inspect(runs.run, sample=str(index)), "card")
    words = [picture["name"] for picture in card["pictures"]]
    assert words[-2:] == [f"center of {runs.run.letters[own]}", f"center of {runs.run.letters[true]}"]
    assert [bar["name"][0] for bar in card["bars"] if bar["true"]] == [runs.run.letters[true]]
    assert [bar["name"][0] for bar in card["bars"] if bar["own"]] == [runs.run.letters[own]]


def test_a_part_of_the_strip_leads_to_its_moment(app, runs, now):
    index = next(i for i in range(1797) if len(set(now.strip(i).tolist())) > 1)
    at = inspect(runs.run, sample=str(index))
    parts = shown(at, "card")["strip"]
    assert parts[0]["number"] == 2 and parts[1]["number"] == 2 + parts[0]["n"]
    tell(at, "card", "moment", parts[0]["number"])
    assert link(at) == {"sample": str(index), "moment": "2"} and there(at, "card")


def test_the_timeline_leads_through_the_run_and_back_to_the_newest(app, runs):
    at = inspect(runs.run, cluster="C")
    for number in (4, 2):
        tell(at, "timeline", "moment", number)
        chooses(at, runs.run.at(number), Selection(cluster="C"), moment=str(number))
        expected = np.bincount(runs.run.y[runs.run.at(number).labels == runs.run.letters.index("C")], minlength=10)
        assert np.array_equal(np.array(shown(at, "matrix")["counts"])[:, 2], expected)
    tell(at, "timeline", "moment", 5)
    chooses(at, runs.run.at(-1), Selection(cluster="C"))


def test_a_flow_chooses_who_went_that_way(app, runs, now):
    at = inspect(runs.run)
    first = shown(at, "flows")["flows"][0]
    tell(at, "flows", "flow", {"from": first["from"], "to": first["to"]})
    assert chooses(at, now, Selection(was=first["from"], since=2, cluster=first["to"])) == first["n"]
    assert shown(at, "scene")["trail"] == 2
    assert shown(at, "flows")["chosen"] == {"from": first["from"], "to": first["to"]}
    tell(at, "flows", "flow", {"from": first["from"], "to": first["to"]})  # a second click lets go
    is_whole(at, now)
    widget(at, "selectbox", "flows_since").set_value(4).run()
    assert link(at)["from"] == "4"
    first = shown(at, "flows")["flows"][0]
    tell(at, "flows", "flow", {"from": first["from"], "to": first["to"]})
    assert chooses(at, now, Selection(was=first["from"], since=4, cluster=first["to"]), **{"from": "4"}) == first["n"]


def test_a_lasso_chooses_what_lies_inside(app, runs, now):
    at = inspect(runs.run)
    low, high = np.quantile(now.plane("pca"), [0.3, 0.8], axis=0)
    corners = [low[0], low[1], high[0], low[1], high[0], high[1], low[0], high[1]]
    corners = [float(f"{value:.4g}") for value in corners]
    tell(at, "scene", "lasso", {"space": "pca", "corners": corners})
    assert 0 < chooses(at, now, Selection(lasso=tuple(corners), space="pca")) < 1797
    inside = (now.plane("pca") > [corners[0], corners[1]]).all(1) & (now.plane("pca") < [corners[2], corners[5]]).all(1)
    assert headline(at).startswith(f"**{thousands(inside.sum())} digits**: inside the lasso")


# -- a second moment, a second run


def test_a_moment_is_pinned_and_compared_with(app, runs, now):
    at = inspect(runs.run, moment="2")
    at.button(key="pin").click().run()
    pin = f"{runs.run.folder.id}@2"
    assert link(at) == {"moment": "2", "pin": pin}
    tell(at, "timeline", "moment", 5)
    beside = runs.run.at(2)
    counts = [[(~now.wrong & ~beside.wrong).sum(), (~now.wrong & beside.wrong).sum()],
              [(now.wrong & ~beside.wrong).sum(), (now.wrong & beside.wrong).sum()]]  # fmt: skip
    assert shown(at, "versus")["counts"] == np.array(counts).tolist()
    assert any(item.value == "“There” is this run, at step 0." for item in at.caption)
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (runs.run.y, runs.run.cluster_order[beside.labels]), 1)
    assert np.array_equal(shown(at, "matrix_there")["counts"], expected)
    for (row, column), versus in {(0, 0): "both", (0, 1): "here", (1, 0): "there", (1, 1): "neither"}.items():
        tell(at, "versus", "cell", {"row": row, "column": column})
        assert not at.exception and link(at) == {"pin": pin, "versus": versus}
        assert n_bright(at) == counts[row][column] == len(now.select(versus=versus, other=beside))
        assert headline(at).startswith(f"**{thousands(counts[row][column])} digit")
        assert shown(at, "versus")["chosen"] == {"row": row, "column": column}
    tell(at, "versus", "cell", {"row": -1, "column": -1})
    assert link(at) == {"pin": pin}
    is_whole(at, now)


@pytest.mark.parametrize("versus", ["both", "here", "there", "neither", "agree", "differ"])
def test_the_headline_tells_a_comparison(app, runs, now, versus):
    at = inspect(runs.run, pin=f"{runs.run.folder.id}@2", versus=versus)
    assert not at.warning and VERSUS[versus] in headline(at)
    named(at, "Clear filters").click().run()
    is_whole(at, now)


def test_another_run_on_the_same_data_is_compared_with(app, runs, now):
    at = inspect(runs.run, side="wrong")
    assert runs.other.folder.id not in widget(at, "selectbox", "pin_of").options  # options are titles
    widget(at, "selectbox", "pin_of").set_value(runs.other.folder.id).run()
    beside = runs.other.at(-1)
    assert link(at) == {"side": "wrong", "pin": runs.other.folder.id} and not at.warning
    assert shown(at, "versus")["counts"][0][1] == (~now.wrong & beside.wrong).sum()
    tell(at, "versus", "cell", {"row": 1, "column": 0})
    assert n_bright(at) == (now.wrong & ~beside.wrong).sum()
    assert n_bright(at) == len(now.select(side="wrong", versus="there", other=beside))
    widget(at, "selectbox", "pin_of").set_value("").run()
    chooses(at, now, Selection(side="wrong"))
    assert not there(at, "versus")


def test_only_runs_on_the_same_data_are_offered(app, runs):
    assert len(widget(inspect(runs.run), "selectbox", "pin_of").options) == 2  # none, and the other one
    assert len(widget(inspect(runs.unlabelled), "selectbox", "pin_of").options) == 1


# -- without labels


def test_without_labels_clusters_are_laid_against_their_neighbours(app, runs):
    run, now = runs.unlabelled, runs.unlabelled.at(-1)
    at = inspect(run)
    is_whole(at, now)
    keys = {re.sub(r"_\d+$", "", item.key) for item in at.selectbox}
    assert not keys & {"filter_true", "filter_side"} and {"filter_cluster", "filter_second"} <= keys
    assert widget(at, "selectbox", "show_colour").options == ["cluster", "confidence", "last change"]
    assert "most confident errors first" not in widget(at, "selectbox", "show_order").options
    cells = shown(at, "matrix")
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (now.labels, now.rivals.second), 1)
    assert np.array_equal(cells["counts"], expected) and cells["titles"]["columns"] == "second nearest"
    tiles = [s["index"] for s in shown(at, "gallery")["groups"][0]["samples"]]
    assert tiles == now.select(order="uncertain")[:60].tolist()
    row, column = np.unravel_index(expected.argmax(), expected.shape)
    tell(at, "matrix", "cell", {"row": int(row), "column": int(column)})
    filters = {"cluster": run.letters[row], "second": run.letters[column]}
    assert chooses(at, now, Selection(**filters)) == expected.max()
    widget(at, "selectbox", "filter_second").set_value("any").run()
    chooses(at, now, Selection(cluster=run.letters[row]))


def test_without_labels_two_moments_agree_or_differ(app, runs):
    run, now, beside = runs.unlabelled, runs.unlabelled.at(-1), runs.unlabelled.at(runs.unlabelled.clustered[0])
    at = inspect(run, pin=f"{run.folder.id}@{beside.number}")
    same = now.agrees_with(beside)
    assert not at.exception and shown(at, "versus")["counts"] == [[same.sum(), (~same).sum()]]
    tell(at, "versus", "cell", {"row": 0, "column": 1})
    assert link(at)["versus"] == "differ" and n_bright(at) == (~same).sum()
    at = inspect(run, pin=f"{run.folder.id}@{beside.number}", versus="here")
    assert "Versus: received 'here', but labels are not known" in said(at)[0] and "versus" not in link(at)


@pytest.mark.parametrize(
    ("name", "value"), [("true", "3"), ("side", "wrong"), ("colour", "wrong"), ("order", "wrong"), ("group", "digit")]
)
def test_without_labels_what_needs_them_is_said_and_dropped(app, runs, name, value):
    at = inspect(runs.unlabelled, **{name: value})
    assert not at.exception and "labels are not known" in said(at)[0] and link(at) == {}
    at.run()
    is_whole(at, runs.unlabelled.at(-1))


def test_classes_of_ones_own_go_by_their_names(app, runs):
    now = runs.labelled.at(-1)
    at = inspect(runs.labelled, true="c")
    chooses(at, now, Selection(true="c"))
    assert widget(at, "selectbox", "filter_true").options == ["any", *"abcdefghij"]
    assert any("Which classes are mixed up?" in item.value for item in at.markdown)


# -- what is not there


def test_what_takes_long_is_offered_and_asked_of_the_supervisor(app, runs, monkeypatch):
    monkeypatch.setattr(NoWorkers, "completing", [])
    monkeypatch.setattr(NoWorkers, "busy", True)
    at = inspect(runs.run)
    assert any("not computed for this run" in item.value for item in at.caption)
    at.button(key="complete").click().run()
    assert NoWorkers.completing == [runs.run.folder.id]
    assert any("The server is busy" in item.value for item in at.caption)
    at.run()
    assert not any("The server is busy" in item.value for item in at.caption)
    monkeypatch.setattr(NoWorkers, "busy", False)
    at.button(key="complete").click().run()
    asked = []
    monkeypatch.setattr(pulse, "_pulse", lambda **told: asked.append(told["data"]))
    at.run()
    assert not at.exception and any("are being computed" in item.value for item in at.caption)
    assert [data["url"] for data in asked] == [f"pulse?run={runs.run.folder.id}"]
    monkeypatch.setattr(NoWorkers, "completing", [])
    at.run()
    assert len(asked) == 1  # nothing more will come


def test_umap_of_all_moments_is_offered_where_there_is_that_of_the_last_and_then_follows_the_timeline(tmp_path, runs):
    root = tmp_path / "runs"
    root.mkdir()
    own_copy = copied(runs.run.folder, root)
    plane, neighbours = np.random.default_rng(0).normal(size=(1797, 2)), np.ones((1797, 5), np.int32)
    own_copy.save_arrays("inspection.npz", umap=plane, neighbours=neighbours)
    own_copy.append({"event": "InspectionReady", "file": "inspection.npz"})
    with app_over(root):
        at = inspect(Run.open(own_copy))
        assert any("computed for the latest snapshot only" in item.value for item in at.caption)
        assert "UMAP shows the latest snapshot" in shown(at, "timeline")["still"]
        assert len({moment["at"] for moment in shown(at, "scene")["moments"]}) == 1
        at.button(key="complete").click().run()
        assert NoWorkers.completing == [own_copy.id] and any("is being computed" in item.value for item in at.caption)
        index = np.arange(0, 1797, 3)
        own_copy.save_arrays("umaps.npz", planes=np.zeros((6, len(index), 2)), samples=index)
        own_copy.append({"event": "UmapsReady", "file": "umaps.npz"})
        at.run()
        assert not at.exception and not any(button.key == "complete" for button in at.button)
        assert shown(at, "timeline")["still"] == "UMAP of earlier snapshots: 599 of the digits"
        assert len({moment["at"] for moment in shown(at, "scene")["moments"]}) == 6


def test_trails_and_the_timeline_show_the_umap_of_each_moment(tmp_path, runs):
    root, samples, rng = tmp_path / "runs", np.arange(0, 1797, 3), np.random.default_rng(0)
    root.mkdir()
    run = copied(runs.run.folder, root)
    planes = rng.normal(size=(6, len(samples), 2))
    run.save_arrays("inspection.npz", umap=rng.normal(size=(1797, 2)), neighbours=np.ones((1797, 5), np.int32))
    run.append({"event": "InspectionReady", "file": "inspection.npz"})
    run.save_arrays("umaps.npz", planes=planes, samples=samples)
    run.append({"event": "UmapsReady", "file": "umaps.npz"})

    def laid_out(moment) -> np.ndarray:
        """Where the browser is told that the samples of the UMAPs lie, in units of the plane."""
        file = (tmp_path / "static" / moment["at"].removeprefix("files/")).read_bytes()
        middle, reach = np.frombuffer(file[-16:], "<f4").reshape(2, 2)
        return middle + reach * np.frombuffer(file[:-16], "<i2").reshape(-1, 2)[samples] / UNIT / 0.9

    with app_over(root):
        at = inspect(Run.open(run), space="umap", was="A", since="2")
        scene = shown(at, "scene")
        assert scene["space"] == "umap" and scene["number"] == 5 and scene["trail"] == 2
        assert np.abs(laid_out(scene["moments"][scene["trail"]]) - planes[2]).max() < 1e-3
        for number in (4, 1):
            tell(at, "timeline", "moment", number)
            scene = shown(at, "scene")
            assert scene["number"] == number
            assert np.abs(laid_out(scene["moments"][number]) - planes[number]).max() < 1e-3


def test_a_run_that_trains_is_asked_for_news_also_before_its_first_snapshot(damaged, monkeypatch):
    asked = []
    monkeypatch.setattr(pulse, "_pulse", lambda **told: asked.append(told["data"]))
    damaged.set_status(replace(damaged.status, state="running", **this_process()))
    inspect(damaged.id)
    young = RunFolder.create(damaged.path.parent, damaged.config, "running")
    at = inspect(young.id)
    assert any("is about to begin" in item.value for item in at.markdown)
    assert [data["url"] for data in asked] == [f"pulse?run={run.id}" for run in (damaged, young)]
    assert [data["seen"] for data in asked] == [pulse.pulse_of(run) for run in (damaged, young)]


@pytest.mark.parametrize("damage", ["config.json", "status.json"])
def test_a_damaged_run_is_told_without_a_traceback(damaged, damage):
    (damaged.path / damage).write_text("{")
    at = inspect(damaged.id)
    assert not at.exception
    assert at.error or at.warning or damage == "status.json"


def test_a_run_without_snapshots_waits_for_them(damaged):
    (damaged.path / "events.jsonl").write_text("")
    for snapshot in (damaged.path / "snapshots").glob("*.npz"):
        snapshot.unlink()
    at = inspect(damaged.id)
    assert not at.exception and not at.error and any("Which ones?" in item.value for item in at.markdown)


def broken(folder: RunFolder, number: int) -> str:
    snapshot = sorted((folder.path / "snapshots").glob("*.npz"))[number]
    snapshot.write_bytes(b"PK\x03\x04 and no more")
    return snapshot.name


@pytest.mark.parametrize("n_damaged", [1, 2])
def test_of_a_damaged_newest_snapshot_the_newest_that_can_be_read_is_shown(damaged, n_damaged):
    for number in range(1, n_damaged + 1):
        broken(damaged, -number)
    at = inspect(damaged.id)
    assert not at.exception and not at.error and link(at) == {}
    assert "the latest readable one is shown" in at.warning[0].value
    assert f"at step {60 - 20 * n_damaged}" in headline(at) and shown(at, "gallery")["n_pages"] == 30


def test_where_no_moment_can_be_read_none_is_offered(damaged):
    for number in range(6):
        broken(damaged, number)
    at = inspect(damaged.id)
    assert len(at.error) == 1 and not at.exception
    assert not any("latest" in item.label for item in at.button)


def test_beside_a_damaged_newest_snapshot_the_others_can_be_seen(damaged):
    broken(damaged, -1)
    at = inspect(damaged.id, moment="3")
    assert not at.exception and not at.error and "at step 20" in headline(at)


def test_of_a_damaged_moment_one_comes_back_to_the_newest(damaged):
    name = broken(damaged, 3)
    at = inspect(damaged.id, moment="3")
    assert not at.exception and name in at.error[0].value
    named(at, "Go to the latest snapshot").click().run()
    is_whole(at, Run.open(damaged).at(-1))
    assert link(at) == {}


def test_frames_of_other_moments_are_made_although_one_is_damaged(damaged):
    broken(damaged, 3)
    moments = shown(inspect(damaged.id), "scene")["moments"]
    static = damaged.path.parents[1] / "static"
    files = [[static / told[name].removeprefix("files/") for name in ("at", "state")] for told in moments]
    made = [all(file.exists() for file in pair) for pair in files]
    assert made == [True, True, True, False, True, True]


def test_moments_made_again_after_a_resume_are_shown(damaged):
    at = inspect(damaged.id, side="wrong")
    chooses(at, Run.open(damaged).at(-1), Selection(side="wrong"))
    last = Run.open(damaged).snapshots[-1]
    shutil.copy(damaged.path / "snapshots" / "00004.npz", damaged.path / "snapshots" / "00007.npz")
    damaged.append({"event": "Resumed", "epoch": last["epoch"], "iteration": last["iteration"] - 20})
    damaged.append(last | {"file": "snapshots/00007.npz"})
    at.run()
    chooses(at, Run.open(damaged).at(-1), Selection(side="wrong"))


# -- what is taken away


def run_python(source: str, root, monkeypatch) -> np.ndarray:
    """What it chooses, run as one would beside the folder of runs."""
    monkeypatch.chdir(root.parent)
    names = {}
    exec(source, names)
    return names["chosen"]


def test_the_python_on_the_screen_gives_what_is_on_the_screen(app, runs, worst, monkeypatch, capsys):
    for query in (
        {"side": "wrong"},
        {**worst, "order": "outliers", "moment": "3"},
        {"moment": "0", "true": "9"},
        {"pin": f"{runs.run.folder.id}@3", "versus": "there", "order": "typical"},
        {"pin": runs.other.folder.id, "versus": "here", "moment": "4", "order": "index"},
        {"lasso": "pca:0,0,9,0,9,9,0,9", "order": "uncertain"},
    ):
        at = inspect(runs.run, **query)
        indices = run_python(at.code[0].value, runs.root, monkeypatch)
        tiles = [s["index"] for group in shown(at, "gallery")["groups"] for s in group["samples"]]
        assert len(indices) == n_bright(at) > 0 and indices[:60].tolist() == tiles
        assert capsys.readouterr().out.startswith(f"{len(indices)} [")


def test_nothing_chosen_is_nothing_to_take_away(app, runs):
    at = inspect(runs.run, index="5000")
    assert not at.exception and headline(at) == "**0 digits**: index 5000"


@pytest.mark.parametrize("order", ORDERS)
def test_python_gives_the_same_samples_in_the_same_order(runs, now, order, monkeypatch):
    for moment in (now, runs.run.at(3)):
        for selection in (
            Selection(),
            Selection(true="8", side="wrong"),
            Selection(cluster="C", min_confidence=0.13, max_confidence=0.9, unsettled=True),
            Selection(was="B", since=2, changed=True),
            Selection(index=(3, 1, 2), second="B"),
            Selection(lasso=(-9.0, -9.0, 0.1, -9.0, 0.1, 9.0, -9.0, 9.0), space="z0,z3"),
        ):
            indices = run_python(as_python(moment, selection, order), runs.root, monkeypatch)
            assert indices.tolist() == moment.select(selection, order=order).tolist()
    for group in ("digit", "cluster"):
        indices = run_python(as_python(now, Selection(side="wrong"), order, group), runs.root, monkeypatch)
        assert indices.tolist() == now.select(side="wrong", order=order, group=group).tolist()
    assert "at(-1)" in as_python(now, Selection(), order) and "at(3)" in as_python(runs.run.at(3), Selection(), order)


@pytest.mark.parametrize("versus", ["both", "here", "there", "neither", "agree", "differ"])
def test_python_names_the_moment_that_is_pinned(runs, now, versus, monkeypatch):
    selection, counts = Selection(versus=versus, true="8"), set()
    for beside in (runs.run.at(2), runs.other.at(-1), runs.other.at(runs.other.clustered[0])):
        source = as_python(now, selection, "wrong", other=beside)
        indices = run_python(source, runs.root, monkeypatch)
        assert indices.tolist() == now.select(selection, order="wrong", other=beside).tolist()
        counts.add(len(indices))
    assert counts != {0}
    assert "other" not in as_python(now, Selection(true="8"), "wrong", other=runs.run.at(2))


def test_python_writes_numbers_of_numpy_as_numbers(runs, now, monkeypatch):
    selection = Selection(max_confidence=np.round(np.quantile(now.confidence, 0.5), 2), was="B", since=np.int64(2))
    indices = run_python(as_python(now, selection, "index"), runs.root, monkeypatch)
    assert indices.tolist() == now.select(selection).tolist()


def test_a_bound_means_the_same_whoever_made_the_number(now):
    bounds = [round(0.01 * i, 2) for i in range(5, 100)]
    assert all(
        now.select(max_confidence=np.float64(x)).tolist() == now.select(max_confidence=x).tolist() for x in bounds
    )


def test_python_of_a_run_without_labels_and_before_there_are_clusters(runs, monkeypatch):
    now = runs.unlabelled.at(-1)
    indices = run_python(as_python(now, Selection(cluster="A"), "uncertain"), runs.root, monkeypatch)
    assert indices.tolist() == now.select(cluster="A", order="uncertain").tolist() and len(indices)
    first = runs.run.at(0)
    assert run_python(as_python(first, Selection(true="1"), "index"), runs.root, monkeypatch).tolist() == (
        np.flatnonzero(runs.run.y == 1).tolist()
    )


def test_a_table_has_a_row_for_each_sample_as_they_were_ordered(runs, now):
    index = now.select(side="wrong", order="wrong")[:40]
    table = as_table(now, index)
    letters = list("ABCDEFGHIJ")
    assert list(table.columns) == [
        "index", "index in file", "label", "cluster", "since step",
        *(f"q {x}" for x in letters), *(f"distance {x}" for x in letters),
    ]  # fmt: skip
    assert table["index"].tolist() == table["index in file"].tolist() == index.tolist()
    assert table["label"].tolist() == [str(y) for y in runs.run.y[index]]
    assert table["cluster"].tolist() == [runs.run.letters[k] for k in now.labels[index]]
    order = np.argsort(runs.run.cluster_order)
    assert np.abs(table[[f"q {x}" for x in letters]].to_numpy() - now.q[index][:, order]).max() < 1e-6
    held = now.arrays
    apart = np.sqrt(((held["z"][index, None].astype(float) - held["cluster_centers"][order]) ** 2).sum(axis=2))
    assert np.abs(table[[f"distance {x}" for x in letters]].to_numpy() - apart).max() < 1e-4
    own_q = [table[f"q {name}"][i] for i, name in enumerate(table["cluster"])]
    assert np.abs(np.array(own_q) - now.confidence[index]).max() < 1e-6
    again = pd.read_csv(io.StringIO(table.to_csv(index=False)))
    assert again["index"].tolist() == index.tolist() and np.abs(again["q A"] - table["q A"]).max() < 1e-6


def test_a_table_tells_no_more_than_is_known(runs):
    before = as_table(runs.run.at(0), np.array([5, 2]))
    assert list(before.columns) == ["index", "index in file", "label"] and before["index"].tolist() == [5, 2]
    columns = list(as_table(runs.unlabelled.at(-1), np.array([1])).columns)
    assert columns[:3] == ["index", "index in file", "cluster"] and len(columns) == 24
    assert len(as_table(runs.run.at(-1), np.zeros(0, int))) == 0


def test_a_table_names_the_place_in_the_whole_file(runs, digits):
    table = as_table(runs.labelled.at(-1), np.arange(100))
    assert table["index in file"].tolist() == list(range(0, 400, 4))
    assert table["label"].tolist() == ["abcdefghij"[y] for y in digits.y[:400:4]]


def test_arrays_hold_images_z_q_and_names(runs, now):
    index = now.select(true="8", order="typical")[:25]
    arrays = dict(np.load(io.BytesIO(as_npz(now, index))))
    assert set(arrays) == {"index", "x", "z", "y", "classes", "labels", "q", "letters"}
    assert arrays["index"].tolist() == index.tolist() and np.array_equal(arrays["x"], runs.run.images[index])
    assert np.array_equal(arrays["z"], now.z(index)) and np.array_equal(arrays["q"], now.q[index])
    assert arrays["classes"][arrays["y"]].tolist() == ["8"] * 25
    assert arrays["letters"][arrays["labels"]].tolist() == as_table(now, index)["cluster"].tolist()
    before = dict(np.load(io.BytesIO(as_npz(runs.run.at(0), index))))
    assert set(before) == {"index", "x", "z", "y", "classes"}
    assert set(np.load(io.BytesIO(as_npz(runs.unlabelled.at(-1), np.array([3]))))) == {
        "index", "x", "z", "labels", "q", "letters",
    }  # fmt: skip


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize(("n", "columns", "rows"), [(1, 1, 1), (19, 19, 1), (20, 20, 1), (21, 20, 2), (45, 20, 3)])
def test_a_contact_sheet_is_as_large_as_its_images_need(digits, n, columns, rows):
    sheet = pixels(contact_sheet(digits.images[:n], [str(i) for i in range(n)]))
    assert sheet.shape == (rows * (CELL + CAPTION), columns * CELL, 3)


def test_a_contact_sheet_shows_each_image_above_its_caption(digits):
    images = digits.images[:22].copy()
    images[21] = 0
    images[21, 3:5, 3:5] = 255
    sheet = pixels(contact_sheet(images, ["8 > A"] * 22, np.arange(22) == 21))
    last = sheet[CELL + CAPTION : 2 * CELL + CAPTION, CELL : 2 * CELL]
    assert (last[30:33, 30:33] == 255).all() and (last[10:20, 10:20] == 0).all()
    captions = sheet[CELL : CELL + CAPTION], sheet[2 * CELL + CAPTION :, CELL : 2 * CELL]
    assert captions[0].min() < 60 and np.ptp(captions[0], axis=2).max() == 0  # grey on white
    reddest = captions[1].reshape(-1, 3)[np.ptp(captions[1].reshape(-1, 3), axis=1).argmax()]
    assert reddest[0] > reddest[1] > reddest[2]
    assert (sheet[CELL + CAPTION :, 2 * CELL :] == 255).all()  # nothing after the last


def test_a_contact_sheet_keeps_colours():
    images = np.zeros((2, 5, 5, 3), np.uint8)
    images[0, :, :, 1] = 200
    sheet = pixels(contact_sheet(images, ["a", ""]))
    assert sheet[30, 30].tolist() == [0, 200, 0] and sheet[30, 94].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("n", "n_captions"), [(0, 0), (3, 2), (2, 3), (MOST + 1, MOST + 1)])
def test_a_contact_sheet_that_cannot_be_is_refused(n, n_captions):
    with pytest.raises(ValueError, match=f"images: received {n} with {n_captions} captions, expected 1 to {MOST}"):
        contact_sheet(np.zeros((n, 2, 2), np.uint8), ["x"] * n_captions)
