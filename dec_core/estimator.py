"""DEC, the scikit-learn face of the method: `fit` drains `iter_fit`, and that is `dec_core.training.train`.

It adds the input and the file: arrays become grey levels by a rule that `fit` decides once, and a model
becomes one file, whether its training has ended or not (`dec_core.model_file`).
TensorFlow is imported when there is something to train or to load.
"""

from __future__ import annotations

import warnings
import zlib
from collections import deque
from collections.abc import Iterator
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from dec_core.analysis.assignment import q_by
from dec_core.config import OWN_DATA, RunConfig
from dec_core.data.arrays import DARK, as_stack, gray_levels
from dec_core.data.deskew import deskew
from dec_core.methods import METHODS
from dec_core.model_file import SavedModel

if TYPE_CHECKING:
    from dec_core.training import TrainingState
    from dec_core.training.events import Event

FEWEST = 8  # images: no config has smaller batches


class DEC(SavedModel, ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator):
    """Deep Embedded Clustering of images (Xie, Girshick and Farhadi 2016).

    An autoencoder learns to reproduce x; k-means places centers mu among z = encoder(x); then encoder
    and centers move together so that q, Student's t similarity, approaches p, which is q sharpened:

        q_ij  proportional to  (1 + |z_i - mu_j|^2 / alpha) ^ (-(alpha + 1) / 2)     equation 1
        L = KL(p || q) = sum_ij p_ij log(p_ij / q_ij)                                equation 2
        p_ij  proportional to  q_ij^2 / sum_i q_ij                                   equation 3

    The loss is trained as its mean over the images of a batch, as Keras computes it. The config may ask for
    more or less than this: `method="joint"` trains the reconstruction as well (IDEC), "autoencoder" and
    "kmeans" stop at k-means. With `first_target="umap_gmm"`, as in `presets["first-look"]`, p begins as what
    UMAP and a Gaussian mixture find among the images: a good part of such a result is theirs.

    X, wherever a method takes it, holds images of shape (n, height, width[, channels]) or rows of
    shape (n, d), where d is best a square. Values are 0..1 or 0..255, of any type; which of the two,
    `fit` decides for all that follows, so that a dark batch is not taken for another scale. Images
    that are all alike end in one cluster, with scikit-learn's ConvergenceWarning.

    Parameters
    ----------
    config : RunConfig or None
        Architecture and hyperparameters; None for the tutorial's dense system, 300 epochs long. Its
        `dataset` and `n_samples` are not used: X is the data. (With dataset="own-x" a config does not
        ask for an architecture that fits MNIST.) Batches larger than X become all of X.
    n_clusters : int or None
        Instead of the config's.
    random_state : int or None
        Instead of the config's. The same seed gives the same labels.

    Attributes
    ----------
    labels_ : ndarray of int, shape (n,)
        Cluster of every image; while training goes on, as of the last target update.
    cluster_centers_ : ndarray of float32, shape (n_clusters, latent_dim)
        Of the method "kmeans" in pixels, (n_clusters, n_features_in_).
    n_iter_ : int
        Gradient steps done while clustering.
    config_ : RunConfig
        What is trained with: `config`, with the parameters above and fitted to X.
    n_features_in_ : int
        Numbers in one image. `feature_names_in_` holds the columns, where X was a DataFrame.
    input_shape_ : tuple of int
        Shape of one image or row of X in `fit`.
    scale_ : {1, 255}
        What values are multiplied by to become grey levels.
    state_ : TrainingState
        Networks and counters. It is there as soon as training has begun; labels and centers follow
        when the centers are placed.

    Examples
    --------
    >>> model = DEC(presets["first-look"], random_state=3)
    >>> for event in model.iter_fit(images):
    ...     print(event)
    >>> model.labels_, model.predict(more_images)
    """

    # X is not x because scikit-learn's routing takes an argument of any other name for metadata.

    def __init__(
        self, config: RunConfig | None = None, *, n_clusters: int | None = None, random_state: int | None = None
    ):
        self.config = config
        self.n_clusters = n_clusters
        self.random_state = random_state

    # -- training

    def fit(self, X: ArrayLike, y: Any = None) -> DEC:
        """Train to the end. `y` is not looked at.

        Raises
        ------
        ValueError
            As `iter_fit` does; and where training diverges, with what to try instead.
        """
        last = deque(self.iter_fit(X), maxlen=1).pop()
        if not hasattr(self, "state_"):
            raise ValueError(last.message)
        return self

    def iter_fit(self, X: ArrayLike, *, resume: bool = False) -> Iterator[Event]:
        """Train, and yield what happens as it happens (`dec_core.training.events`).

        Close the generator, or leave the loop, to stop. The model can then be used as far as it has
        come, be saved and loaded, and go on to the same labels as if it had not been stopped.

        Parameters
        ----------
        X : images or rows, see the class
        resume : bool
            Go on where training stopped, with the same X and with `config_`. False begins anew.

        Yields
        ------
        Event
            Ends with `Finished`, or with `Diverged`, after which the model counts as not fitted.

        Raises
        ------
        ValueError
            Before the first event, for X or a parameter that cannot be used; of parameters it is a
            ConfigError, which names the fields. More clusters than images are among these.
        NotFittedError
            If there is nothing to resume.
        """
        from dec_core.training import train
        from dec_core.training.events import Diverged

        x = self._same_images(X) if resume else self._begin(X)
        for event in train(self.state_, x):
            if isinstance(event, Diverged):
                del self.state_  # its weights are no numbers
            yield event

    def _begin(self, X) -> np.ndarray:
        from dec_core.training import TrainingState

        vars(self).pop("state_", None)  # a fit that fails leaves nothing of the one before
        images = self._images(X, reset=True)
        config = self._run_config(len(images))
        config.check_images(len(images), images.shape[1:])
        self.state_ = TrainingState(config, images.shape[1:])
        x = self._rows(images)
        self._checksum = zlib.crc32(x)
        return x

    def _same_images(self, X) -> np.ndarray:
        """X as rows for resumed training, checked to be the images that it began with."""
        check_is_fitted(self, "state_", msg="resume: there is nothing to go on with; begin with resume=False")
        x = self._rows(self._images(X))
        if zlib.crc32(x) != self._checksum:
            raise ValueError(
                "X: received other images than those that training began with, expected the same ones in the same "
                "order; begin anew with resume=False"
            )
        return x

    def _run_config(self, n: int) -> RunConfig:
        config = RunConfig() if self.config is None else self.config
        if not isinstance(config, RunConfig):
            raise ValueError(
                f"config: received {config!r:.60}, expected a RunConfig, such as presets['first-look'], or None"
            )
        if not METHODS[config.method].places_new_images:
            raise ValueError(
                f"config: received the method {config.method!r}, which cannot place new images and so is no estimator; "
                "choose another, or call dec_core.analysis.umap_gmm.umap_gmm"
            )
        given = {"n_clusters": self.n_clusters, "random_state": self.random_state}
        given = {name: int(v) if isinstance(v, Integral) else v for name, v in given.items() if v is not None}
        return config.changed(dataset=f"{OWN_DATA}x", n_samples=None, batch_size=min(config.batch_size, n), **given)

    # -- the way in

    def _images(self, X, *, reset: bool = False) -> np.ndarray:
        """X as uint8 images, (n, height, width[, 3]). With `reset` shape and scale are decided, else they bind."""
        shape = X.shape if hasattr(X, "shape") else np.asarray(X).shape
        if len(shape) > 2:
            X = np.asarray(X).reshape(shape[0], prod(shape[1:]))
        x = validate_data(self, X, reset=reset, ensure_non_negative=True, ensure_min_samples=FEWEST if reset else 1)
        if reset:
            self.input_shape_ = tuple(shape[1:])
            self.scale_ = 255 if x.max() <= 1 else 1
        elif shape[1:] not in (self.input_shape_, (self.n_features_in_,)):
            raise ValueError(f"X: received images of {shape[1:]}, expected {self.input_shape_} as in fit; reshape them")
        if self.scale_ == 1 and 0 < x.max() <= (DARK if reset else 1):
            warnings.warn(
                f"X: the brightest value is {x.max():g} of 255; if it is meant to be white, scale it to 255 first",
                stacklevel=4,
            )
        return np.ascontiguousarray(as_stack(gray_levels(x, self.scale_).reshape(-1, *self.input_shape_))[0])

    def _rows(self, images: np.ndarray) -> np.ndarray:
        """Images as the networks take them: uint8, (n, n_pixels), deskewed if the config says so."""
        return (deskew(images) if self.config_.deskew else images).reshape(len(images), -1)

    def _embed(self, X) -> np.ndarray:
        return self.state_.embed(self._rows(self._images(X)))

    # -- the trained model

    @property
    def config_(self) -> RunConfig:
        return self.state_.config

    @property
    def n_iter_(self) -> int:
        return self.state_.iteration

    @property
    def labels_(self) -> np.ndarray:
        return self._placed().labels

    @property
    def cluster_centers_(self) -> np.ndarray:
        return self._placed().cluster_centers

    def _placed(self) -> TrainingState:
        if self.state_.labels is None:
            raise AttributeError("DEC has no labels and centers yet: they come after pretraining")
        return self.state_

    def transform(self, X: ArrayLike) -> np.ndarray:
        """z = encoder(x), float32, shape (n, latent_dim).

        Raises
        ------
        NotFittedError
            If training has not begun. While it pretrains, z is what the encoder has learned so far.
        ValueError
            If X has another shape or scale than in fit, or negative values, NaN or infinite ones.
        """
        check_is_fitted(self, "state_")
        return self._embed(X)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """q of equation 1, float64, shape (n, n_clusters); each row sums to one. Raises as `predict` does."""
        check_is_fitted(self, "labels_")
        return q_by(METHODS[self.config_.method].q, self._embed(X), self.cluster_centers_, self.config_.alpha)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """Cluster of each image, the argmax of its q, int, shape (n,).

        Raises
        ------
        NotFittedError
            If the centers are not placed yet.
        ValueError
            As `transform` does.
        """
        return self.predict_proba(X).argmax(axis=1)

    def reconstruct(self, X: ArrayLike) -> np.ndarray:
        """decoder(encoder(x)), float32 of about 0..1, (n, height, width[, 3]). Raises as `transform` does."""
        check_is_fitted(self, "state_")
        return self.decode(self._embed(X))

    def decode(self, z: ArrayLike) -> np.ndarray:
        """The images that z stands for, the centers' for instance: (n, latent_dim) -> (n, height, width[, 3]).

        Raises
        ------
        NotFittedError
            If training has not begun.
        ValueError
            If z is not of shape (n, latent_dim), or holds NaN or infinite values.
        """
        check_is_fitted(self, "state_")
        z = check_array(z, dtype=np.float32, input_name="z")
        if z.shape[1] != self._n_features_out:
            raise ValueError(f"z: received shape {z.shape}, expected (n, {self._n_features_out})")
        return self.state_.decode(z).reshape(-1, *self.state_.image_shape)

    @property
    def _n_features_out(self) -> int:
        return self.state_.cluster_centers.shape[1]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []  # z is float32, whatever x is
        return tags
