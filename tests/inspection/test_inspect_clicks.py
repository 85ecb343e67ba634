"""Inspect without a browser: what is clicked, and what a late request must not undo."""

from base64 import b64decode

import numpy as np
import pytest
from inspect_screen import (
    chooses,
    goes_back,
    headline,
    inspect,
    is_whole,
    late,
    link,
    named,
    shown,
    tell,
    there,
    widget,
)
from screens import PATIENCE, send, widget_states
from streamlit.testing.v1 import AppTest

from dec_core.analysis.verdict import thousands
from dec_core.reading.selection import Selection

pytestmark = pytest.mark.slow


def test_a_cell_a_row_or_a_column_of_the_matrix_chooses(app, runs, now):
    at = inspect(runs.run, sample="3", page="2")
    tell(at, "matrix", "cell", {"row": 9, "column": 3})
    chooses(at, now, Selection(true="9", cluster="D"))
    tell(at, "matrix", "cell", {"row": -1, "column": 1})
    chooses(at, now, Selection(cluster="B"))
    tell(at, "matrix", "cell", {"row": 4, "column": -1})
    chooses(at, now, Selection(true="4"))
    count = headline(at).split("**")[1]  # which the button says that a phone has
    assert shown(at, "to_images_button")["label"] == f"Show the {count} ↓"
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
