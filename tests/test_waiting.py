"""What Train says of a run that waits, has given its place up, or was stopped by the room's limit."""

from dataclasses import replace

import pytest
from screens import NoWorkers, app_over, opened_at

from dec_core.reading.cost import ByPhase
from dec_core.runs.folder import RunFolder
from dec_core.runs.status import SET_ASIDE
from dec_core.work.room import RoomSettings
from dec_core.work.supervisor import LineIsFull
from pages.train import waiting
from pages.train.stepper import PRETRAINING

pytestmark = pytest.mark.slow


class ALine(NoWorkers):
    """A supervisor that starts no process, with one run in training and one that waits before all others."""

    room = RoomSettings()
    training, waiting = None, None
    slots = property(lambda self: self.room.slots)

    def ahead_of(self, run):
        return 2

    def before(self, run):
        return [self.training], [self.waiting]

    def command(self, run, command):
        raise LineIsFull("2 runs of yours wait")


def said(at):
    return " ".join(item.value for item in (*at.markdown, *at.info))


def test_each_in_words(tmp_path, small, monkeypatch):
    from pages.shared import focus

    with app_over(tmp_path / "runs"):
        monkeypatch.setattr(focus, "supervisor", ALine)
        runs = [RunFolder.create(tmp_path / "runs", small, state) for state in ("queued", "running", "queued")]
        monkeypatch.setattr(ALine, "training", runs[1])
        monkeypatch.setattr(ALine, "waiting", runs[2])
        monkeypatch.setattr(waiting, "expected_seconds", lambda *_: ByPhase(60.0, 0.0, 30.0))
        monkeypatch.setattr(waiting, "EVERY", 1e-9)
        at = opened_at("train", run=runs[0].id)
        assert "Waiting: 2 runs before this one, about 3 min" in said(at)
        assert "circle: pretraining" in said(at) and not any(words in said(at) for words in ("pending:", PRETRAINING))
        monkeypatch.setattr(ALine, "room", RoomSettings(is_room=True, slots=4))
        for run in runs:
            (run.path / "owner").write_text("ana")
        monkeypatch.setattr(ALine, "training", RunFolder(runs[1].path))  # whose a run is, is read once
        monkeypatch.setattr(ALine, "waiting", RunFolder(runs[2].path))
        of_ana = RunFolder(runs[0].path)
        assert waiting.place_in_line(of_ana).endswith("about 3 min"), "one of hers after the other"
        (runs[0].path / "owner").write_text("ben")
        assert waiting.place_in_line(RunFolder(runs[0].path)).endswith("about 1 s")
        (runs[0].path / "owner").unlink()
        assert of_ana.owner == "ana"
        monkeypatch.setattr(waiting, "expected_seconds", lambda *_: ByPhase())
        assert "Waiting: 2 runs before this one**" in said(at.run())
        monkeypatch.setattr(ALine, "standstill", "The Dask scheduler does not answer.")
        assert "Waiting. The Dask scheduler does not answer." in said(at.run())
        runs[1].set_status(replace(runs[1].status, machine="node_7"))
        assert r"· on node\_7**" in said(opened_at("train", run=runs[1].id))

        runs[0].set_status(replace(runs[0].status, **SET_ASIDE))
        assert "Paused; another run has its place, and Resume puts it back into the line." in said(at.run())
        next(button for button in at.button if button.label == "Resume").click().run()
        assert any("2 runs of yours wait" in error.value for error in (*at.error, *at.toast, *at.warning))

        over = {"state": "stopped", "message": "This run has trained for 5 minutes", "seconds": {"pretraining": 300.0}}
        runs[0].set_status(replace(runs[0].status, **over))
        assert "trained for 5 minutes. Training so far is saved; Resume continues from there." in said(at.run())
        assert not at.exception
