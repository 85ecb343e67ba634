"""What lessons say of recordings is what the recordings hold."""

import numpy as np
import pytest

from dec_core.analysis.verdict import most_mixed
from dec_core.gallery import RUNS
from dec_core.lessons import lessons
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder


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


def test_each_riddle_shows_what_its_answer_says():
    sizes = {i: last(f"riddle-{i}").confusion.counts.sum(axis=0) for i in range(1, 9)}
    assert sizes[1].max() > 0.95 * sizes[1].sum()  # nearly all in one
    assert len(sizes[2]) == 6 and len(sizes[4]) == 20
    right = last("riddle-4").confusion.counts.max(axis=0).sum() / sizes[4].sum()
    assert right > acc("riddle-4") + 0.1  # fairly pure, though only ten can be matched
    assert len([r for r in last("riddle-5").run.folder.records()[0] if r["event"] == "TargetUpdated"]) <= 4
    broken = last("riddle-6").run.folder.status
    assert broken.state == "failed" and f"step {broken.progress['iteration']}?" in text_of("riddles")
    assert f"{100 * acc('riddle-6'):.0f} of 100 are right" in text_of("riddles")
    weight = np.float32(1 + np.float32(28) ** 2 / 100) ** np.float32(-50.5)
    assert weight == 0
    assert (sizes[7] < 10).any() and last("riddle-8").run.config.latent_dim == 2


@pytest.mark.parametrize(
    "query", [p.query for lesson in ("riddles", "teacher", "decoder") for p in pieces(lesson, "link")]
)
def test_every_repair_is_a_link_whose_fields_there_are(query):
    from dec_core.config import RunConfig

    fields = dict(each.partition("=")[::2] for each in query.split("&"))
    assert fields.pop("run", "new") == "new"
    fields.pop("preset", None)
    assert not set(fields) - set(RunConfig.model_fields)
