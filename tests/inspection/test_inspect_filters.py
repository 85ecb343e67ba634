"""Inspect without a browser: what each filter chooses."""

import numpy as np
import pytest
from inspect_screen import chooses, headline, inspect, is_whole, link, n_bright, named, shown, tell, widget

from dec_core.reading.selection import Selection

pytestmark = pytest.mark.slow


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
