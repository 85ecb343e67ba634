"""DEC, the scikit-learn face of the method: `fit` drains `iter_fit`, and that is `dec_core.training.train`.

It adds the input and the file: what the values of X mean, `fit` decides once (`dec_core.model_input`), and a
model becomes one file, whether its training has ended or not (`dec_core.model_file`).
TensorFlow is imported when there is something to train or to load.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_array, check_is_fitted

from dec_core.analysis.assignment import q_by
from dec_core.analysis.how_many import how_many
from dec_core.analysis.verdict import collapse
from dec_core.config import AUTO, RunConfig, applies
from dec_core.methods import METHODS
from dec_core.model_config import ModelConfig
from dec_core.model_file import SavedModel
from dec_core.model_input import ModelInput

if TYPE_CHECKING:
    from dec_core.training import TrainingState
    from dec_core.training.events import Event


class DEC(
    SavedModel, ModelInput, ModelConfig, ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
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
    shape (n, d); where d is a square, they are square images. Values are 0..1 or 0..255, of any type, and
    floats are used as they are, in float32; which of the two, `fit` decides for all that follows, so that
    a dark batch is not taken for another scale. Where most clusters end empty, as with images that are all
    alike, there is scikit-learn's ConvergenceWarning.

    With `standardize=True` X holds any numbers: embeddings, measurements, columns of a table. They are
    no images then, whatever their shape, and what needs images (deskew, augmentation, convolutions,
    features by gradients, with which the presets begin) is refused.

    Parameters
    ----------
    config : RunConfig or None
        Architecture and hyperparameters; None for the tutorial's dense system, 300 epochs long. Its
        `dataset` and `n_samples` are not used: X is the data. (With dataset="own-x" a config does not
        ask for an architecture that fits MNIST.) Batches larger than X become all of X.
    n_clusters : int, "auto" or None
        Instead of the config's. "auto" has `fit` look for the number first, without labels
        (`dec_core.analysis.how_many`); `how_many_` says what it has found, `config_` what is trained with.
    random_state : int, RandomState or None
        Instead of the config's. The same seed gives the same labels. A RandomState draws one at each fit.
    standardize : bool
        Center each column of X and scale it to unit variance, as it is in `fit`, before the network sees
        it; here and in all that follows. A constant column becomes 0.
    verbose : int
        1: `fit` prints a line for each epoch and each update of the target. 0: nothing.

    Of a `config`, parameters are nested as scikit-learn's are: `set_params(config__latent_dim=5)`.

    Attributes
    ----------
    labels_ : ndarray of int, shape (n,)
        Cluster of every image; while training goes on, as of the last target update.
    cluster_centers_ : ndarray of float32, shape (n_clusters, latent_dim)
        Of the method "kmeans" in pixels, (n_clusters, n_features_in_).
    how_many_ : HowMany
        With `n_clusters="auto"`: the numbers of groups there may be, their scores, and which groups merge.
    n_iter_ : int
        Gradient steps done while clustering.
    config_ : RunConfig
        What is trained with: `config`, with the parameters above and fitted to X.
    n_features_in_ : int
        Numbers in one image. `feature_names_in_` holds the columns, where X was a DataFrame.
    input_shape_ : tuple of int
        Shape of one image or row of X in `fit`.
    scale_ : {1, 255} or None
        What makes 0..255 of values of X: 255 where they are 0..1, up to 1.000001, and 1 where they are
        0..255. None with `standardize`.
    mean_, std_ : ndarray of float64, shape (n_features_in_,)
        With `standardize`: mean and standard deviation of each column in fit; `std_` of a constant one is 0.
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
        self,
        config: RunConfig | None = None,
        *,
        n_clusters: int | Literal["auto"] | None = None,
        random_state: int | np.random.RandomState | None = None,
        standardize: bool = False,
        verbose: int = 0,
    ):
        self.config = config
        self.n_clusters = n_clusters
        self.random_state = random_state
        self.standardize = standardize
        self.verbose = verbose

    # -- training

    def fit(self, X: ArrayLike, y: Any = None) -> DEC:
        """Train to the end. `y` is not looked at.

        Warns
        -----
        ConvergenceWarning
            Where most clusters end empty, or all samples are in one, with what to try instead.

        Raises
        ------
        ValueError
            As `iter_fit` does; and where training diverges, with what to try instead.
        """
        line = ""
        for event in self.iter_fit(X):
            line = _say(event, line) if self.verbose else line
        if not hasattr(self, "state_"):
            raise ValueError(event.message)
        self._warn_of_collapse()
        return self

    def _warn_of_collapse(self) -> None:
        sentence = collapse(np.bincount(self.labels_, minlength=self.config_.n_clusters).tolist())
        if sentence:
            field, smaller = self.config_.smaller_rate("clustering")
            received = f" ({field}: received {getattr(self.config_, field):g}, try {smaller:g})"
            warnings.warn(sentence + received * applies(field, self.config_), ConvergenceWarning, stacklevel=3)

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

        x = self._same_samples(X) if resume else self._begin(X)
        for event in train(self.state_, x):
            if isinstance(event, Diverged):
                del self.state_  # its weights are no numbers
            yield event

    def _begin(self, X) -> np.ndarray:
        from dec_core.training import TrainingState

        for name in ("state_", "how_many_"):  # a fit that fails leaves nothing of the one before
            vars(self).pop(name, None)
        samples = self._samples(X, reset=True)
        config = self._run_config(len(samples))
        config.check_images(len(samples), samples.shape[1:])
        x = self._rows(samples, config)
        if self.n_clusters == AUTO:
            self.how_many_ = how_many(x, samples.shape[1:], config.random_state)
            config = config.changed(n_clusters=self.how_many_.at_least_two())
        self.state_ = TrainingState(config, samples.shape[1:])
        self._checksum = zlib.crc32(x)
        return x

    def _same_samples(self, X) -> np.ndarray:
        """X as rows for resumed training, checked to be the images that it began with."""
        check_is_fitted(self, "state_", msg="resume: there is nothing to go on with; begin with resume=False")
        x = self._rows(self._samples(X), self.config_)
        if zlib.crc32(x) != self._checksum:
            raise ValueError(
                "X: received other images than those that training began with, expected the same ones in the same "
                "order; begin anew with resume=False"
            )
        return x

    def _embed(self, X) -> np.ndarray:
        return self.state_.embed(self._rows(self._samples(X), self.config_))

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
            If X has another shape or scale than in fit, or NaN or infinite values.
        """
        check_is_fitted(self, "state_")
        return self._embed(X)

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """q, float64, shape (n, n_clusters); each row sums to one. Raises as `predict` does.

        It is Student's t of equation 1, also where the method assigns to the nearest center ("dcn", "autoencoder"); of
        "vade" how much each component of its mixture holds itself responsible for z.
        """
        check_is_fitted(self, "labels_")
        kind, prior = METHODS[self.config_.method].q, self.state_.clustering_layer.prior()
        return q_by(kind, self._embed(X), self.cluster_centers_, self.config_.alpha, prior=prior)

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
        """decoder(encoder(x)): what `decode` makes of the z of X. Raises as `transform` does."""
        check_is_fitted(self, "state_")
        return self.decode(self._embed(X))

    def decode(self, z: ArrayLike) -> np.ndarray:
        """What z stands for, the centers for instance: (n, latent_dim) -> samples.

        Of images float32 of about 0..1, shape (n, height, width[, 3]); with `standardize` float64 in the
        units and the shape of X.

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
        return self._in_units(self.state_.decode(z))

    @property
    def _n_features_out(self) -> int:
        return self.state_.cluster_centers.shape[1]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only, tags.input_tags.three_d_array = not self.standardize, True
        tags.transformer_tags.preserves_dtype = []  # z is float32, whatever x is
        return tags


def _say(event: Event, before: str) -> str:
    """Print an event's line, unless it was the one before: while UMAP runs, several say the same. The line."""
    from dec_core.training.event_lines import event_line

    line = event_line(event)
    if line and line != before:
        print(f"[DEC] {line}", flush=True)
    return line or before
