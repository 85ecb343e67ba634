"""One file for a whole DEC model: x -> (q, reconstruction), with z in between."""

from __future__ import annotations

from pathlib import Path

import keras


def save_model(path: Path | str, encoder: keras.Model, decoder: keras.Model, clustering_layer: keras.Layer) -> None:
    """Write encoder, decoder and clustering layer as one Keras file. `path` must end in .keras."""
    z = encoder.output
    keras.Model(encoder.input, [clustering_layer(z), decoder(z)], name="dec").save(path)


def load_model(path: Path | str) -> tuple[keras.Model, keras.Model, keras.Layer]:
    """(encoder, decoder, clustering_layer) as `save_model` wrote them.

    Raises
    ------
    ValueError
        If the file is not a Keras model, or not one of a DEC model.
    """
    model = keras.saving.load_model(path, compile=False)
    names = {layer.name for layer in model.layers}
    if not {"z", "decoder", "clustering"} <= names:
        raise ValueError(f"{path}: received a model of layers {sorted(names)}, expected one that save_model wrote")
    encoder = keras.Model(model.input, model.get_layer("z").output, name="encoder")
    return encoder, model.get_layer("decoder"), model.get_layer("clustering")
