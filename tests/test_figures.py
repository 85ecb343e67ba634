import itertools
import json
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.analysis.metrics import confusion
from dec_core.analysis.naming import letter
from dec_core.figures.confusion import confusion_figure, sizes_figure
from dec_core.figures.curves import curves, curves_in_words
from dec_core.figures.embedding import frame
from dec_core.figures.palette import GREY, RIGHT, RUN_COLOURS, TEN, WRONG
from dec_core.figures.references import FOOT, HEIGHT, NARROW_HEIGHT, named_at, start_name
from dec_core.runs.history import History, RunReader

P_NOTES = {"p: mixture ", " p: from q"}


def unpack(data: bytes):
    length = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + length])
    n, at = header["n"], 4 + length
    xy = np.frombuffer(data, "<i2", 2 * n, at).reshape(n, 2)
    rest = np.frombuffer(data, np.uint8, -1, at + 4 * n).reshape(4, n)
    return header, xy, *rest


@given(st.integers(1, 50), st.sampled_from(["digit", "cluster", "wrong"]), st.integers(0, 99))
def test_a_frame_can_be_unpacked(n, colour_by, seed):
    rng = np.random.default_rng(seed)
    digits, labels = rng.integers(3, size=n), rng.integers(4, size=n)
    cluster_order, class_of = np.array([2, 0, 1, 3]), np.array([1, 2, 0, -1])
    known = {
        "digits": digits,
        "names": ["0", "one", "2"],
        "labels": labels,
        "cluster_order": cluster_order,
        "class_of": class_of,
    }
    packed = frame(rng.normal(size=(n, 2)), colour_by=colour_by, **known, run="r")
    header, xy, colours, wrong, cluster, digit = unpack(packed)
    assert header["n"] == n and header["run"] == "r" and (4 + len(json.dumps(header))) > 0
    assert np.array_equal(digit, digits) and np.array_equal(cluster, labels)
    assert np.array_equal(wrong.astype(bool), class_of[labels] != digits)
    assert np.array_equal(colours, {"digit": digits, "cluster": cluster_order[labels], "wrong": wrong}[colour_by])
    assert np.quantile(np.abs(xy), 0.9) <= 8192
    assert header["cluster_names"] == ["cluster C, of one", "cluster A, of 2", "cluster B, of 0", "cluster D"]


def test_a_frame_without_labels_and_clusters():
    header, xy, colours, _, cluster, digit = unpack(frame(np.zeros((3, 2)), colour_by="digit"))
    assert set(cluster) == set(digit) == {255} and header["labels"] == []
    assert header["palette"][colours[0]] not in TEN and not xy.any()


def test_a_frame_says_how_high_its_groups_are():
    plane = np.array([[0, -1.0], [0, 0], [0, 1], [5, 3], [5, 3], [5, 3]])
    header, xy, *_ = unpack(frame(plane, colour_by="digit", digits=np.repeat([0, 1], 3), names=["0", "1"]))
    high, flat = header["labels"]
    assert high["apart"] == pytest.approx(np.abs(xy[:3, 1] - xy[1, 1]).mean()) and high["apart"] > 0
    assert flat["apart"] == 0 and flat["at"] == xy[3].tolist()


def test_clusters_are_letters():
    assert [letter(i) for i in (0, 9, 25, 26, 51, 52)] == ["A", "J", "Z", "AA", "AZ", "BA"]


def test_the_confusion_figure_shows_counts_in_matched_order_with_errors_apart():
    y, labels = np.array([0, 0, 0, 1, 1]), np.array([1, 1, 0, 0, 0])
    figure = confusion_figure(confusion(y, labels, 2), np.array([1, 0]), ["coat", "bag"], "thing")
    heat = figure.data[0]
    assert [list(row) for row in heat.text] == [["2", "1"], ["", "2"]]
    assert heat.z[0][0] > 0 > heat.z[0][1] and heat.z[1][0] == 0
    assert "1 of thing coat are in cluster B" in heat.hovertext[0][1]
    assert figure.layout.uirevision == "confusion"
    assert [text[-1] for text in figure.layout.xaxis.ticktext] == ["A", "B"]
    assert list(sizes_figure(np.array([3, 7]), np.array([1, 0])).data[0].y) == [7, 3]


def test_clusters_have_the_colours_they_are_given_in_every_figure():
    y, labels, order, tones = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), np.array([1, 0]), ["#000001", "#000002"]
    ticks = confusion_figure(confusion(y, labels, 2), order, ["a", "b"], tones=tones).layout.xaxis.ticktext
    assert [("#000001" in text, text[-1]) for text in ticks] == [(True, "A"), (False, "B")]
    assert list(sizes_figure(np.array([3, 7]), order, tones=tones).data[0].marker.color) == tones
    header, _, colours, *_ = unpack(frame(
        np.eye(4, 2), colour_by="cluster", labels=labels, cluster_order=order, tones=tones
    ))  # fmt: skip
    assert header["palette"][:2] == tones and colours.tolist() == [0, 0, 1, 1]
    assert [(label["text"], label["colour"]) for label in header["labels"]] == [("A", "#000001"), ("B", "#000002")]


def test_curves_of_a_run_have_its_numbers_and_reference_lines(finished_run):
    history = RunReader(finished_run).refresh()
    figure = curves(history)
    lines = {trace.name: trace for trace in figure.data}
    assert list(lines["error"].x) == [1, 2, 3, 4, 5, 6]
    assert list(lines["Accuracy"].y) == [100 * r["acc"] for r in history.updates]
    assert list(lines["changed"].x) == [20, 40]
    said = {note.text for note in figure.layout.annotations}
    assert f"k-means on pixels {100 * history.baseline['acc']:.1f}" in said
    assert f"k-means on z {100 * history.centers['acc']:.1f}" in said
    newest = history.updates[-1]
    assert f"to {100 * newest['acc']:.1f} % by step 60, NMI is {newest['nmi']:.3f}" in curves_in_words(history)


def test_the_line_of_centers_drawn_at_random_is_not_that_of_kmeans(finished_run):
    plain, history = finished_run.config, RunReader(finished_run).refresh()
    for changes, name in (({}, "k-means on z"), ({"center_init": "random"}, "initial centers")):
        said = {note.text for note in curves(history, start=start_name(plain.changed(**changes))).layout.annotations}
        assert f"{name} {100 * history.centers['acc']:.1f}" in said
    assert start_name(plain.changed(method="autoencoder", center_init="random")) == "k-means on z"  # which it ends with


def test_curves_of_a_taught_run_name_its_phases_and_its_teacher(finished_run):
    history = RunReader(finished_run).refresh()
    taught = replace(history, mixture={"acc": 0.9234})
    notes = curves(taught, held=40).layout.annotations
    assert {note.text for note in notes} >= P_NOTES
    assert "UMAP + mixture 92.3" in {note.text for note in notes}
    just_begun = curves(taught, held=int(0.9 * taught.updates[-1]["iteration"])).layout.annotations
    assert P_NOTES & {note.text for note in just_begun} == {"p: mixture "}  # the other one would be cut off
    assert not P_NOTES & {note.text for note in curves(history).layout.annotations}
    lines = [shape.y0 for shape in curves(taught).layout.shapes]
    assert pytest.approx(92.34) in lines and len(lines) == 1 + len(curves(history).layout.shapes)


LINES = {"mixture": 0.982, "pixels": 0.681, "z": 0.547}


def test_each_reference_line_is_named_on_it_or_below_it_where_curves_leave_room():
    places = named_at(LINES, taken=[0.97, 0.96, 0.93, 0.0], foot=FOOT)
    assert places["pixels"] == pytest.approx(0.681, abs=0.01) and places["z"] == pytest.approx(0.547, abs=0.01)
    assert places["mixture"] + HEIGHT < 0.93  # below the curves, tied to its line
    crossed = named_at(LINES, taken=[0.72, 0.58], foot=FOOT)
    assert crossed["pixels"] + HEIGHT == pytest.approx(0.681, abs=0.01)  # hangs from it


@pytest.mark.parametrize("taken", [[0.97, 0.96, 0.93], [0.72, 0.6, 0.5, 0.0], [0.7, 0.65, 0.56, 0.53]])
def test_names_of_reference_lines_lie_on_no_curve_and_on_no_other(taken):
    places = sorted(named_at(LINES, taken, FOOT).values())
    assert not [(place, y) for place in places for y in [*taken, *LINES.values()] if place < y < place + HEIGHT]
    assert all(upper - lower >= HEIGHT for lower, upper in itertools.pairwise(places)) and places[0] >= FOOT


@pytest.mark.parametrize("levels", [LINES, {"mixture": 0.982, "z": 0.758, "pixels": 0.681}])
def test_names_on_a_phone_whose_panel_is_lower_lie_further_apart(levels):
    places = sorted(named_at(levels, [0.98, 0.95, 0.0], FOOT, NARROW_HEIGHT).values())
    assert len(places) == 3 and all(upper - lower >= NARROW_HEIGHT for lower, upper in itertools.pairwise(places))


def test_on_a_phone_each_reference_line_is_named_once_more_and_nothing_else_is_lost(finished_run):
    figure = curves(replace(RunReader(finished_run).refresh(), mixture={"acc": 0.9234}), held=40)
    assert figure.layout.meta["narrow"]["xaxis"]["domain"][1] < figure.layout.xaxis.domain[1]
    narrow = [note["text"] for note in figure.layout.meta["narrow"]["annotations"]]
    assert sorted(narrow) == sorted(note.text for note in figure.layout.annotations) and "UMAP + mixture 92.3" in narrow


def test_a_name_far_from_its_line_is_tied_to_it(history_of):
    history = history_of(mixture={"acc": 0.98})
    note = next(n for n in curves(history, held=40).layout.annotations if n.text == "UMAP + mixture 98.0")
    assert note.showarrow and note.y == pytest.approx(98) and note.ay < 95


def test_the_end_of_the_mixtures_target_is_marked_on_the_losses_too(history_of):
    history = history_of(kl=[{"iteration": i, "loss": 0.5, "reconstruction_loss": 0.02} for i in (10, 40, 60)])
    rules = [shape for shape in curves(history, gamma=0.3, held=40).layout.shapes if shape.x0 == shape.x1 == 40]
    assert {rule.xref for rule in rules} == {"x", "x2"}
    assert {rule.xref for rule in curves(history, gamma=0.3, held=70).layout.shapes if rule.x0 == 70} == {"x2"}
    title = next(note.text for note in curves(history, gamma=0.3).layout.annotations if "reconstruction" in note.text)
    assert "γ · KL" in title  # above the panel: no name lies on a line


@pytest.fixture
def history_of():
    updates = [{"iteration": i, "acc": a, "nmi": a, "ari": a - 0.02, "delta_label": 0.01}
               for i, a in ((0, 0.5), (20, 0.9), (40, 0.97), (60, 0.97))]  # fmt: skip
    return lambda **records: History(pretrain=[FIRST], updates=updates, **records)


def test_joint_losses_replace_the_pretraining_curve_once_there_are_some():
    progress = {"event": "ClusterProgress", "max_iterations": 99, "loss": 0.5, "reconstruction_loss": 0.02}
    history = History(pretrain=[FIRST])
    assert {trace.name for trace in curves(history, gamma=0.1).data} >= {"error"}
    for iteration in (10, 20):
        history = history.with_records({**progress, "iteration": iteration})
    lines = {trace.name: trace for trace in curves(history, gamma=0.1).data}
    assert list(lines["reconstruction"].y) == [0.02, 0.02] and list(lines["reconstruction"].x) == [10, 20]
    assert list(lines["γ · KL(p‖q)"].y) == [0.05, 0.05]


def test_curves_without_labels_show_what_needs_none():
    update = {"event": "TargetUpdated", "iteration": 0, "delta_label": 0.1, "silhouette": 0.4, "confidence": 0.8}
    lines = {trace.name: trace for trace in curves(History(pretrain=[FIRST], updates=[update])).data}
    assert curves_in_words(History(updates=[update])) == (
        "Silhouette went from 0.400 to 0.400 by step 0, Confidence is 0.800; 10.00 % of the images changed cluster."
    )
    assert list(lines["Silhouette"].y) == [40] and list(lines["Confidence"].y) == [80] and "Accuracy" not in lines


def test_curves_of_many_updates_keep_the_newest_and_what_is_below_zero():
    updates = [{"iteration": i, "silhouette": i / 2000 - 0.5, "confidence": 0.5, "delta_label": 0} for i in range(2000)]
    figure = curves(History(updates=updates))
    line = next(trace for trace in figure.data if trace.name == "Silhouette")
    assert len(line.x) == 400 and line.x[-1] == 1999
    assert figure.layout.yaxis2.range[0] < min(line.y)


FIRST = {"epoch": 1, "batch": 1, "n_batches": 9, "loss": 0.1, "n_epochs": 3}


@pytest.mark.parametrize("history", [History(), History(pretrain=[FIRST])])
def test_curves_of_a_run_that_has_hardly_begun(history):
    assert curves(history).to_json()
    assert curves_in_words(history)


def test_positions_of_samples_that_are_not_known_are_nowhere_and_the_scale_leads_back():
    from dec_core.figures.embedding import NOWHERE, UNIT, positions

    plane = np.random.default_rng(0).normal(size=(500, 2)) * [3, 2] + 7
    plane[::10] = np.nan
    packed = positions(plane)
    xy, scale = np.frombuffer(packed[:2000], "<i2").reshape(-1, 2), np.frombuffer(packed[2000:], "<f4")
    assert len(packed) == 4 * 500 + 16 and (xy[::10] == NOWHERE).all()
    known = np.isfinite(plane[:, 0])
    back = scale[:2] + scale[2:] * xy[known] / UNIT / 0.9
    assert np.abs(back - plane[known]).max() < 0.002 and (np.abs(xy[known]) < UNIT).mean() > 0.97
    # of the same part of the plane, a sample that does not move stays where it is
    middle, reach = scale[:2], scale[2:]
    again = np.frombuffer(positions(plane[known][:50], (middle, reach))[:200], "<i2").reshape(-1, 2)
    assert np.abs(again - xy[known][:50]).max() <= 1
    assert (np.frombuffer(positions(plane[:1]), "<i2")[:2] == NOWHERE).all()  # nothing is known


def test_clusters_and_confidence_are_a_byte_each():
    from dec_core.figures.embedding import clusters_and_confidence

    labels, cluster_order = np.array([0, 1, 1, 2]), np.array([2, 0, 1])
    packed = clusters_and_confidence(labels, cluster_order, np.array([0.0, 0.5, 1.0, np.nan]), 4)
    assert list(packed) == [2, 0, 0, 1, 0, 127, 254, 255]
    assert list(clusters_and_confidence(None, cluster_order, None, 2)) == [255] * 4


def test_every_colour_is_seen_on_white_and_on_the_dark_page():
    theme = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text())["theme"]
    pages = [theme["light"]["backgroundColor"], theme["dark"]["backgroundColor"]]
    contrasts = {
        (each, page): contrast(each, page) for each in (*TEN, *RUN_COLOURS, RIGHT, WRONG, GREY) for page in pages
    }
    assert contrast("#000000", "#ffffff") == 21 and min(contrasts.values()) >= 3, min(contrasts, key=contrasts.get)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.1: from 1 to 21."""
    parts = np.array([list(bytes.fromhex(each.removeprefix("#"))) for each in (one, other)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    darker, lighter = sorted(linear @ [0.2126, 0.7152, 0.0722] + 0.05)
    return lighter / darker


def test_the_ramp_goes_from_dark_to_light():
    from dec_core.figures.palette import N_RAMP, ramp

    colours = ramp()
    light = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in colours]
    assert len(set(colours)) == N_RAMP and light[0] < light[N_RAMP // 2] < light[-1]


def test_the_largest_changes_of_accuracy_are_marked_on_the_curves():
    scores = (0.5, 0.7, 0.701, 0.65, 0.9, 0.91, 0.93)
    history = History(updates=tuple({"iteration": i, "acc": acc} for i, acc in enumerate(scores)))
    marked = next(trace for trace in curves(history).data if trace.name == "largest changes")
    assert list(marked.x) == [4, 1, 3, 6] and np.allclose(marked.customdata, [25, 20, -5.1, 2])
    assert list(marked.marker.symbol) == ["triangle-up", "triangle-up", "triangle-down", "triangle-up"]
    history = History(updates=({"iteration": 0, "acc": 0.5}, {"iteration": 1, "acc": 0.504}))
    assert not any(trace.name == "largest changes" for trace in curves(history).data)


def test_a_frame_of_a_part_of_the_samples_names_the_groups_where_those_lie():
    from dec_core.figures.embedding import NOWHERE

    plane = np.random.default_rng(0).normal(size=(60, 2)) + np.repeat([[0, 0], [9, 9]], 30, axis=0)
    part = np.arange(60) % 3 == 0
    of_part = unpack(frame(plane[part], colour_by="digit", digits=np.repeat([0, 1], 10), names=["0", "1"]))
    plane[~part] = np.nan
    header, xy, *_ = unpack(frame(plane, colour_by="digit", digits=np.repeat([0, 1], 30), names=["0", "1"]))
    assert (header["n"], header["n_known"]) == (60, 20)
    assert (xy[~part] == NOWHERE).all() and (xy[part] == of_part[1]).all()
    assert header["labels"] == of_part[0]["labels"] and len(header["labels"]) == 2
