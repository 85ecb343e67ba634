"""What lessons say of recordings is what the recordings hold."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest

from benchmarks.recordings import OF_SEEDS, PLAIN, RIDDLES
from dec_core.analysis.verdict import doubts, most_mixed
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.fields import parse
from dec_core.figures.references import start_name
from dec_core.gallery import RUNS
from dec_core.lessons import lessons
from dec_core.presets import PRESETS
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from dec_core.runs.subset import example_index
from pages.train.state import IN_LINK

FIELD_OF = {short: name for name, short in IN_LINK.items()}


def last(name):
    return Run.open(RunFolder(RUNS / f"gallery-{name}")).at(-1)


def acc(name):
    return last(name).run.folder.status.outcome["acc"]


def records(name):
    return RunFolder(RUNS / f"gallery-{name}").records()[0]


def scored(name, what):
    """ACC of a baseline of a recording, of 100; of k-means on z, with which clustering begins, as Centers."""
    event = {"Centers": "CentersInitialized"}.get(what, f"{what}Scored")
    return round(100 * next(record["acc"] for record in records(name) if record["event"] == event))


def pieces(lesson, kind):
    return [p.options for each in lessons()[0] if each.name == lesson for step in each.steps for p in step.pieces
            if p.name == kind]  # fmt: skip


def ways(lesson):
    """The ways to other screens that a lesson's checks show after the right answer."""
    return [check.then for check in pieces(lesson, "check") if check.then]


def text_of(lesson):
    path = next(each.path for each in lessons()[0] if each.name == lesson)
    return " ".join(path.read_text(encoding="utf-8").split())


def distances(*samples):
    """Distances in pixels from 0 to 1 between images of MNIST, and the images."""
    images = load("mnist", max(samples) + 1).images[list(samples)] / 255
    flat = images.reshape(len(samples), -1)
    return np.linalg.norm(flat[:, None] - flat, axis=2), images


def test_the_three_digits_of_the_lesson_on_pixels_look_as_it_says():
    (apart, images), text = distances(*pieces("pixels", "digits")[0].samples), text_of("pixels")
    assert apart[0, 2] < min(apart[0, 1], apart[1, 2])  # the guess's answer
    ink, width = images.sum(axis=(1, 2)), (images > 0.5).any(axis=1).sum(axis=1)
    assert ink[1] > 1.5 * max(ink[0], ink[2]) and width[1] > 1.2 * max(width[0], width[2])  # B is wide and thick
    shifted = np.linalg.norm(images[0] - np.roll(images[0], 2, axis=1))
    assert f"it is {shifted:.1f} from where it was: farther than from C" in text and shifted > apart[0, 2]


def test_what_kmeans_on_pixels_does_is_one_number_wherever_it_is_said():
    plain, deskewed = scored("plain-dec", "Baseline"), scored("first-look", "Baseline")
    assert f"{plain} of 100 digits end in the right group" in text_of("pixels")
    assert f"k-means on the pixels has {plain}, and k-means on z, before the first update, " in text_of("digits")
    assert f"k-means on the pixels alone has {deskewed} of 100, not {plain}" in text_of("digits")


def test_near_neighbors_in_pixels_are_mostly_of_one_kind():
    data = load("mnist", 10_000)
    x, asked = data.x.astype(np.float32) / 255, np.random.default_rng(1).choice(10_000, 1000, replace=False)
    squared = np.square(x).sum(axis=1) - 2 * x[asked] @ x.T  # but for the length of what is asked
    nearest = np.argpartition(squared, 10, axis=1)[:, :11]  # and itself, which is not counted
    assert "91 of 100 are of the same kind" in text_of("labels")  # of all 10 000: 0.9056
    alike = (np.sum(data.y[nearest] == data.y[asked, None], axis=1) - 1) / 10
    assert alike.mean() == pytest.approx(0.906, abs=0.015)


def test_what_the_tutorials_dec_makes_of_all_digits_is_as_said():
    said = f"the tutorial's DEC has {round(100 * acc('tutorial-dec'))} of 100. k-means on its z has "
    assert f"{said}{scored('tutorial-dec', 'Centers')} before the first update" in text_of("digits")


def test_what_plain_dec_makes_of_digits_is_as_said():
    many, shared = pieces("digits", "guess")
    now, text = last("plain-dec"), text_of("digits")
    assert pieces("digits", "replay")[0].run == "gallery-plain-dec"
    assert many.answer == round(100 * acc("plain-dec"))
    start = scored("plain-dec", "Centers")
    assert f"before the first update, {start}." in many.why and f"from {start} to {many.answer:.0f} of 100" in text
    counts = now.confusion.counts
    mixed = [j for j in range(10) if all(counts[digit, j] > 180 for digit in (4, 7, 9))]
    assert shared.answer == "4, 7 and 9" and len(mixed) == 2 and counts[[4, 7, 9]][:, mixed].sum() > 0.97 * counts[
        [4, 7, 9]
    ].sum()  # fmt: skip
    wrong = [counts[:, j].sum() - counts[:, j].max() for j in range(10)]
    second = np.argsort(wrong)[-3]  # the cluster that comes after those two
    assert {*np.argsort(wrong)[-2:]} == set(mixed) and sorted(np.argsort(counts[:, second])[-3:]) == [3, 5, 8]
    assert (counts[1] > 0.4 * counts[1].sum()).sum() == 2  # the digit that got two groups


def test_what_help_makes_of_it_is_as_said():
    now, text = last("first-look"), text_of("digits")
    mixed = most_mixed(now.confusion)
    right = round(10_000 * acc("first-look"))
    assert f"{right // 1000} {right % 1000:03d} of 10 000 end up in the group of their kind" in text_of("tour")
    assert f"With the help, {100 * acc('first-look'):.0f} of 100 are right" in text
    assert sorted((mixed.one, mixed.other)) == [1, 2] and "1s and 2s are now mixed up most" in text
    config = now.run.config
    assert config.deskew and config.first_target == "umap_gmm" and "held for two thirds of the training" in text
    assert config.first_target_steps / config.max_iterations == pytest.approx(2 / 3, abs=0.03)


def test_how_well_z_of_several_sizes_draws_and_is_sorted():
    of, text = {n: f"{100 * acc(f'z-{n}'):.0f}" for n in (2, 10, 32)}, text_of("autoencoder")
    assert f"puts {of[2]} of 100 digits into the right group with 2 numbers, {of[10]} with 10" in text
    assert f"and only {of[32]} with 32" in text
    two, five, ten, more = (
        [record["loss"] for record in records(f"z-{n}") if record["event"] == "PretrainProgress"][-1]
        for n in (2, 5, 10, 32)
    )
    assert f"is {two:.3f} with 2 numbers, {five:.3f} with 5, {ten:.3f} with 10, and {more:.3f} with 32" in text
    assert more > ten - 0.001 and five > 1.3 * ten  # the guess's answer


def errors_of(name):
    """Mean squared difference between the ten digits that a recording draws again and what went in; and to centers."""
    now = last(name)
    run = now.run
    images = load(run.config.dataset, 10_000, upright=run.config.deskew).images[example_index(run.n, run.y)] / 255
    drawn = now.arrays["reconstructions"].reshape(images.shape) / 255
    centers = now.arrays["decoded_centers"][np.argsort(run.cluster_order)].reshape(images.shape) / 255
    return np.mean((drawn - images) ** 2), np.mean((drawn - centers) ** 2)


def test_what_the_decoder_draws_with_several_gammas_is_as_said():
    text = text_of("decoder")
    left, small, large = (errors_of(f"gamma-{gamma}") for gamma in ("0", "0-1", "10"))
    assert f"Left behind, {left[0]:.3f}" in text and f"0.1, error {small[0]:.3f}" in text
    assert f"10, error {large[0]:.3f}" in text and large[1] < 0.001 < small[1]  # each drawing is that of its center
    assert {round(100 * acc(f"gamma-{gamma}")) for gamma in ("0", "0-1", "1", "10")} == {98}
    assert "just as well: 98 of 100, as do the three others" in text


def test_what_is_said_without_labels_of_plain_dec_and_what_labels_say_of_it():
    now, text = last("plain-dec"), text_of("labels")
    judged = [record for record in records("plain-dec") if record["event"] == "Judged"][-1]
    said = doubts(judged, lambda cluster: now.run.letters[cluster])
    assert "clusters D and I share a dense region (12 % of nearest neighbors cross their border" in said
    assert "*clusters D and I share a dense region; 12 % of nearest neighbors cross their border.*" in text
    of = dict(zip([now.run.letters[k] for k in now.confusion.clusters], now.confusion.counts.T, strict=True))
    assert f"{of['D'][8]} of the 8s are in D, with the 3s and many 5s, and {of['I'][8]} in I" in text
    assert of["D"][3] > 0.9 * sum(column[3] for column in of.values()) and of["D"][5] > 100
    for digit in (4, 7, 9):
        assert of["E"][digit] + of["H"][digit] > 0.95 * sum(column[digit] for column in of.values())


def test_the_silhouette_grows_while_digits_lie_in_wrong_groups():
    judged = [record["silhouette"] for record in records("plain-dec") if record["event"] == "Judged"]
    wrong = 100 - round(100 * acc("plain-dec"))
    said = f"grows from {judged[0]:.2f} to {judged[-1]:.2f}, and {wrong} of 100 digits are in a wrong group"
    assert said in text_of("labels")


def test_the_teacher_and_what_it_teaches():
    history = records("first-look")
    mixture = next(record["acc"] for record in history if record["event"] == "MixtureScored")
    start = next(record["acc"] for record in history if record["event"] == "TargetUpdated")
    text = text_of("teacher")
    assert f"{100 * acc('first-look'):.1f} against {100 * mixture:.1f} of 100" in text
    assert f"begins at {100 * start:.0f} %" in text and f"gray line at {100 * mixture:.0f} %" in text
    assert f"got {100 * acc('plain-dec'):.0f} of 100 in lesson 6" in text
    recipes = (Path(__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8").splitlines()
    row = next(line for line in recipes if line.startswith("| initial target p of UMAP + mixture")).split("|")
    mean, least, most = (float(number) for number in re.findall(r"0\.\d+", row[3]))  # of all but it
    guess = pieces("teacher", "guess")[0]
    assert guess.answer == round(100 * mean) and f"with {100 * least:.0f} and {100 * most:.0f}" in guess.why


def test_how_many_riddles_look_passable():
    text = text_of("riddles")
    assert f"gets {100 * acc('plain-dec'):.0f} of 100 right" in text
    assert pieces("riddles", "guess")[0].answer == sum(acc(f"riddle-{i}") > 0.5 for i in range(1, 9))


@pytest.fixture(scope="module")
def riddle(recorded):
    """The end of a riddle's recording, by its number."""
    return lambda i: recorded(f"gallery-riddle-{i}")


def sizes_of(now):
    return now.confusion.counts.sum(axis=0)


def test_the_first_five_riddles_show_what_their_answers_say(riddle):
    assert sizes_of(riddle(1)).max() > 0.95 * sizes_of(riddle(1)).sum()  # nearly all in one
    assert len(sizes_of(riddle(2))) == 6 and len(sizes_of(riddle(4))) == 20
    right = riddle(4).confusion.counts.max(axis=0).sum() / sizes_of(riddle(4)).sum()
    assert right > acc("riddle-4") + 0.1  # fairly pure, though only ten can be matched
    assert len([r for r in records("riddle-5") if r["event"] == "TargetUpdated"]) <= 4


def from_own_center(now):
    """Mean distance of an image's z from the center of its cluster."""
    z = now.z(now.rows)
    return float(np.linalg.norm(z - now.centers[now.labels[now.rows]], axis=1).mean())


def test_a_large_alpha_sends_points_past_their_centers_and_hardly_shows_in_the_accuracy(riddle, recorded):
    now, plain, text = riddle(6), recorded("gallery-plain-dec"), text_of("riddles")
    assert now.run.config.alpha == 100 and plain.run.config.alpha == 1 and now.run.folder.status.state == "finished"
    assert f"ends {from_own_center(now):.1f} from it on average, and {from_own_center(plain):.1f} with alpha 1" in text
    assert f"{100 * acc('riddle-6'):.0f} of 100 are right" in text and acc("riddle-6") > acc("plain-dec")
    placed = next(s for s in range(len(now.run.snapshots)) if "cluster_centers" in now.run.at(s).arrays)
    assert from_own_center(now.run.at(placed)) < 1  # "when these appear"
    assert (sizes_of(now) > 100).all()


def test_centers_that_chance_placed_on_few_digits_leave_clusters_empty_and_others_shared(riddle):
    now, text = riddle(7), text_of("riddles")
    config = now.run.config
    assert config.center_init == "random" and now.run.folder.status.progress["reason"] == "max_iterations"
    drawn = np.random.default_rng(config.random_state).choice(10_000, 10, replace=False)
    zeros, _, twos, _, _, _, sixes, *others = np.bincount(load("mnist", 10_000).y[drawn], minlength=10)
    assert (zeros, twos, sixes) == (4, 4, 2) and not any(others) and "four 0s, four 2s and two 6s" in text
    of = dict(zip([now.run.letters[k] for k in now.confusion.clusters], now.confusion.counts.T, strict=True))
    assert "the 1s, 4s, 7s and 9s do in H, and J is empty" in text and of["J"].sum() == 0
    assert sorted(np.argsort(of["H"])[-4:]) == [1, 4, 7, 9] and np.sort(of["H"])[-4:].min() > 100


def test_of_unbalanced_digits_the_rare_ones_share_and_the_frequent_ones_have_two_clusters(riddle):
    now, text = riddle(8), text_of("riddles")
    counts = now.confusion.counts
    rows = counts.sum(axis=1)
    assert f"Of these 2 500 images {rows[0]} are 0s and {rows[9]} are 9s" in text
    with_threes = counts[3].argmax()
    assert f"{counts[0, with_threes]} of them are among the 3s" in text and counts[:, with_threes].argmax() == 3
    most = [counts[:, j].argmax() for j in range(10) if counts[:, j].sum() > 10]  # the digit that each cluster is of
    assert {d for d in range(10) if most.count(d) == 2} == {6, 7, 8} and 0 not in most
    assert start_name(now.run.config) == "k-means on z"


def test_what_is_said_of_other_seeds_is_what_was_measured():
    text = text_of("riddles")
    low = {name: f"{100 * min(of):.0f}" for name, of in OF_SEEDS.items()}
    high = {name: f"{100 * max(of):.0f}" for name, of in OF_SEEDS.items()}
    mean = {name: f"{100 * np.mean(of):.0f}" for name, of in OF_SEEDS.items()}
    assert all(len(of) == 8 for of in OF_SEEDS.values())
    centers = (
        f"over eight, random centers get {low['random']} to {high['random']} of 100 right, {mean['random']} on average"
    )
    assert f"{centers}; those of k-means get {low['kmeans']} to {high['kmeans']}, {mean['kmeans']} on average" in text
    unbalanced = f"{low['unbalanced']} to {high['unbalanced']} of 100 are right, {mean['unbalanced']} on average"
    assert unbalanced in text
    for name, i, recording in (("kmeans", 0, "plain-dec"), ("random", 7, "riddle-7"), ("unbalanced", 0, "riddle-8")):
        assert OF_SEEDS[name][i] == acc(recording)


def test_every_riddle_that_is_mended_is_plain_dec():
    """So that it gets what plain DEC gets: the config of the link, all of it."""
    mended = [linked(link.query) for link in ways("riddles")]
    assert mended[:6] == [PLAIN] * 6
    assert mended[6] == PLAIN.changed(random_state=7)
    assert mended[7] == PLAIN.changed(dataset="mnist-unbalanced", first_target="umap_gmm")
    assert all(config != riddle for config, riddle in zip(mended, RIDDLES, strict=True))


def linked(query):
    """The config that a link leads to."""
    fields = {FIELD_OF.get(name, name): text for name, text in parse_qsl(query) if name != "run"}
    preset = PRESETS[fields.pop("preset", "first-look")]
    return preset.changed(**{name: parse(name, text) for name, text in fields.items()})


@pytest.mark.parametrize(
    "query",
    [p.query for lesson in ("teacher", "decoder") for p in pieces(lesson, "link")] + [p.query for p in ways("riddles")],
)
def test_every_repair_is_a_link_that_the_form_takes(query):
    assert "run=new" in query and isinstance(linked(query), RunConfig)
