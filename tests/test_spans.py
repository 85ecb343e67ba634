"""The stops of the form's sliders, and where a value stands among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dec_core.config import RunConfig
from dec_core.fields import fields
from dec_core.presets import PRESETS
from dec_core.reading.cost import Rates
from pages.train.effects import effects
from pages.train.sliders import LAYER_STOPS, marks
from pages.train.spans import STOPS, place
from pages.train.state import Form, FormChoices


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


def kinds(name: str, config: RunConfig) -> set[str]:
    """Whose values are marked on the slider of a field, in a form that began as first-look."""
    form = Form(FormChoices.of(config, "first-look"), PRESETS, config=config)
    return {kind for kind, _, _ in marks(name, form)}


def test_a_rate_of_another_optimizer_is_not_marked():
    first = PRESETS["first-look"]  # adam; the tutorial's joint training is with sgd
    assert kinds("cluster_learning_rate", first) == kinds("pretrain_learning_rate", first) == {"preset"}
    assert kinds("cluster_learning_rate", first.changed(cluster_optimizer="sgd")) == {"tutorial"}
    assert kinds("gamma", first) == {"preset", "tutorial"}


@pytest.mark.parametrize(
    ("name", "changes", "line"),
    [
        ("cluster_learning_rate", {"cluster_learning_rate": 0.7}, "large for adam: 0.001 is usual"),
        ("cluster_learning_rate", {"cluster_learning_rate": 0.001}, ""),
        ("cluster_learning_rate", {"cluster_learning_rate": 0.7, "cluster_optimizer": "sgd"}, ""),
        ("first_target_steps", {}, "67% of at most 1\u2009200"),
        ("first_target_steps", {"max_iterations": 7}, "all of at most 7: p is never computed from q"),
        ("max_iterations", {"max_iterations": 7}, "0.2 of a pass over the images · all with the initial target · "),
        ("tol", {"tol": 0.01}, "stops below 100 changes in 10\u2009000 images, after step 800"),
        ("tol", {"tol": 0.01, "max_iterations": 7}, "never stops early"),
        ("tol", {"tol": 0.01, "first_target": "kmeans"}, "stops below 100 changes in 10\u2009000 images"),
        ("kmeans_weight", {"method": "dcn", "kmeans_weight": 0.2}, "loss = 0.2 · ½‖z − μ‖² + reconstruction"),
        ("kmeans_weight", {"method": "dcn", "kmeans_weight": 0.0}, "reconstruction alone"),
    ],
)
def test_what_a_value_does_is_said_with_what_the_other_settings_make_of_it(name, changes, line):
    taught = {"first_target_steps": 800, "max_iterations": 1200, "batch_size": 256}
    config = PRESETS["first-look"].changed(**taught | changes)
    said = effects(name, config, (getattr(config, name),), Rates(1.0, 1.0, 1.0))[0]
    assert said.startswith(line) if line.endswith("· ") else said == line
