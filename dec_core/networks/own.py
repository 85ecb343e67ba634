"""Somebody's own Keras models as encoder and decoder: checked, copied, written down and built again.

Training works on copies, so that models that are given stay as they are. A copy is made of what Keras writes of a
model, the same that a file keeps; of layers that are not Keras's own, their class is needed, too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from math import prod
from typing import Any

import keras
import numpy as np

Shape = tuple[int | None, ...]
REGISTER = "mark it with @keras.saving.register_keras_serializable()"


def check_model(name: str, model: Any) -> None:
    """Raise ValueError unless it is a Keras model that is built, with one input of floats and one float32 output."""
    if not isinstance(model, keras.Model):
        raise ValueError(f"{name}: received {model!r:.60}, expected a Keras model")
    if not (model.built and getattr(model, "inputs", None)):
        raise ValueError(
            f"{name}: received a model whose shapes are not known yet, expected one that is built; begin it with "
            "keras.Input(shape), and put a subclassed model into one: keras.Model(inputs, model(inputs))"
        )
    for end, tensors in (("inputs", model.inputs), ("outputs", model.outputs)):
        if len(tensors) != 1:
            raise ValueError(f"{name}: received a model of {len(tensors)} {end}, expected one")
    if "float" not in model.inputs[0].dtype:  # Keras would cut values of 0..1 to 0 without a word
        raise ValueError(
            f"{name}: received a model that takes {model.inputs[0].dtype}, expected float32: images are given to it as "
            "0..1, not 0..255"
        )
    if model.outputs[0].dtype != "float32":
        raise ValueError(
            f"{name}: received a model that gives {model.outputs[0].dtype}, expected float32; "
            'make its last layer with dtype="float32"'
        )


def check_pair(encoder: keras.Model, decoder: keras.Model) -> None:
    """Raise ValueError unless x -> z -> x, by two models that `check_model` has passed and that share no weights."""
    (x, z), (z_of_decoder, x_of_decoder) = ends(encoder), ends(decoder)
    if len(z) != 1 or z[0] is None:
        raise ValueError(f"encoder: received an output of shape {z}, expected one vector z; end with Flatten and Dense")
    if z_of_decoder != z:
        raise ValueError(f"decoder: received an input of shape {z_of_decoder}, expected {z}, as the encoder gives")
    if x_of_decoder != x:
        raise ValueError(
            f"decoder: received an output of shape {x_of_decoder}, expected {x}, as the encoder takes; "
            "end with Reshape, or with layers of that size"
        )
    if {id(v) for v in encoder.variables} & {id(v) for v in decoder.variables}:
        raise ValueError("decoder: received a model that shares weights with the encoder, expected weights of its own")


def ends(model: keras.Model) -> tuple[Shape, Shape]:
    """Shapes of its input and its output, without the batch."""
    return tuple(model.inputs[0].shape[1:]), tuple(model.outputs[0].shape[1:])


def check_input(encoder: keras.Model, shapes: Sequence[Shape]) -> None:
    """Raise ValueError unless the encoder takes a sample in one of these shapes."""
    received, _ = ends(encoder)
    if received not in shapes:
        raise ValueError(
            f"encoder: received an input of shape {received}, expected that of a sample of X: "
            f"{' or '.join(map(str, dict.fromkeys(shapes)))}; begin it with keras.Input(shape)"
        )


def config_of(model: keras.Model) -> dict[str, Any]:
    """What Keras writes of a model: layers and shapes, no weights, and not how it, or a model inside, was compiled."""
    return _without_compilation(keras.saving.serialize_keras_object(model))


def check_has_no_code(name: str, config: Any) -> None:
    """Raise ValueError where a model's `config_of` holds Python code, which is never run from a file."""
    if any(part.get("class_name") == "__lambda__" for part in _dicts_in(config)):
        raise ValueError(
            f"{name}: received a model with a Lambda of Python code, which no file can hold safely, expected layers "
            f"whose code is here when it is loaded; make the Lambda a function or a layer of its own, {REGISTER}, or "
            "keep the trained weights: encoder_.get_weights() and decoder_.get_weights()"
        )


def _dicts_in(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        yield config
    values = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    for value in values:
        yield from _dicts_in(value)


def _without_compilation(config: Any) -> Any:
    if isinstance(config, dict):
        return {name: _without_compilation(value) for name, value in config.items() if name != "compile_config"}
    return [_without_compilation(value) for value in config] if isinstance(config, list) else config


def copy_of(name: str, model: keras.Model, *, draw: bool) -> keras.Model:
    """A model of the same layers, with the same weights or, to `draw`, with new ones of their initializers.

    Frozen layers and those that were adapted, as Normalization, keep what they have.

    Raises ValueError if Keras cannot build it from what it writes of it.
    """
    try:
        with known_layers(model):
            copied = keras.saving.deserialize_keras_object(config_of(model), safe_mode=False)  # it is the caller's own
        ends(copied)  # a Sequential that cannot call its layers has none
        kept = {id(v) for layer in _layers(model) if not (draw and _is_drawn(layer)) for v in layer.variables}
        pairs = zip(copied.variables, model.variables, strict=True)
        _assign(copied, [old if id(old) in kept else new for new, old in pairs])
    except Exception as error:
        raise ValueError(
            f"{name}: received a model that Keras cannot copy ({first_line(error)}); a layer of your own needs "
            f"get_config with all its arguments, and a function or an initializer of your own: {REGISTER}; a Lambda is "
            "copied without the modules around it: import in it what it uses"
        ) from error
    return copied


def _is_drawn(layer: keras.Layer) -> bool:
    return layer.trainable and not hasattr(layer, "finalize_state")


def _assign(model: keras.Model, values: Sequence[Any]) -> None:
    """Give its variables these values. Layers that were adapted make of them what they compute with."""
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)
    for layer in _layers(model):
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def known_layers(*models: keras.Model) -> AbstractContextManager:
    """Keras finds the classes of their layers, also those that are not registered, by name."""
    kinds = {type(layer) for model in models for layer in _layers(model)}
    return keras.saving.custom_object_scope(
        {kind.__name__: kind for kind in kinds if not kind.__module__.startswith("keras.")}
    )


def _layers(model: keras.Model) -> list[keras.Layer]:
    """The model and all layers inside of it, also those that a layer of one's own holds."""
    found, ahead = {}, [model]
    while ahead:
        layer = ahead.pop()
        if isinstance(layer, keras.Layer) and id(layer) not in found:
            found[id(layer)] = layer
            for value in vars(layer).values():
                ahead += value if isinstance(value, list | tuple) else [value]
    return list(found.values())


def own_autoencoder(
    encoder: keras.Model, decoder: keras.Model, random_state: int, *, draw: bool
) -> tuple[keras.Model, keras.Model]:
    """Copies of both, named as ours are. What is random in their layers, as dropout, is drawn by `random_state`."""
    with seeded(random_state):
        copies = copy_of("encoder", encoder, draw=draw), copy_of("decoder", decoder, draw=draw)
    for number, variable in enumerate(seeds_of(*copies)):
        (seed,) = np.random.SeedSequence([random_state, number]).generate_state(1)
        variable.assign(np.asarray([seed, 0]))
    inner, outer = (keras.Model(m.inputs[0], m.outputs[0], name=f"own_{i}") for i, m in enumerate(copies))
    x, z = (keras.Input(ends(model)[0]) for model in copies)
    return keras.Model(x, inner(x), name="encoder"), keras.Model(
        z, outer(z), name="decoder"
    )  # names of layers are inside


def layers_of(model: keras.Model) -> keras.Model:
    """Of what `own_autoencoder` gave, the copy inside, which has the layers by their names."""
    return model.layers[-1]


def penalties(*models: keras.Model) -> list[Any]:
    """What their layers add to the loss at their last call, as regularizers do: float32, whatever they compute in.

    Raises ValueError for a loss that is not one number.
    """
    losses = [loss for model in models for loss in model.losses]
    for loss in losses:
        if len(loss.shape):
            raise ValueError(
                f"encoder, decoder: a layer has added a loss of shape {tuple(loss.shape)}, expected one number; take "
                "the mean, as in self.add_loss(keras.ops.mean(values))"
            )
    return [keras.ops.cast(loss, "float32") for loss in losses]


def seeds_of(*models: keras.Model) -> list[Any]:
    """The states of their random generators: what is among their variables, but no weight."""
    return [v for model in models for v in model.variables if not any(v is weight for weight in model.weights)]


@contextmanager
def seeded(random_state: int) -> Iterator[None]:
    """Keras draws the seed of an initializer that has none from Python's generator, which is put back afterwards."""
    before = random.getstate()
    random.seed(random_state)
    try:
        yield
    finally:
        random.setstate(before)


def model_from(
    name: str, config: dict[str, Any], arrays: list[np.ndarray], custom_objects: dict[str, Any] | None
) -> keras.Model:
    """The model of `config_of`, with these values of its variables. Safe with a config from others.

    No code of the config is run (Keras's safe mode), layers that are not Keras's must be registered or among
    `custom_objects`, and no memory is taken before all sizes are known to be those of the arrays.

    Raises ValueError if it cannot be built so.
    """
    try:
        with ThreadPoolExecutor(1) as thread:  # Keras keeps variables to be initialized for later, for each thread
            expected = thread.submit(_shapes_of, config, custom_objects).result()
        if expected != [array.shape for array in arrays]:
            raise ValueError(f"its layers have {sum(map(prod, expected)):,} numbers, which are not those of the file")
        model = keras.saving.deserialize_keras_object(config, custom_objects, safe_mode=True)
        check_model(name, model)
    except Exception as error:
        raise ValueError(
            f"{name}: received a model that cannot be built ({first_line(error)}), expected layers of Keras or ones "
            f"that are known here: {REGISTER}, or give it: DEC.load(path, custom_objects={{name: class}})"
        ) from error
    _assign(model, arrays)
    return model


def _shapes_of(config: dict[str, Any], custom_objects: dict[str, Any] | None) -> list[Shape]:
    """Shapes of the variables of the model of `config_of`, for which no memory is taken. Call it in its own thread."""
    with keras.StatelessScope(initialize_variables=False):
        sketch = keras.saving.deserialize_keras_object(deepcopy(config), custom_objects, safe_mode=True)
    return [tuple(v.shape) for v in sketch.variables]


def first_line(error: Exception) -> str:
    """What an error says, in short. Keras prints whole configs, and says what is wrong at the end of the chain."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = str(error).strip()
    for mark in ("Exception encountered: ", "\x1b[1m"):  # before these stands where it was; the second is bold type
        text = text.partition(mark)[2] or text
    return (text.partition("\x1b[0m")[0].split(". ")[0].splitlines() or [type(error).__name__])[0][:160]
