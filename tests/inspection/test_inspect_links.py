"""Inspect without a browser: what a link opens, and what it gets wrong."""

from base64 import b64decode

import numpy as np
import pytest
from inspect_screen import chooses, goes_back, inspect, is_whole, link, n_bright, said, shown, tell, there, widget

from dec_core.analysis.verdict import thousands
from dec_core.reading.selection import Selection

pytestmark = pytest.mark.slow

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


def test_a_link_that_somebody_goes_back_to_is_followed(app, runs, now, monkeypatch):
    at = inspect(runs.run, true="9")
    goes_back(at, monkeypatch, true="4", order="typical")
    chooses(at, now, Selection(true="4"), order="typical")
