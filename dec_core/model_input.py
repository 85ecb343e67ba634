"""How X comes into a `DEC` model: what its values mean is decided in `fit`, remembered, and kept to from then on."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from dec_core.config import RunConfig
from dec_core.data.arrays import DARK, as_stack, scale_in, scale_of
from dec_core.data.deskew import deskew
from dec_core.data.values import Standardization, unscaled

FEWEST = 8  # samples: no config has smaller batches


class ModelInput:
    """What `DEC` does with X: it sets `input_shape_` and `scale_`, or `mean_` and `std_`, and makes rows of X."""

    def _samples(self, X: Any, *, reset: bool = False) -> np.ndarray:
        """X as images (n, height, width[, 3]), uint8 or float32 of 0..1; standardized as float32 of (n, 1, d).

        With `reset` shape and scale are decided, else they bind.
        """
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        if len(shape) > 2:
            X = np.asarray(X).reshape(shape[0], prod(shape[1:]))
        x = validate_data(self, X, reset=reset, ensure_min_samples=FEWEST if reset else 1)
        if reset:
            self._decide(x)
            self.input_shape_ = tuple(shape[1:])
        elif shape[1:] not in (self.input_shape_, (self.n_features_in_,)):
            raise ValueError(f"X: received images of {shape[1:]}, expected {self.input_shape_} as in fit; reshape them")
        if self.scale_ is None:
            rows = self._standardization.apply(x)
            if not np.isfinite(rows).all():
                raise _out_of_range(x, "numbers within 32 bits once they are standardized as in fit")
            return rows[:, None, :]
        self._check_values(x, in_fit=reset)
        return np.ascontiguousarray(as_stack(unscaled(x, self.scale_).reshape(-1, *self.input_shape_))[0])

    def _decide(self, x: np.ndarray) -> None:
        """What the values of X mean, in `fit`. Raises ValueError where they are no gray levels, or have no variance."""
        for name in ("mean_", "std_"):
            vars(self).pop(name, None)  # of a fit before
        if self.standardize:
            found = Standardization.of(x)
            self.scale_, self.mean_, self.std_ = None, found.mean, found.std
        else:
            self.scale_ = scale_in(x) or None
            if self.scale_ is None:
                raise _out_of_range(x, "0 to 1 or 0 to 255, as gray levels have")

    @property
    def _standardization(self) -> Standardization:
        return Standardization(self.mean_, self.std_)

    def _check_values(self, x: np.ndarray, *, in_fit: bool) -> None:
        low, high = x.min(), x.max()
        scale = scale_of(low, high)
        if scale < self.scale_:
            raise _out_of_range(x, "0 to 1 as in fit" if self.scale_ == 255 else "0 to 255 as in fit")
        if self.scale_ == 1 and 0 < high <= (DARK if in_fit else 1):
            warnings.warn(
                f"X: the brightest value is {high:g} of 255; if it is meant to be white, scale it to 255 first; "
                "of numbers that are no gray levels, standardize=True takes any",
                stacklevel=5,
            )

    def _rows(self, samples: np.ndarray, config: RunConfig) -> np.ndarray:
        """Samples as the networks take them: (n, n_features), deskewed if the config says so."""
        return (deskew(samples) if config.deskew else samples).reshape(len(samples), -1)

    def _in_units(self, rows: np.ndarray) -> np.ndarray:
        """What a decoder gives, as images or, where X is standardized, in the shape and units of X."""
        if self.scale_ is None:
            return self._standardization.undo(rows).reshape(-1, *self.input_shape_)
        return rows.reshape(-1, *self.state_.image_shape)


def _out_of_range(x: np.ndarray, expected: str) -> ValueError:
    negative = "Negative values in data: " if x.min() < 0 else ""  # as scikit-learn says it
    return ValueError(
        f"X: {negative}received values from {x.min():.7g} to {x.max():.7g}, expected {expected}; "
        "rescale them, or fit with standardize=True, which takes any numbers"
    )
