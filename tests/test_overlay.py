"""Curves over each other, and the table beside them."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dec_core.analysis.spread import spread_of
from dec_core.figures.comparison import (
    Cell,
    Contestant,
    Row,
    compared_with_reference,
    comparison_table,
    findings,
    is_of_one_seed,
)
from dec_core.figures.overlay import AXES, SCORES, Line, band, line_of, overlay, overlay_in_words, smoothed
from dec_core.figures.shown import value_text
from dec_core.presets import PRESETS


def history(accuracies, seconds=1.0):
    """As if it were trained: two epochs of ten batches, then an update every ten steps."""
    pretrain = [
        {"epoch": epoch, "batch": 10, "n_batches": 10, "loss": 1 / epoch, "seconds": seconds * epoch}
        for epoch in (1, 2)
    ]
    updates = [
        {"iteration": 10 * i, "acc": acc, "delta_label": 0.1, "seconds": seconds * (3 + i)}
        for i, acc in enumerate(accuracies)
    ]
    return SimpleNamespace(pretrain=pretrain, updates=updates)


def line(*histories, held=0, name="a"):
    return Line(name, "#0077bb", histories, n_samples=100, batch_size=10, held=held)


def score_trace(figure, name="a"):
    (found,) = [t for t in figure.data if t.name == name and t.xaxis == "x2" and t.mode != "markers"]
    return found


@pytest.mark.parametrize(
    ("by", "losses", "scores"),
    [("iteration", [10, 20], [0, 10, 20]), ("epoch", [1, 2], [0, 1, 2]), ("seconds", [1, 2], [3, 4, 5])],
)
def test_curves_run_along_steps_epochs_or_seconds(by, losses, scores):
    figure = overlay([line(history([0.5, 0.6, 0.7]))], "acc", by)
    assert list(score_trace(figure).x) == scores
    assert list(score_trace(figure).y) == pytest.approx([50, 60, 70])
    (loss,) = [t for t in figure.data if t.xaxis == "x"]
    assert list(loss.x) == losses and list(loss.y) == [1, 0.5]


def test_several_seeds_are_a_mean_with_a_band_and_an_ended_run_keeps_its_value():
    x, mean, low, high = band([(np.array([0, 10]), np.array([0, 1])), (np.array([0, 20]), np.array([0.5, 0.5]))])
    at = {place: int(np.abs(x - place).argmin()) for place in (0, 10, 20)}
    assert [low[at[0]], mean[at[0]], high[at[0]]] == [0, 0.25, 0.5]
    assert [low[at[20]], mean[at[20]], high[at[20]]] == [0.5, 0.75, 1]
    figure = overlay([line(history([0.5, 0.6]), history([0.7, 0.8]))], "acc", "iteration")
    assert score_trace(figure).y[-1] == pytest.approx(70)
    assert any(trace.fill == "toself" and max(trace.y) == pytest.approx(80) for trace in figure.data)


def test_smoothing_in_worked_numbers_and_off():
    assert smoothed(np.array([1.0, 1.0, 1.0]), 0.9) == pytest.approx([1, 1, 1])
    assert smoothed(np.array([0.0, 1.0]), 0.5) == pytest.approx([0, 0.5 / 0.75])
    plain = overlay([line(history([0.5, 0.9]))], "acc", "iteration")
    smooth = overlay([line(history([0.5, 0.9]))], "acc", "iteration", 0.6)
    assert len(smooth.data) == len(plain.data) + 2  # the values themselves stay, thin
    assert score_trace(plain).y[-1] == pytest.approx(90) and score_trace(smooth).y[-1] < 85


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30), st.floats(0, 0.99))
def test_a_smoothed_curve_stays_within_its_values(values, weight):
    smooth = smoothed(np.array(values), weight)
    assert smooth[0] == pytest.approx(values[0], abs=1e-6)
    assert smooth.min() >= min(values) - 1e-6 and smooth.max() <= max(values) + 1e-6


def test_the_phase_in_which_p_is_the_mixtures_is_marked():
    (mark,) = [t for t in overlay([line(history([0.5, 0.6, 0.7]), held=15)], "acc", "iteration").data
               if t.mode == "markers"]  # fmt: skip
    assert list(mark.x) == [20] and list(mark.y) == pytest.approx([70])
    assert not [
        t for t in overlay([line(history([0.5, 0.6]), held=15)], "acc", "iteration").data if t.mode == "markers"
    ]


def test_runs_that_have_not_begun_to_cluster_are_no_error():
    empty = SimpleNamespace(pretrain=[], updates=[])
    for by in AXES:
        figure = overlay([line(empty), line(history([]), held=5)], "acc", by)
        assert any("once the centers" in note.text for note in figure.layout.annotations)
    assert overlay_in_words([line(empty)], "acc") == "No curve yet."


def test_words_say_where_all_stand():
    words = overlay_in_words([line(history([0.5, 0.6]), history([0.8])), line(history([0.9]), name="b")], "acc")
    assert words == "Accuracy: a 70.0, b 90.0."


def test_what_there_is_not_is_refused():
    with pytest.raises(ValueError, match="received 'f1' by 'iteration', expected one of acc"):
        overlay([], "f1", "iteration")
    assert set(AXES) == {"iteration", "epoch", "seconds"} and "kl_divergence" in SCORES


def test_the_table_escapes_what_people_write():
    rows = [Row("<script>x</script>", "under & way", "#fff", [Cell("–"), Cell("1 <2", [("▲ 1", "up")], 'told "so"')])]
    html = comparison_table([("a<b", "c")], rows)
    assert "<script>" not in html and "&lt;script&gt;" in html and "a&lt;b" in html
    assert 'class="up"' in html and "told &quot;so&quot;" in html


def test_slower_is_worse_and_higher_is_better():
    def one(name, acc, seconds):
        spreads = {"acc": spread_of(acc), "seconds": spread_of(seconds)}
        return Contestant(name, "#fff", None, spreads)

    html = compared_with_reference(
        [one("a", (0.7, 0.71, 0.72), (1, 2, 3)), one("b", (0.8, 0.81, 0.82), (10, 11, 12))], 0, []
    )
    assert html.count('class="up"') == html.count('class="down"') == 1
    assert html.index('class="up">▲ 10.00 points') < html.index('class="down">▲ 9 s')


def test_names_are_any_text_and_marked_up_once():
    lines = [line_of("A & <b>", "#fff000", [history([0.5, 0.6, 0.7])], 100, PRESETS["fast"])]
    assert score_trace(overlay(lines, "acc", "iteration"), "A &amp; &lt;b&gt;").y[-1] == pytest.approx(70)
    assert overlay_in_words(lines, "acc").startswith("Accuracy: A & <b> 70.0")


def test_a_mean_begins_where_all_have_begun():
    early, late = (np.array([10.0, 20.0]), np.array([0.0, 1.0])), (np.array([16.0, 20.0]), np.array([0.5, 0.5]))
    x, mean, low, high = band([early, late])
    assert x[0] == 16 and mean[0] == pytest.approx((0.6 + 0.5) / 2) and low[0] == 0.5 and high[-1] == 1


def test_only_a_first_target_of_a_mixture_is_held():
    taught = PRESETS["fast"]
    assert line_of("a", "#fff", [], 1, taught).held == taught.first_target_steps > 0
    assert line_of("a", "#fff", [], 1, taught.changed(first_target="kmeans")).held == 0


def test_differences_in_words():
    def one(name, *values):
        return Contestant(name, "#fff", None, {"acc": spread_of(values)})

    best, worse = one("a", 0.98, 0.985, 0.99), one("b", 0.90, 0.91, 0.92)
    alike, alone = one("c", 0.985, 0.97), one("d", 0.5)
    said = findings([best, worse, alike, alone, Contestant("e", "#fff", None, {})], 0)
    assert said == [
        "“b” is 7.50 points below “a” in accuracy, more than the spread over their 3 and 3 seeds.",
        "“c” and “a”: no difference in accuracy beyond the spread of the seeds.",
        "“d” is 48.50 points below “a” in accuracy; one seed against several: it may be chance.",
    ]
    assert findings([one("f", 0.5), one("g", 0.5)], 0) == [
        "“g” and “f” are equal in accuracy; one seed each: it may be chance."
    ]
    assert findings([one("f", 0.5), one("h", 0.504)], 0) == [
        "“h” and “f”: no difference in accuracy beyond what another seed alone makes (one seed each)."
    ]
    assert findings([Contestant("e", "#fff", None, {}), best], 0) == []
    assert is_of_one_seed([one("f", 0.5), one("g", 0.9)], 0)
    assert not is_of_one_seed([best, alone], 0) and not is_of_one_seed([alone], 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (None, "all"),
        ((500, 10), "500, 10"),
        (0.001, "0.001"),
        (10, "10"),
        ("own-mine-0c01ec78a0fa", "mine"),
    ],
)
def test_values_as_one_reads_them(value, words):
    assert value_text(value) == words
