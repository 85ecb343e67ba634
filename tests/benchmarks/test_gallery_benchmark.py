"""python -m benchmarks gallery: what is trained, and what is not trained twice."""

import pytest

from benchmarks.gallery import trained
from benchmarks.recordings import Recording
from dec_core.config import RunConfig
from dec_core.work import recorder

pytestmark = pytest.mark.slow
TINY = RunConfig.make(
    dataset="digits",
    n_samples=100,
    hidden_units=(8,),
    latent_dim=2,
    batch_size=50,
    pretrain_epochs=3,
    max_iterations=20,
)


class Cut(Exception):
    """Somebody has ended the process."""


def test_a_training_that_was_cut_goes_on_and_one_that_has_ended_is_taken_as_it_is(tmp_path, monkeypatch):
    recording = Recording("Tiny", TINY, "Tiny.")
    whole_run = recorder.record

    def cut_run(folder, **options):
        run = whole_run(folder, **options)
        for event in run:
            yield event
            if event["event"] == "PretrainProgress":
                run.close()
                raise Cut

    monkeypatch.setattr(recorder, "record", cut_run)
    with pytest.raises(Cut):
        trained("tiny", recording, tmp_path)
    monkeypatch.setattr(recorder, "record", whole_run)
    folder = trained("tiny", recording, tmp_path)
    events = [record["event"] for record in folder.records()[0]]
    assert "Resumed" in events and folder.status.state == "finished"

    monkeypatch.setattr(recorder, "record", None)  # nothing is trained
    assert trained("tiny", recording, tmp_path).records() == folder.records()
