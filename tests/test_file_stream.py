"""A run's folder that is carried to another machine in pieces."""

import random
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dec_core.work import file_stream
from dec_core.work.file_stream import Piece, Source, Target


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(file_stream, "PIECE", 3)
    monkeypatch.setattr(file_stream, "MOST_AT_A_TIME", 8)


class Run:
    """A folder in which something is written as training does, by steps."""

    def __init__(self, folder: Path):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder = folder
        (folder / "snapshots").mkdir(parents=True)
        self.n = 0

    def replace(self, name: str, content: bytes) -> None:
        temporary = self.folder / f"{name}.tmp"
        temporary.write_bytes(content)
        temporary.replace(self.folder / name)

    def goes_on(self) -> None:
        """A snapshot, the record that names it, a checkpoint of that record, a status of that checkpoint."""
        self.n += 1
        number = b"%d\n" % self.n
        self.replace(f"snapshots/{self.n}", number)
        with (self.folder / "events.jsonl").open("ab") as file:
            file.write(number)
        self.replace("checkpoint.npz", number)
        self.replace("status.json", number)

    def changes_its_map(self) -> None:
        self.replace("live_umap.npz", b"map %d" % self.n)

    def ends(self) -> None:
        self.replace("status.json", b"finished")
        (self.folder / "checkpoint.npz").unlink(missing_ok=True)
        (self.folder / "live_umap.npz").unlink(missing_ok=True)


class Watched(Source):
    """A source in whose folder training goes on between any two files that are read, while `during` says so."""

    def __init__(self, run: Run, during: random.Random):
        super().__init__(run.folder)
        self.run, self.during, self.is_quiet = run, during, False

    def _before_reading(self) -> None:
        if not self.is_quiet and self.during.random() < 0.2:
            self.run.goes_on()

    def _replaced(self, name):
        self._before_reading()
        return super()._replaced(name)

    def _grown(self, name):
        self._before_reading()
        return super()._grown(name)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def number_in(folder: Path, name: str) -> int:
    text = (folder / name).read_bytes() if (folder / name).exists() else b""
    return int(text) if text[:1].isdigit() else 0


def could_be_resumed(folder: Path) -> bool:
    """Whether all is there that what is there depends on."""
    file = folder / "events.jsonl"
    records = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    named = all((folder / "snapshots" / record.decode()).exists() for record in records)
    return named and number_in(folder, "status.json") <= number_in(folder, "checkpoint.npz") <= len(records)


STEPS = st.lists(st.sampled_from(["goes_on", "changes_its_map", "carried", "carried", "lost", "twice"]), max_size=25)


@settings(max_examples=40)
@given(steps=STEPS, ends=st.booleans(), during=st.randoms(use_true_random=False))
def test_what_arrives_is_at_every_moment_what_a_killed_worker_leaves_and_whole_in_the_end(
    tmp_path_factory, steps, ends, during
):
    run, there = Run(tmp_path_factory.getbasetemp() / "run"), tmp_path_factory.getbasetemp() / "there"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    source, target = Watched(run, during), Target(there)

    def carry(how: str) -> list[Piece]:
        pieces = source.pieces(target.n_taken)
        for piece in [] if how == "lost" else pieces * (2 if how == "twice" else 1):
            target.take([piece])
            assert could_be_resumed(there)
        return pieces

    for step in steps:
        carry(step) if step in ("carried", "lost", "twice") else getattr(run, step)()
    source.is_quiet = True
    if ends:
        run.ends()
    while carry("carried"):
        pass
    assert content(there) == content(run.folder)
    assert source.pieces(target.n_taken) == []


@settings(max_examples=40)
@given(order=st.randoms(use_true_random=False), data=st.binary(max_size=40))
def test_pieces_that_come_in_any_order_and_more_than_once_arrive_whole(tmp_path_factory, order: random.Random, data):
    run, there = Run(tmp_path_factory.getbasetemp() / "run"), tmp_path_factory.getbasetemp() / "there"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    pieces, source = [], Source(run.folder)
    for _ in range(3):
        run.goes_on()
        run.replace("model.keras", data)
        while new := source.pieces(len(pieces)):
            pieces += new
    run.ends()
    pieces += source.pieces(len(pieces))
    sent = pieces + order.choices(pieces, k=5)
    order.shuffle(sent)
    target = Target(there)
    for piece in sent:
        target.take([piece])
    assert target.n_taken == len(pieces) and content(there) == content(run.folder)


def test_what_has_come_from_the_other_side_is_not_sent_back(tmp_path):
    run = Run(tmp_path / "run")
    run.goes_on()
    source = Source(run.folder)
    source.skip_present()
    assert source.pieces(0) == []
    run.goes_on()
    pieces = source.pieces(0)
    assert b"".join(piece.data for piece in pieces if piece.name == "events.jsonl") == b"2\n"
    assert {piece.offset for piece in pieces if piece.name == "events.jsonl"} == {2}


def test_a_file_from_elsewhere_comes_along_once(tmp_path):
    run, images = Run(tmp_path / "run"), tmp_path / "images.npz"
    images.write_bytes(b"pixels")
    (tmp_path / "there" / "job").mkdir(parents=True)
    source, target = Source(run.folder, {"../.data/own-x-1.npz": images}), Target(tmp_path / "there" / "job")
    while pieces := source.pieces(target.n_taken):
        target.take(pieces)
    assert (tmp_path / "there" / ".data" / "own-x-1.npz").read_bytes() == b"pixels"


@pytest.mark.parametrize("name", ["../other/config.json", "/etc/passwd", ".ssh", "a/b", "..", "snapshots/../../x", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="expected a file of a run"):
        Target(tmp_path).take([Piece(0, name, "whole", b"x")])
    assert list(tmp_path.iterdir()) == []


def test_files_that_are_written_right_now_and_what_people_wrote_here_stay_here(tmp_path):
    run = Run(tmp_path / "run")
    for name in ("train.lock", "marks.json", "share.json", "umap.npz.77-ab.tmp"):
        (run.folder / name).write_bytes(b"x")
    assert Source(run.folder).pieces(0) == []
