"""The stops of the form's sliders, and where a value stands among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dec_core.config import RunConfig
from dec_core.fields import fields
from dec_core.presets import PRESETS
from pages.train.sliders import LAYER_STOPS
from pages.train.spans import STOPS, place


def test_every_number_of_the_form_but_the_seed_has_a_slider():
    whole_or_decimal = {
        name for name in fields() if RunConfig.model_fields[name].annotation in (int, float, int | None)
    }
    assert whole_or_decimal - {"random_state"} == set(STOPS)
    assert set(LAYER_STOPS) == {"hidden_units", "filters"}


@pytest.mark.parametrize("name", STOPS)
def test_stops_ascend_and_every_one_is_a_value_that_the_field_may_have(name):
    numbers = [stop for stop in STOPS[name] if stop is not None]
    assert numbers == sorted(set(numbers)) and len(numbers) >= 10
    whole = RunConfig.model_fields[name].annotation is not float
    assert all(isinstance(stop, int if whole else float) for stop in numbers)
    for stop in (STOPS[name][0], STOPS[name][-1]):
        RunConfig.make(**{"n_samples": 4096, "batch_size": 8, name: stop})


def test_places_by_hand():
    assert place(10, (1, 10, 100)) == 1 and place(1000, (1, 10, 100)) == 2 and place(0.1, (1, 10, 100)) == 0
    assert place(31.6227766, (1, 10, 100)) == pytest.approx(1.5)  # half of an order of magnitude
    assert place(1.05, (1.0, 1.1)) == pytest.approx(0.5)  # even where stops lie close
    assert place(0.0005, (0.0, 0.001)) == pytest.approx(0.5)  # there is no logarithm of 0
    assert place(None, (1, 10, None)) == 2 and place(50, (1, 10, None)) == 2 and place(10, (1, 10, None)) == 1


@given(some.sampled_from(sorted(STOPS)), some.floats(0, 3e5), some.floats(0, 3e5))
def test_more_stands_further_right(name, one, other):
    less, more = sorted((one, other))
    assert 0 <= place(less, STOPS[name]) <= place(more, STOPS[name]) <= len(STOPS[name]) - 1


@pytest.mark.parametrize("name", STOPS)
def test_a_stop_stands_at_its_number(name):
    assert [place(stop, STOPS[name]) for stop in STOPS[name]] == list(range(len(STOPS[name])))


def test_the_presets_stand_on_their_sliders():
    """So that a mark at an end means that end."""
    for name, stops in STOPS.items():
        for preset in PRESETS.values():
            value = getattr(preset, name)
            assert value is None or stops[0] <= value <= max(stop for stop in stops if stop is not None)
