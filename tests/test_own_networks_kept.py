"""Own Keras models in the file of a `DEC` model: kept bit for bit, and loaded without running code from the file."""

import json
import pickle

import keras
import numpy as np
import pytest
from keras import layers
from own_networks import SHORT, Unregistered, back, convolutional, same, values

from dec_core import DEC
from dec_core.networks.own import config_of, model_from
from dec_core.training.events import ClusterProgress, PretrainProgress, TargetUpdated

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def x(digits):
    return digits.images[:200]


JOINT = SHORT.changed(method="joint", max_iterations=25)


@pytest.fixture(scope="module")
def trained(x):
    """Encoder, decoder, and a model trained with them, to read only."""
    encoder, decoder = convolutional()
    return encoder, decoder, DEC(JOINT, encoder=encoder, decoder=decoder).fit(x)


@pytest.mark.parametrize("stop", [PretrainProgress, TargetUpdated, ClusterProgress])
def test_a_stopped_model_that_is_saved_goes_on_as_if_never_stopped(stop, trained, x, tmp_path):
    """Batch normalization's means and dropout's state are kept, too."""
    encoder, decoder, whole = trained
    model = DEC(JOINT, encoder=encoder, decoder=decoder)
    for event in model.iter_fit(x):
        if isinstance(event, stop):
            break
    model.save(tmp_path / "model")
    loaded = DEC.load(tmp_path / "model")
    assert np.array_equal(loaded.transform(x), model.transform(x))
    assert np.array_equal(loaded.decode(np.ones((1, 3))), model.decode(np.ones((1, 3))))
    for _ in loaded.iter_fit(x, resume=True):
        pass
    assert np.array_equal(loaded.transform(x), whole.transform(x))
    assert np.array_equal(loaded.labels_, whole.labels_)


def test_a_saved_model_answers_bit_for_bit_and_is_fitted_again_to_the_same(trained, x, tmp_path):
    """The weights that were given are in the file, too, and survive being saved twice."""
    *_, whole = trained
    model = whole
    for name in ("once", "twice"):
        model.save(tmp_path / name)
        model = DEC.load(tmp_path / name)
    assert np.array_equal(model.predict_proba(x), whole.predict_proba(x))
    assert np.array_equal(model.reconstruct(x), whole.reconstruct(x))
    assert np.array_equal(model.fit(x).transform(x), whole.transform(x))


def test_pickle_keeps_them(trained, x):
    again = pickle.loads(pickle.dumps(trained[2]))
    assert np.array_equal(again.transform(x), trained[2].transform(x))


def test_own_layers_are_loaded_where_they_are_known_only(x, tmp_path):
    encoder, decoder = convolutional(Unregistered)
    model = DEC(SHORT, encoder=encoder, decoder=decoder).fit(x)
    model.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"encoder: .*Could not locate class 'Unregistered'.*custom_objects"):
        DEC.load(tmp_path / "model")
    loaded = DEC.load(tmp_path / "model", custom_objects={"Unregistered": Unregistered})
    assert np.array_equal(loaded.transform(x), model.transform(x))


@pytest.mark.filterwarnings("ignore:The object being serialized includes a `lambda`")
def test_how_a_model_inside_was_compiled_is_not_kept(x, tmp_path):
    inner = keras.Sequential([keras.Input((64,)), layers.Dense(8)])
    inner.compile("adam", loss=lambda true, predicted: keras.ops.mean(true - predicted))
    encoder = keras.Sequential([keras.Input((64,)), inner, layers.Dense(3)])
    model = DEC(SHORT, encoder=encoder, decoder=back()).fit(x)
    model.save(tmp_path / "model")
    assert "compile_config" not in json.dumps(config_of(encoder))
    assert np.array_equal(DEC.load(tmp_path / "model").transform(x), model.transform(x))


def test_code_in_a_layer_is_trained_but_neither_saved_nor_loaded(x, tmp_path, monkeypatch):
    inner = keras.Sequential([keras.Input((64,)), layers.Lambda(lambda t: 2 * t)])
    encoder = keras.Sequential([keras.Input((64,)), inner, layers.Dense(3)])
    model = DEC(SHORT, encoder=encoder, decoder=back()).fit(x)
    with pytest.raises(ValueError, match=r"encoder: received a model with a Lambda of Python code.*register.*weights"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    monkeypatch.setattr("dec_core.networks.own.check_has_no_code", lambda name, config: None)
    model.save(tmp_path / "model")  # as somebody may who means harm
    with pytest.raises(ValueError, match=r"encoder: .*cannot be built .*[Ll]ambda"):
        DEC.load(tmp_path / "model")


@pytest.mark.parametrize(
    ("old", "new"),
    [('"units": 3', '"units": 1000000000'), ('"class_name": "Dense"', '"class_name": "Popen"'),
     ('"module": "keras.layers", "class_name": "Dense"', '"module": "subprocess", "class_name": "Popen"')],
    ids=["huge", "no such layer", "no layer"],
)  # fmt: skip
def test_a_config_from_others_is_not_trusted(old, new):
    model = keras.Sequential([keras.Input((64,)), layers.Dense(3)])
    text = json.dumps(config_of(model))
    arrays = values(model)
    assert same(values(model_from("encoder", json.loads(text), arrays, None)), arrays)
    assert old in text
    reason = "numbers, which are not those of the file" if "units" in old else ""
    with pytest.raises(ValueError, match=rf"encoder: received a model that cannot be built .*{reason}"):
        model_from("encoder", json.loads(text.replace(old, new)), arrays, None)
    encoder, _ = convolutional()  # what was refused leaves nothing behind that Keras would initialize now
    assert same(values(model_from("encoder", config_of(encoder), values(encoder), None)), values(encoder))


def test_a_file_whose_encoder_takes_other_samples_is_at_odds_with_itself(trained, tmp_path):
    model = DEC(SHORT)
    vars(model).update(vars(trained[2]), input_shape_=(4, 16))
    model.save(tmp_path / "model")
    with pytest.raises(ValueError, match=r"encoder: received an input of shape \(8, 8, 1\)"):
        DEC.load(tmp_path / "model")


def test_a_file_says_of_own_parts_what_is_not_as_usual(x, tmp_path):
    """So that files of models without any stay what they were."""
    model = DEC(SHORT).fit(x)
    for changed in ({}, {"added_loss_weight": 3.0, "weights": "drawn"}):
        model.set_params(**changed).save(tmp_path / "model")
        with np.load(tmp_path / "model") as arrays:
            about = json.loads(str(arrays["about"]))
            assert not any(name.startswith("own_") for name in arrays)
        assert set(about["params"]) == {"config", "n_clusters", "random_state", "standardize", "verbose"}
        assert about.get("own", {}) == changed and ("own" in about) == bool(changed)
        assert DEC.load(tmp_path / "model").get_params() == model.get_params()
