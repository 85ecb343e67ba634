"""The numbers that lessons say are those that the library's formulas give."""

from typing import NamedTuple

import numpy as np
import pytest

from dec_core.analysis.assignment import soft_assignment, target_distribution
from dec_core.lessons import lessons
from dec_core.reading.worked_numbers import worked_numbers
from pages.learn import scenes


class Moved(NamedTuple):
    """Mean KL over the points; of each group, and of all points, how many each center has.

    The stepper shows `kl_before` after a move, and `kl` once there is a new p.
    """

    kl: float
    of_groups: list
    counts: list
    kl_before: float  # with p as it was during the move


def divergence(p, q):
    return np.mean(np.sum(p * np.log(p / q), axis=1))


def updates(start, n, alpha=1.0, interval=1, rate=0.1, corner=None):
    """What there is before the first and after each of n moves; p is that which is new, where it is."""
    z, centers = scenes.points(4, 7), scenes.centers(start, 4, 7)
    if corner is not None:
        centers[-1] = corner
    p, told = target_distribution(soft_assignment(z, centers, alpha)), []
    for move in range(n + 1):
        q = soft_assignment(z, centers, alpha)
        before = divergence(p, q)
        if move % interval == 0:
            p = target_distribution(q)
        nearest = q.argmax(axis=1).reshape(4, -1)  # of each group of 50
        of_groups = [np.bincount(group, minlength=4).tolist() for group in nearest]
        told.append(
            Moved(np.mean(np.sum(p * np.log(p / q), axis=1)), of_groups, np.sum(of_groups, axis=0).tolist(), before)
        )
        away = z[:, None] - centers
        weight = (alpha + 1) / alpha * (p - q) / (1 + np.sum(away**2, axis=2) / alpha)
        force = weight[..., None] * away
        z, centers = z - rate * force.sum(axis=1), centers + rate * force.sum(axis=0)
    return told


def lesson(name):
    return next(lesson for lesson in lessons()[0] if lesson.name == name)


def text_of(name):
    return " ".join(lesson(name).path.read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def text():
    return text_of("update")


def test_a_good_start_gets_plainer_and_hardly_any_point_changes_sides(text):
    (kl, _, counts, _), *_, (_, _, after, last) = updates("good", 100)
    assert f"KL falls: {kl:.3f} before the first move, {last:.3f} after 100" in text
    a, b, c, d = after
    assert counts == [50] * 4 and f"afterwards A has {a}, B {b}, C {c} and D {d}" in text


def test_two_centers_in_one_group_stay_there_while_the_loss_falls(text):
    told = updates("merged", 200)
    most, then, last = max(each.kl_before for each in told[1:]), told[100].kl_before, told[200].kl_before
    assert f"rises at first, to {most:.3f}, since each move is followed by a new p" in text
    assert f"then it falls: to {then:.3f}, and to {last:.3f} if you play on" in text
    assert told[1].kl_before < most  # as the curve shows it
    (a, b, *_), (_, _, first, _), (_, _, second, _), _ = told[100].of_groups
    assert f"{a} of its 50 points went to A, {b} to B" in text
    assert f"C has most of two groups, {first} points of the one and {second} of the other" in text
    assert min(told[200].of_groups[0][:2]) > 15  # the guess's answer
    assert min(group[2] for group in told[200].of_groups[1:3]) > 35


def test_a_far_center_stays_out_and_comes_in_from_the_side_of_its_group(text):
    assert f"After 100 moves D has {updates('far', 100)[100].counts[-1]} points" in text
    for corner in ((-5.6, 3.0), (-5.7, 0.0), (-5.6, -3.0)):
        assert updates("far", 10, corner=corner)[10].counts[-1] >= 47, corner


def test_what_the_knobs_do_is_as_said(text):
    held = updates("good", 51, interval=50)
    assert f"After move 50, KL jumps from {held[50].kl_before:.3f} to {held[51].kl_before:.3f}" in text
    assert f"KL is {updates('good', 0, alpha=10)[0].kl:.3f} before the first move" in text
    short = updates("good", 100, alpha=0.1)
    assert f"KL rises, to {short[100].kl_before:.3f} after 100 moves" in text and short[100].kl_before > short[0].kl
    long = updates("good", 5, rate=1)
    assert long[5].counts[3] == 0 and long[5].kl_before > 1
    assert f"D has no point left, and KL is above 1 after the fifth move, where it was {long[0].kl:.3f}" in text


def test_the_pull_on_the_ringed_point_is_as_said(text):
    z, centers = scenes.points(4, 7), scenes.centers("good", 4, 7)
    q = soft_assignment(z, centers)
    p, distance = target_distribution(q), np.linalg.norm(z[0] - centers[0])
    pull = 2 * (p[0, 0] - q[0, 0]) / (1 + distance**2)
    assert f"={pull:.2f}\\cdot" in text and (p[0, 1:] < q[0, 1:]).all()
    assert f"{distance:.2f}={pull * distance:.2f}$" in text and f"a step of {0.1 * pull * distance:.3f}" in text
    assert f"q = {q[0, 0]:.2f} and p = {p[0, 0]:.2f} for A, and lay {distance:.2f} from it" in text


def test_what_the_lesson_on_q_says_of_its_plane_is_so():
    text, plane = text_of("soft-assignment"), lesson("soft-assignment").steps[2].pieces[0].options
    point, centers = np.array([plane.point]), np.array(plane.centers)
    a, b, c = (soft_assignment(point, centers, alpha)[0, 0] for alpha in (1, 0.1, 10))
    assert f"A has {a:.3f} at $\\alpha = 1$, it has {b:.3f} at $\\alpha = 0.1$ and {c:.3f} at $\\alpha = 10$" in text
    on_top = soft_assignment(centers[:1], centers)[0, 0]
    away = np.array([plane.centers[0], (4, 2.5), (4, -2.5)])  # the others as far as they go
    assert 0.85 < on_top < 0.9 < soft_assignment(centers[:1], away)[0, 0] < 1
    assert (soft_assignment(np.array([(-4, -2.5), (4, -2.5)]), centers).max(axis=1) < 0.5).all()  # in a lower corner
    zero = np.zeros((1, 1))
    twice, far, near = (soft_assignment(zero, np.array([[d], [-e]]))[0, 0] for d, e in ((1, 2), (3, 6), (0, 2)))
    assert f"answer: {100 * twice:.1f}" in text and f"1 and 2 give {twice:.3f}" in text
    assert f"twice as far: {far:.3f}" in text and f"2 from the other: {near:.3f}" in text


def p_of(q, full):
    """p of one point, where the clusters are so full."""
    weight = np.square(q) / full
    return weight / weight.sum()


def target_of(step):
    """p of both points of a step's piece."""
    piece = step.pieces[0].options
    q = np.array([point.q for point in piece.points])
    return [p_of(row, piece.others + q.sum(axis=0)) for row in q]


def test_what_the_lesson_on_p_says_of_its_points_is_so():
    text, steps = text_of("target"), lesson("target").steps
    sure, unsure = target_of(steps[1])
    assert f"from 0.9 to {sure[0]:.3f}, and the unsure one only from 0.40 to {unsure[0]:.2f}" in text
    sure, unsure = target_of(steps[2])
    assert f"stays with A: {sure[0]:.3f}" in text and f"leans to **B**: from 0.35 to {unsure[1]:.3f}" in text
    assert f"answer: {100 * p_of((0.6, 0.4), (1, 1))[0]:.1f}" in text
    assert f"*less* sure of it: {p_of((0.6, 0.4), (2, 1))[0]:.3f}" in text
    q = np.arange(50, 101) / 100
    gain = np.round([p_of((each, 1 - each), (1, 1))[0] - each for each in q], 3)
    most = q[gain == gain.max()]
    assert f"p − q is largest at {most[0]:.2f} to {most[-1]:.2f}, and is {gain.max():.3f} there" in text


def test_the_real_digit_of_the_lessons_on_q_and_p_lies_as_they_say(recorded):
    now, digit = recorded("gallery-first-look"), 6220
    numbers, q_text, p_text = worked_numbers(now, digit), text_of("soft-assignment"), text_of("target")
    assert f"sample: {digit}" in q_text and f"sample: {digit}" in p_text
    nine, four = (int(np.flatnonzero(now.class_of == number)[0]) for number in (9, 4))
    q, p, rest = numbers.q, numbers.target.p, np.delete(np.arange(10), [nine, four])
    assert now.run.y[digit] == 4 and q.argmax() == nine and numbers.distances[rest].min() > 3
    assert (
        f"9s, at distance {numbers.distances[nine]:.2f}, and that of the 4s, at {numbers.distances[four]:.2f}" in q_text
    )
    assert f"{q[nine]:.3f} for the 9s and {q[four]:.3f} for the 4s" in q_text
    assert f"None has more than {q[rest].max():.3f}, and still they have {q[rest].sum():.3f} together" in q_text
    assert f"the largest q of all digits of this run is {now.q.max():.3f}" in q_text
    assert f"q is {q[nine]:.3f} and {q[four]:.3f}" in p_text and f"above {q[rest].max():.3f}" in p_text
    assert f"p is {p[nine]:.3f} for the 9s and {p[four]:.3f} for the 4s" in p_text
    assert (
        f"by {q[nine] - q[four]:.3f}, and are to be ahead by {np.round(p[nine], 3) - np.round(p[four], 3):.3f}"
        in p_text
    )
