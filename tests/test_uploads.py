"""One's own data on the screen: read outside of it, shown, used or refused where it was given."""

import io
from contextlib import suppress

import numpy as np
import pytest
from screens import app_over, opened_at

from dec_core.data import DataError, own
from dec_core.data.limits import Limits
from pages.shared import background
from pages.shared.background import Abandoned, Task
from pages.train import commands, downloads, own_data

pytestmark = pytest.mark.slow

PATIENCE = 60  # seconds for a process to read a small file
IMAGES = np.random.default_rng(0).integers(0, 256, (300, 8, 8)).astype(np.uint8)


@pytest.fixture(scope="module", autouse=True)
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("app") / "runs"
    with app_over(root):
        yield root


def npy(x) -> bytes:
    np.save(file := io.BytesIO(), x)
    return file.getvalue()


def with_upload(*files: tuple[str, bytes]):
    """Train's screen, on which the files were dropped and read."""
    at = opened_at("train")
    at.file_uploader(key="files").set_value([(name, data, "") for name, data in files]).run()
    assert not at.exception
    assert any(item.value.startswith(":material/hourglass_top: Reading … ") for item in at.caption)
    return finish(at, own_data.READING)


def finish(at, key: str):
    """The screen as it is drawn again when the task is done."""
    with suppress(DataError):
        at.session_state[key].result(PATIENCE)
    return at.run()


def captions(at) -> str:
    return " ".join(item.value for item in at.caption)


def test_an_upload_that_is_read_can_be_used(root):
    at = with_upload(("mine.npy", npy(IMAGES)))
    assert "300 images of 8×8 pixels" in captions(at) and "Reading …" not in captions(at)
    at.button(key="use").click().run()
    finish(at, own_data.KEEPING)
    assert not at.exception
    (name,) = own.names(root)
    assert at.query_params["dataset"] in (name, [name]) and own_data.KEEPING not in at.session_state
    switched = {toggle.label: toggle.value for toggle in at.toggle}
    assert switched["Subtract the mean image"] and not switched["Deskew"]  # as suits images of one's own


def test_after_images_that_could_not_be_stored_others_are_stored_only_when_asked_for(root, monkeypatch):
    def refuse(files, *args, **options):
        stored.append(files[0][0])
        raise DataError("the disk is full")

    stored = []
    monkeypatch.setattr(own_data, "keep_isolated", refuse)
    at = with_upload(("mine.npy", npy(IMAGES)))
    at.button(key="use").click().run()
    finish(at, own_data.KEEPING)
    assert [error.value for error in at.error] == ["The disk is full."] and stored == ["mine.npy"]
    at.file_uploader(key="files").set_value([("other.npy", npy(IMAGES[:200]), "")]).run()
    finish(at, own_data.READING)
    assert "200 images of 8×8 pixels" in captions(at) and at.button(key="use")
    assert not at.error and stored == ["mine.npy"]


def test_an_upload_that_is_refused_says_so_where_it_was_given():
    at = with_upload(("mine.csv", b"1,2,x,4\n1,2,3,4"))
    (error,) = at.error
    assert error.value.startswith("Mine.csv: received 'x' in row 1 of column 3, expected a number")
    assert not any(item.key == "use" for item in at.button)
    at.file_uploader(key="files").set_value([]).run()
    assert not at.error and own_data.READING not in at.session_state


def test_an_upload_beyond_the_limits_says_what_is_allowed(monkeypatch):
    monkeypatch.setattr(own_data, "LIMITS", Limits(n_images=100))
    (error,) = with_upload(("mine.npy", npy(IMAGES))).error
    assert error.value == "Mine.npy: received 300 images, at most 100 are taken; use fewer images."


# -- new images


@pytest.fixture
def predicted(monkeypatch, finished_run):
    """What sorting gives, where the command ends as asked for."""

    def predicted(ends):
        def command(arguments, seconds, errors, while_waiting, slots):
            assert np.array_equal(np.load(arguments[5]), IMAGES) and seconds == commands.PATIENCE
            return ends(errors)

        monkeypatch.setattr(commands, "run_limited", command)
        return downloads._sorted(finished_run, [("new.npy", npy(IMAGES))], lambda: None)

    return predicted


def test_new_images_are_read_and_sorted_outside_of_the_app(predicted):
    def answer(errors):
        errors.with_name("clusters.csv").write_text("index,cluster,confidence\n0,3,0.5\n")
        return 0

    notes, images, table = predicted(answer)
    assert notes[0] == "300 images of 8×8 pixels." and np.array_equal(images, IMAGES[: downloads.SHOWN])
    assert table.to_dict("list") == {"index": [0], "cluster": [3], "confidence": [0.5]}


def test_what_the_command_refuses_is_said(predicted):
    def refuse(errors):
        errors.write_text("Traceback\nerror: the run has no model\n")
        return 2

    def take_long(errors):
        raise TimeoutError

    with pytest.raises(DataError, match=r"^the run has no model$"):
        predicted(refuse)
    with pytest.raises(DataError, match="there was no answer within 180 s"):
        predicted(take_long)


# -- what a visitor waits for


def wait_until_unwanted(still_wanted):
    while True:
        still_wanted()
        background.time.sleep(0.001)


def test_what_nobody_asks_about_any_more_is_given_up(monkeypatch):
    monkeypatch.setattr(background, "PATIENCE", 0)
    task = Task("this", wait_until_unwanted)
    with pytest.raises(Abandoned):
        task.result(PATIENCE)
    assert task.was_abandoned and task.done


def test_what_is_asked_about_goes_on_until_it_is_given_up():
    task = Task("this", wait_until_unwanted)
    assert not task.done and not task.was_abandoned
    task.give_up()
    with pytest.raises(Abandoned):
        task.result(PATIENCE)
