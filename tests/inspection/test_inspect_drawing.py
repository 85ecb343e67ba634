"""Drawing a digit on Inspect, and the numbers of a card, for a recording that holds its networks."""

import numpy as np
import pytest
from inspect_screen import inspect, link, named, piece, shown, there
from screens import app_over, send_event, widget_states

from dec_core.gallery import install
from dec_core.reading.run import Run
from dec_core.runs.folder import RunFolder
from pages.shared.numbers import numbers_data

DRAWS = "gallery-first-look"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawing") / "runs"
    root.mkdir()
    install(root)
    with app_over(root):
        yield root


def labels(at):
    return [button.label for button in at.button]


def test_only_a_run_that_can_place_a_drawing_offers_the_pad(app):
    assert "Draw a digit" in labels(inspect(DRAWS))
    assert "Draw a digit" in labels(inspect(DRAWS, moment="0"))  # the networks are those of the end, whatever is shown
    assert "Draw a digit" not in labels(inspect("gallery-plain-dec"))


def test_the_pad_opens_over_the_screen_and_a_neighbour_opens_its_card(app):
    at = inspect(DRAWS, moment="5")
    assert not there(at, f"draw-{DRAWS}")
    named(at, "Draw a digit").click().run()
    assert not at.exception and shown(at, f"draw-{DRAWS}")["picks"] and there(at, "gallery")
    send_event(at, widget_states(at), piece(at, f"draw-{DRAWS}").id, [{"event": "picked", "value": 203}])
    assert link(at) == {"sample": "203"} and not there(at, f"draw-{DRAWS}")
    assert shown(at, "card")["title"] == "Digit 203"


def test_the_card_has_the_numbers_of_its_moment(app):
    run = Run.open(RunFolder(app / DRAWS))
    newest = shown(inspect(DRAWS, sample="70"), "card")["numbers"]
    assert newest == numbers_data(run.at(-1), 70)
    own = newest["parts"][1]["columns"][-1]["cells"][newest["first"]]
    assert own == f"{np.max(run.at(-1).q[70]):.3f}"
    assert shown(inspect(DRAWS, sample="70", moment="0"), "card")["numbers"] is None  # there are no clusters yet
