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
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from dec_core.analysis.how_many import how_many
from dec_core.analysis.verdict import collapse
from dec_core.config import AUTO, RunConfig, applies
from dec_core.model_answers import ModelAnswers
from dec_core.model_config import ModelConfig
from dec_core.model_file import SavedModel
from dec_core.model_input import ModelInput
from dec_core.model_parts import ModelParts

if TYPE_CHECKING:
    import keras

    from dec_core.training.events import Event
    from dec_core.training.own_parts import Loss


class DEC(SavedModel, ModelInput, ModelConfig, ModelParts, ModelAnswers, BaseEstimator):
    """Deep Embedded Clustering of images (Xie, Girshick and Farhadi 2016).

    An autoencoder learns to reproduce x; k-means places centers mu among z = encoder(x); then encoder
    and centers move together so that q, Student's t similarity, approaches p, which is q sharpened:

        q_ij  proportional to  (1 + |z_i - mu_j|^2 / alpha) ^ (-(alpha + 1) / 2)     equation 1
        L = KL(p || q) = sum_ij p_ij log(p_ij / q_ij)                                equation 2
        p_ij  proportional to  q_ij^2 / sum_i q_ij                                   equation 3

    The loss is trained as its mean over the images of a batch, as Keras computes it. The config may ask for
    more or less than this: `method="joint"` trains the reconstruction as well (IDEC), "autoencoder" and
    "kmeans" stop at k-means. "umap_gmm" has no network, and no place for samples that were not in fit: it has neither
    `predict` nor `transform` nor what follows from them. With `first_target="umap_gmm"`, as in
    `presets["first-look"]`, p begins as what UMAP and a Gaussian mixture find among the images: a good part
    of such a result is theirs.

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
    encoder, decoder : keras.Model or None
        Your own networks instead of the config's: built Keras models of any layers, x -> z and z -> x. x is a
        sample of X flat, in its shape, or with an axis of channels; z is one vector, whose length becomes
        `latent_dim`. `fit` trains copies, `encoder_` and `decoder_`, by the same loop; what layers add to the loss,
        as regularizers do, is minimised along. `random_state` decides what is random in them, as dropout. Methods
        "dec", "joint", "dcn" and "autoencoder" take them.
    weights : {"given", "drawn", "pretrained"}
        What training of own networks begins with. "given": the weights they have, so that what was learned elsewhere is
        kept, and seeds differ in the order of batches and the centers alone. "drawn": new ones by the initializers
        of their layers and `random_state`, as a comparison over seeds needs; frozen layers keep theirs.
        "pretrained": the weights they have, without pretraining.
    initial : clusterer or None
        Instead of k-means: anything with scikit-learn's `fit_predict` and `get_params`. A copy of it is fitted to z,
        and the centers are its `cluster_centers_`, or the means of the z of each label; noise (-1) counts for none.
        From then on each sample belongs to the nearest center.
    added_loss : callable or None
        A function (x, z, q) -> scalar of TensorFlow's tensors, added to what clustering minimises; of a batch,
        x is (batch, *input shape of the encoder), z (batch, latent_dim), q (batch, n_clusters), in float32. Files
        do not keep it: `load`.
    added_loss_weight : float
        What it is multiplied by.
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
        With `n_clusters="auto"`: the numbers of groups there may be, their scores, which groups merge, and which are
        unlike all the others. Files do not keep it.
    embedding_ : ndarray of float32, shape (n, latent_dim)
        z of the samples of fit, as of the last target update or the end; of the method "umap_gmm" their UMAP.
    q_ : ndarray, shape (n, n_clusters)
        Their soft assignment; of the method "umap_gmm" what the mixture's components hold themselves responsible for.
    encoder_, decoder_ : keras.Model
        The networks that are trained.
    history_ : list of dict
        A row for each epoch, update and stretch of steps, as `pandas.DataFrame` takes them: losses (`added_loss` not
        weighed), `delta_label`. Files do not keep it.
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
        encoder: keras.Model | None = None,
        decoder: keras.Model | None = None,
        weights: Literal["given", "drawn", "pretrained"] = "given",
        initial: Any = None,
        added_loss: Loss | None = None,
        added_loss_weight: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
        standardize: bool = False,
        verbose: int = 0,
    ):
        self.config = config
        self.n_clusters = n_clusters
        self.encoder = encoder
        self.decoder = decoder
        self.weights = weights
        self.initial = initial
        self.added_loss = added_loss
        self.added_loss_weight = added_loss_weight
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
            Ends with `Finished`, or with `Diverged`, after which the model counts as not fitted. Of a model that is
            finished, resuming yields nothing.

        Raises
        ------
        ValueError
            Before the first event, for X or a parameter that cannot be used; of parameters it is a
            ConfigError, which names the fields. More clusters than images are among these. After pretraining,
            where `initial` finds another number of clusters.
        NotFittedError
            If there is nothing to resume.
        """
        from dec_core.training import train
        from dec_core.training.events import Diverged
        from dec_core.training.history import rows_of

        x = self._go_on(X) if resume else self._begin(X)
        for event in train(self.state_, x):
            self.history_ += rows_of(event)
            if isinstance(event, Diverged):
                del self.state_  # its weights are no numbers
            yield event

    def _begin(self, X) -> np.ndarray:
        from dec_core.training import TrainingState

        for name in ("state_", "how_many_", "history_"):  # a fit that fails leaves nothing of the one before
            vars(self).pop(name, None)
        samples = self._samples(X, reset=True)
        config = self._run_config(len(samples))
        config.check_images(len(samples), samples.shape[1:])
        x = self._rows(samples, config)
        own = self._own_parts(config, samples.shape[1:])
        if self.n_clusters == AUTO:
            self.how_many_ = how_many(x, samples.shape[1:], config.random_state)
            config = config.changed(n_clusters=self.how_many_.at_least_two())
        self.state_ = self._with_traced_loss(TrainingState(config, samples.shape[1:], own))
        self._checksum, self.history_ = zlib.crc32(x), []
        return x

    def _go_on(self, X) -> np.ndarray:
        """X as rows for resumed training, checked to be the images that it began with."""
        check_is_fitted(self, "state_", msg="resume: there is nothing to go on with; begin with resume=False")
        x = self._rows(self._samples(X), self.config_)
        if zlib.crc32(x) != self._checksum:
            raise ValueError(
                "X: received other images than those that training began with, expected the same ones in the same "
                "order; begin anew with resume=False"
            )
        self._resume_with_parts()
        return x


def _say(event: Event, before: str) -> str:
    """Print an event's line, unless it was the one before: while UMAP runs, several say the same. The line."""
    from dec_core.training.event_lines import event_line

    line = event_line(event)
    if line and line != before:
        print(f"[DEC] {line}", flush=True)
    return line or before
