"""The numbers of one sample: by hand, against the library's own, and as they are shown, so that columns add up."""

from decimal import Decimal

import numpy as np
import pytest

from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.gallery import recordings
from dec_core.lessons.pieces import Code
from dec_core.reading.worked_numbers import rounded, worked, worked_numbers
from pages.shared.numbers import CODE, PARTS, numbers_data, text


@pytest.fixture(scope="module")
def now(recorded):
    return recorded("gallery-first-look")


def part(data, key):
    (found,) = [part for part in data["parts"] if part["key"] == key]
    return found


def value(written):
    return Decimal(written.replace("−", "-"))


def column(shown, key):
    (found,) = [column for column in shown["columns"] if column["key"] == key]
    scale = Decimal(10) ** -found["power"]
    return [value(cell) * scale for cell in found["cells"]], scale * value(found["sum"]) if found["sum"] else None


def test_two_centers_by_hand():
    numbers = worked(
        np.zeros(2), np.array([[0, 1], [2, 0]]), 1.0, sizes=np.array([2, 1]),
        image=np.array([0.0, 1.0]), reconstruction=np.array([0.5, 0.5]),
    )  # fmt: skip
    assert numbers.distances.tolist() == [1, 2] and numbers.kernels.tolist() == [0.5, 0.2]
    assert numbers.q == pytest.approx([5 / 7, 2 / 7])
    assert numbers.target.weights == pytest.approx([25 / 98, 4 / 49])
    assert numbers.target.p == pytest.approx([25 / 33, 8 / 33])
    assert numbers.target.terms == pytest.approx([25 / 33 * np.log(35 / 33), 8 / 33 * np.log(28 / 33)])
    assert numbers.error == 0.25
    narrow = worked(np.zeros(2), np.array([[0, 1], [2, 0]]), 3.0)
    assert narrow.kernels == pytest.approx([(4 / 3) ** -2, (7 / 3) ** -2]) and narrow.target is None
    assert narrow.error is None
    kept = worked(np.zeros(2), np.array([[0, 1], [2, 0]]), 1.0, kept_q=np.array([0.9, 0.1]))
    assert kept.kernels is None and kept.q.tolist() == [0.9, 0.1] and kept.distances.tolist() == [1, 2]


def test_far_from_all_centers_every_weight_may_be_zero_and_q_is_known(now, monkeypatch):
    far = worked(np.zeros(1), 1e5 * np.arange(1, 11)[:, None], 100.0)
    assert not far.kernels.any() and far.q[:2] == pytest.approx([1, 4.0**-50.5])
    monkeypatch.setattr("pages.shared.numbers.worked_numbers", lambda *_: far)
    shown = part(numbers_data(now, 0, ("q",)), "q")
    assert column(shown, "weight") == ([0] * 10, 0) and column(shown, "q")[1] == 1


def test_an_empty_cluster_has_no_target_and_no_term():
    target = worked(np.zeros(1), np.array([[1], [2]]), 1.0, sizes=np.array([3.0, 0.0])).target
    assert target.p.tolist() == [1, 0] and target.terms[1] == 0


@pytest.mark.parametrize("name", recordings())
def test_they_are_those_of_the_library(recorded, name):
    now = recorded(name)
    z, centers = now.z(now.rows), now.arrays["cluster_centers"]
    q = soft_assignment(z, centers.astype(np.float32), now.run.config.alpha)
    p = target_distribution(q)
    for index in range(0, now.run.n, now.run.n // 40):
        numbers = worked_numbers(now, index)
        assert numbers.q == pytest.approx(q[index], abs=1e-6) and numbers.q == pytest.approx(now.q[index], abs=1e-6)
        assert numbers.target.p == pytest.approx(p[index], abs=1e-6)
        assert numbers.target.p == pytest.approx(now.p[index], abs=1e-6)
        kl = np.sum(p[index] * np.log(p[index] / q[index]))
        assert numbers.target.terms.sum() == pytest.approx(kl, abs=1e-6)
        assert numbers.distances[now.labels[index]] == pytest.approx(now.distance[index], abs=1e-5, rel=1e-6)


def test_the_error_is_that_of_the_decoders_image(now, recorded):
    decoded = now.run.decode(now.z(70))[0] / 255
    assert worked_numbers(now, 70).error == pytest.approx(np.mean((decoded - now.run.images[70] / 255) ** 2), rel=0.02)
    assert worked_numbers(recorded("gallery-plain-dec"), 70).error is None
    assert "needs the decoder" in part(numbers_data(recorded("gallery-plain-dec"), 70), "error")["note"]


@pytest.mark.parametrize("name", recordings())
def test_columns_add_up_as_shown_and_follow_from_each_other(recorded, name):
    now = recorded(name)
    for index in range(0, now.run.n, now.run.n // 40):
        data, numbers = numbers_data(now, index), worked_numbers(now, index)
        order = np.argsort(now.run.cluster_order)
        of_q, of_p, of_loss = (part(data, key) for key in ("q", "p", "loss"))
        for shown, key in ((of_q, "weight"), (of_q, "q"), (of_p, "f"), (of_p, "share"), (of_p, "p"), (of_loss, "term")):
            cells, total = column(shown, key)
            assert sum(cells) == total, (index, key)
        (q, all_q), (p, all_p) = column(of_q, "q"), column(of_p, "p")
        assert all_q == 1 and all_p == 1
        assert np.array(q, float) == pytest.approx(numbers.q[order], abs=1e-3)
        assert np.array(p, float) == pytest.approx(numbers.target.p[order], abs=1e-3)
        assert column(of_p, "q")[0] == q == column(of_loss, "q")[0] and column(of_loss, "p")[0] == p
        # what somebody works out from the numbers that are shown
        (weights, weight), (shares, share) = column(of_q, "weight"), column(of_p, "share")
        assert np.array(weights, float) / float(weight) == pytest.approx(np.array(q, float), abs=2.1e-3)
        assert np.array(shares, float) / float(share) == pytest.approx(np.array(p, float), abs=2.1e-3)
        d = np.array(column(of_q, "d")[0], float)
        alpha = now.run.config.alpha
        off = 2.1e-4 if alpha == 1 else 0.03  # of d, which is rounded, the weight is far steeper then
        assert (1 + d**2 / alpha) ** (-(alpha + 1) / 2) == pytest.approx(np.array(weights, float), abs=off)


def test_rounded_parts_differ_from_the_whole_by_less_than_a_step():
    rng = np.random.default_rng(0)
    for decimals in (0, 1, 3):
        for _ in range(200):
            values = rng.normal(size=rng.integers(1, 20)) * 10.0 ** rng.integers(-2, 2)
            parts = rounded(values, decimals)
            assert np.abs(parts - values).max() < 10.0**-decimals
            assert round(parts.sum(), decimals) == pytest.approx(round(values.sum(), decimals), abs=1e-9)


@pytest.mark.parametrize(("number", "written"), [(-0.0004, "0.000"), (-0.5, "−0.500"), (12, "12.000")])
def test_numbers_as_texts(number, written):
    assert text(number, 3) == written


@pytest.mark.parametrize("key", PARTS)
def test_the_line_of_code_stands_where_it_is_said_to(key):
    function, line = CODE[key]
    assert Code(function=function, line=line).meant


def test_a_mixtures_target_is_said_not_to_be_known(now):
    run = now.run
    held = next(moment for moment in map(run.at, run.clustered) if moment.holds_first_target)
    data = numbers_data(held, 70)
    assert part(data, "q")["columns"]
    for key in ("p", "loss"):
        assert "columns" not in part(data, key) and "UMAP and the mixture" in part(data, key)["note"]


def test_what_is_not_known_of_a_sample_is_said(recorded):
    now = recorded("gallery-plain-dec")
    now.__dict__["q"] = np.full((now.run.n, 10), np.nan, np.float32)  # as in runs of before
    assert worked_numbers(now, 3) is None
    assert "not known" in numbers_data(now, 3)["lacking"]


def test_the_loss_of_joint_training_is_put_together(now):
    config, numbers = now.run.config, worked_numbers(now, 70)
    loss = config.gamma * numbers.target.terms.sum() + numbers.error
    assert f"= {loss:.3f}" in part(numbers_data(now, 70), "loss")["note"]
