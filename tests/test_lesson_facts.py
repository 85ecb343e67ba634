"""What lessons say of recordings is what the recordings hold."""

from urllib.parse import parse_qsl

import numpy as np
import pytest

from benchmarks.recordings import OF_SEEDS, PLAIN, RIDDLES
from dec_core.analysis.verdict import most_mixed
from dec_core.config import RunConfig
from dec_core.data import load
from dec_core.fields import parse
from dec_core.figures.references import start_name
from dec_core.gallery import RUNS
from dec_core.lessons import lessons
from dec_core.presets import PRESETS
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from pages.train.state import IN_LINK

FIELD_OF = {short: name for name, short in IN_LINK.items()}


def last(name):
    return Run.open(RunFolder(RUNS / f"gallery-{name}")).at(-1)


def acc(name):
    return last(name).run.folder.status.outcome["acc"]


def records(name):
    return RunFolder(RUNS / f"gallery-{name}").records()[0]


def scored(what):
    """ACC of the baseline of first-look, of 100."""
    return round(100 * next(record["acc"] for record in records("first-look") if record["event"] == f"{what}Scored"))


def pieces(lesson, kind):
    return [p.options for each in lessons()[0] if each.name == lesson for step in each.steps for p in step.pieces
            if p.name == kind]  # fmt: skip


def text_of(lesson):
    path = next(each.path for each in lessons()[0] if each.name == lesson)
    return " ".join(path.read_text(encoding="utf-8").split())


def test_how_many_digits_are_right_and_which_are_mixed_up():
    many, pair = pieces("digits", "guess")
    now = last("first-look")
    mixed = most_mixed(now.confusion)
    assert many.answer == round(100 * acc("first-look"))
    assert (
        f"k-means on the pixels of these digits, which were made upright before, has {scored('Baseline')}." in many.why
    )
    assert pair.answer == " and ".join(now.run.classes[i] for i in sorted((mixed.one, mixed.other)))


def test_how_well_z_of_several_sizes_is_sorted():
    of = {n: f"{100 * acc(f'z-{n}'):.0f}" for n in (2, 10, 32)}
    assert f"puts {of[2]} into the right group with 2 numbers, {of[10]} with 10, and {of[32]} with 32" in text_of(
        "autoencoder"
    )


def test_the_teacher_and_what_it_teaches():
    history = records("first-look")
    mixture = next(record["acc"] for record in history if record["event"] == "MixtureScored")
    start = next(record["acc"] for record in history if record["event"] == "TargetUpdated")
    text = text_of("teacher")
    assert f"{100 * acc('first-look'):.1f} against {100 * mixture:.1f} of 100" in text
    assert f"begins at {100 * start:.0f} %" in text and f"gray line at {100 * mixture:.0f} %" in text
    assert pieces("teacher", "guess")[0].answer == round(100 * acc("first-look"))


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
    mended = [linked(link.query) for link in pieces("riddles", "link")]
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
    "query", [p.query for lesson in ("riddles", "teacher", "decoder") for p in pieces(lesson, "link")]
)
def test_every_repair_is_a_link_that_the_form_takes(query):
    assert "run=new" in query and isinstance(linked(query), RunConfig)
