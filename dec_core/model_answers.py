"""What a `DEC` model answers once it is trained, or as far as it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassNamePrefixFeaturesOutMixin, ClusterMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_is_fitted

from dec_core.analysis.assignment import q_by
from dec_core.config import RunConfig
from dec_core.methods import METHODS

if TYPE_CHECKING:
    import keras

    from dec_core.training import TrainingState


def _places_new_samples(model: ModelAnswers) -> bool:
    """True, or an AttributeError that says why not: scikit-learn's convention for methods that a model lacks."""
    config = model.state_.config if "state_" in vars(model) else model.config
    if isinstance(config, RunConfig) and not METHODS[config.method].places_new_images:
        raise AttributeError(
            f"the method {config.method!r} lays out the samples of fit by UMAP and has no place for others, and no "
            "network; use labels_, q_, embedding_, fit_predict and fit_transform, or a method with a network"
        )
    return True


class ModelAnswers(ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin):
    """What follows from `state_`. With the method "umap_gmm" only what is known of the samples of fit."""

    @property
    def config_(self) -> RunConfig:
        return self.state_.config

    @property
    def n_iter_(self) -> int:
        return self.state_.iteration

    @property
    def encoder_(self) -> keras.Model:
        return self._trained(self.state_.encoder)

    @property
    def decoder_(self) -> keras.Model:
        return self._trained(self.state_.decoder)

    def _trained(self, model: keras.Model) -> keras.Model:
        if not self.state_.own.has_networks:
            return model
        from dec_core.networks.own import layers_of

        return layers_of(model)

    @property
    def labels_(self) -> np.ndarray:
        return self._placed().labels

    @property
    def cluster_centers_(self) -> np.ndarray:
        return self._placed().cluster_centers

    @property
    def embedding_(self) -> np.ndarray:
        return self._placed().z

    @property
    def q_(self) -> np.ndarray:
        return self._placed().q()

    def _placed(self) -> TrainingState:
        if self.state_.labels is None:
            raise AttributeError("DEC has no labels and centers yet: they come after pretraining")
        return self.state_

    def _embed(self, X: ArrayLike) -> np.ndarray:
        return self.state_.embed(self._rows(self._samples(X), self.config_))

    def fit_transform(self, X: ArrayLike, y: Any = None) -> np.ndarray:
        """Train, and give z of X, float32, shape (n, latent_dim); of "umap_gmm" its UMAP. `y` is not looked at."""
        self.fit(X)
        return self._embed(X) if METHODS[self.config_.method].places_new_images else self.embedding_

    @available_if(_places_new_samples)
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

    @available_if(_places_new_samples)
    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """q, float64, shape (n, n_clusters); each row sums to one. Raises as `predict` does.

        It is Student's t of equation 1, also where the method assigns to the nearest center ("dcn", "autoencoder"); of
        "vade" how much each component of its mixture holds itself responsible for z.
        """
        check_is_fitted(self, "labels_")
        kind, prior = METHODS[self.config_.method].q, self.state_.clustering_layer.prior()
        return q_by(kind, self._embed(X), self.cluster_centers_, self.config_.alpha, prior=prior)

    @available_if(_places_new_samples)
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

    @available_if(_places_new_samples)
    def reconstruct(self, X: ArrayLike) -> np.ndarray:
        """decoder(encoder(x)): what `decode` makes of the z of X. Raises as `transform` does."""
        check_is_fitted(self, "state_")
        return self.decode(self._embed(X))

    @available_if(_places_new_samples)
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
        has_z = METHODS[self.config_.method].places_new_images
        return (self.state_.cluster_centers if has_z else self.embedding_).shape[1]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "labels_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only, tags.input_tags.three_d_array = not self.standardize, True
        tags.transformer_tags.preserves_dtype = []  # z is float32, whatever x is
        return tags


# scikit-learn, for `set_output`, has put a plain function in its place, which a model that lacks it would seem to have
ModelAnswers.transform = available_if(_places_new_samples)(ModelAnswers.transform)
