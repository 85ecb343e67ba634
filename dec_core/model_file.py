"""The file of a `DEC` model, saved and loaded: an .npz of plain arrays, all else as JSON in the array `about`.

A file from others can do no harm: no pickle is opened, it may not unpack to more than its own size, and `check_state`
builds no network larger than the arrays it came with.
"""

from __future__ import annotations

import json
import os
import zipfile
from math import prod
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from dec_core.analysis.umap_gmm import DIMENSIONS
from dec_core.architecture import architecture
from dec_core.config import RunConfig
from dec_core.data.arrays import as_images
from dec_core.json_text import parse_json
from dec_core.methods import METHODS, uses_mixture_target
from dec_core.model_parts import PARTS, UnknownModel, parts_from
from dec_core.whole_files import write_whole

if TYPE_CHECKING:
    from dec_core.training.own_parts import OwnParts

FORMAT = "dec_core.DEC 1"


class SavedModel:
    """What `DEC` can do with files, and for pickle and deepcopy: a training's state goes as plain arrays."""

    def save(self, path: Path | str) -> None:
        """Write the model to one file, whole or not at all; between two events of `iter_fit`, too.

        It is an .npz of plain arrays, whatever its name, and holds no images; nor does it hold `how_many_` and
        `history_`. Raises NotFittedError if training has not begun, ValueError if an own network has a Lambda.

        An own encoder and decoder are in it as what Keras writes of their layers, with the weights that they were given
        and those that are trained. Functions and clusterers (`added_loss`, `initial`) are not: `load`.
        """
        check_is_fitted(self, "state_")
        params = self.get_params(deep=False) | {"config": None if self.config is None else self.config.model_dump()}
        params = {name: value for name, value in params.items() if name not in PARTS}
        parts, of_parts = self._saved_parts()
        if not isinstance(self.random_state, Real):  # a RandomState is kept as the seed that it drew
            params["random_state"] = None if self.random_state is None else self.config_.random_state
        about = {
            "params": params,
            "config": self.config_.model_dump(),
            "input_shape": self.input_shape_,
            "scale": self.scale_,
            "checksum": self._checksum,
            "columns": list(getattr(self, "feature_names_in_", [])),
            **parts,
        }
        standardized = {"mean": self.mean_, "std": self.std_} if self.scale_ is None else {}
        write_model(Path(path), about, self.state_.to_arrays() | standardized | of_parts)

    @classmethod
    def load(cls, path: Path | str, custom_objects: dict[str, Any] | None = None) -> Self:
        """The model that `save` wrote: it predicts the same, bit for bit, and resumes as if never stopped.

        A file from others can do no harm: no pickle is opened, no code of it is run (Keras's safe mode), and no network
        is built that is larger than the file. Where the model had an `added_loss` or a clusterer as `initial`, it has a
        `NotSaved` instead: it answers as before, and to train it wants them given again, by `set_params`.

        Parameters
        ----------
        path : Path or str
        custom_objects : dict of str to class or function
            Layers of one's own by name, where they are not registered with Keras.

        Raises
        ------
        ValueError
            If it is another kind of file, incomplete, damaged or at odds with itself.
        OSError
            If there is no such file, or it cannot be read.
        """
        with Path(path).open("rb") as file:
            try:
                return cls._from_file(*read_model(file), custom_objects)
            except UnknownModel as error:  # it may well be one of ours
                raise ValueError(f"{path}: {error}") from error
            except Exception as error:  # whatever the file brings about, it is the file that is wrong
                reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
                raise ValueError(
                    f"{path}: received no model ({reason}), expected a file that DEC.save wrote"
                ) from error

    @classmethod
    def _from_file(
        cls, about: dict[str, Any], arrays: dict[str, np.ndarray], custom_objects: dict[str, Any] | None
    ) -> Self:
        from dec_core.training import TrainingState
        from dec_core.training.own_parts import OwnParts

        config, parts = RunConfig.make(**about["config"]), parts_from(about, arrays, custom_objects)
        own, params = OwnParts(**parts), about["params"] | parts
        model = cls(**params | {"config": params["config"] and RunConfig.make(**params["config"])})
        model.input_shape_, model.scale_, model._checksum = (
            tuple(about["input_shape"]),
            about["scale"],
            about["checksum"],
        )
        model.n_features_in_ = prod(model.input_shape_)
        if about["columns"]:
            model.feature_names_in_ = np.asarray(about["columns"], dtype=object)
        if model.scale_ is None:
            model.mean_, model.std_ = (_of_columns(arrays.pop(name), model.n_features_in_) for name in ("mean", "std"))
        image_shape = _image_shape(model.input_shape_, is_standardized=model.scale_ is None)
        model._check_input(image_shape)
        check_state(arrays, config, image_shape, own)
        model.state_, model.history_ = TrainingState.from_arrays(config, image_shape, arrays, own), []
        return model

    def __getstate__(self) -> dict[str, Any]:
        """For pickle and deepcopy: the training's state as arrays."""
        values = dict(vars(self))
        if "state_" in values:
            state = self.state_
            values["state_"] = state.config, state.image_shape, state.to_arrays(), state.own
        return values

    def __setstate__(self, values: dict[str, Any]) -> None:
        vars(self).update(values)
        if "state_" in values:
            from dec_core.training import TrainingState

            self.state_ = TrainingState.from_arrays(*values["state_"])


def write_model(path: Path, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write a model, whole or not at all."""
    header = json.dumps({"format": FORMAT} | about, default=int)  # NumPy's integers
    write_whole(path, lambda file: np.savez(file, about=np.asarray(header), **arrays))


def read_model(file: BinaryIO) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """`about` and the arrays that `write_model` wrote. Of any other content it raises an error of some kind."""
    arrays = _arrays(file)
    about = parse_json(str(arrays.pop("about")))
    if about["format"] != FORMAT or about["scale"] not in (1, 255, None):
        raise ValueError(f"format: received {about['format']!r:.40}, expected {FORMAT!r}")
    return about, arrays


def _arrays(file: BinaryIO) -> dict[str, np.ndarray]:
    """The arrays of an .npz. Raises ValueError if they unpack to more than the file, and what zipfile raises."""
    size = file.seek(0, os.SEEK_END)
    members = zipfile.ZipFile(file).infolist()
    stored = all(member.compress_type == zipfile.ZIP_STORED for member in members)
    if not stored or sum(member.file_size for member in members) > size:
        raise ValueError(f"it unpacks to more than its {size:,} bytes")
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)


def _image_shape(input_shape: tuple[int, ...], *, is_standardized: bool) -> tuple[int, ...]:
    """The shape of one sample as the networks take it."""
    if not input_shape or min(input_shape) < 1:
        raise ValueError(f"input_shape: received {input_shape}, expected numbers above 0")
    if is_standardized:
        return 1, prod(input_shape)
    blank = np.broadcast_to(np.uint8(0), (1, *input_shape))  # takes no memory, however large
    return as_images(blank)[0].shape[1:]


def _of_columns(values: np.ndarray, n_columns: int) -> np.ndarray:
    """Means or standard deviations, checked."""
    if values.shape != (n_columns,) or values.dtype != np.float64 or not np.isfinite(values).all():
        raise ValueError(f"received {values.dtype} of shape {values.shape} for a number of each of {n_columns} columns")
    return values


def check_state(arrays: dict[str, np.ndarray], config: RunConfig, image_shape: tuple[int, ...], own: OwnParts) -> None:
    """Raise ValueError unless `arrays` are a whole state of `config`. Builds nothing larger than they are."""
    from dec_core.training import TrainingState
    from dec_core.training.methods import objective_of
    from dec_core.training.state import MEMORY

    described = architecture(config, image_shape)
    n_network = own.n_numbers if own.has_networks else described.n_parameters
    n_weights = n_network + objective_of(config).n_weights(config, described.latent_dim)
    n_received = sum(array.size for name, array in arrays.items() if name.startswith("weight_"))
    if n_received != n_weights:
        raise ValueError(
            f"received {n_received:,} weights, expected {n_weights:,}; they belong to another architecture"
        )
    expected = {name: (a.dtype, a.shape) for name, a in TrainingState(config, image_shape, own).to_arrays().items()}
    expected["phase"] = arrays["phase"].dtype, ()
    if "delta_label" not in arrays:  # earlier versions did not keep it
        del expected["delta_label"]
    if arrays["phase"] in ("clustering", "finished"):
        labels, n = arrays["labels"], arrays["labels"].size
        z_size = DIMENSIONS if METHODS[config.method].z == "umap" else described.latent_dim
        if labels.dtype.kind != "i" or not np.isin(labels, range(config.n_clusters)).all():
            raise ValueError(f"labels: expected whole numbers below {config.n_clusters}")
        expected |= {"labels": (labels.dtype, (n,)), "z": (np.float32, (n, z_size))}
        updated = arrays["n_updates"] > 0
        # a mixture's p is there before the first update
        has_p = METHODS[config.method].keeps_q or (
            METHODS[config.method].has_target and (updated or uses_mixture_target(config))
        )
        expected |= {"p": (np.float32, (n, config.n_clusters))} if has_p else {}
        remembered = objective_of(config).memory(config, n) if updated else {}
        expected |= {f"{MEMORY}{name}": (np.dtype(kind), shape) for name, (kind, shape) in remembered.items()}
    received = {name: (a.dtype, a.shape) for name, a in arrays.items() if not name.startswith("optimizer_")}
    for name in sorted(received | expected):
        if received.get(name) != expected.get(name):
            raise ValueError(f"{name}: received {received.get(name)}, expected {expected.get(name)}")
    if not all(np.isfinite(array).all() for array in arrays.values() if array.dtype.kind == "f"):
        raise ValueError("some of its numbers are infinite or not numbers")
