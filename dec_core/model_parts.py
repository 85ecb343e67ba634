"""Parts of a `DEC` model that are a researcher's own: checked before training, and kept in its file as far as it can.

Encoder and decoder are kept as what Keras writes of them and as plain arrays. Functions and clusterers are not kept, as
a file would have to hold code: a model that is loaded has a `NotSaved` instead, and asks for them before it trains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, prod
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from dec_core.config import AUTO, RunConfig
from dec_core.methods import METHODS

if TYPE_CHECKING:
    from dec_core.training import TrainingState
    from dec_core.training.own_parts import OwnParts

NETWORKS = ("encoder", "decoder")
CODE = ("initial", "added_loss")
SETTINGS = ("weights", "added_loss_weight")
PARTS = (*NETWORKS, *CODE, *SETTINGS)  # parameters of DEC
WEIGHTS = ("given", "drawn", "pretrained")
OWN = "own_"  # before the names of arrays in the file


@dataclass(frozen=True)
class NotSaved:
    """In place of a function or a clusterer that a model had when it was saved.

    Attributes
    ----------
    name : str
        What it was called.
    """

    name: str

    @classmethod
    def of(cls, part: Any) -> NotSaved:
        """In place of this one; of one that is in place of another, itself."""
        return part if isinstance(part, cls) else cls(str(getattr(part, "__qualname__", type(part).__name__))[:100])


class UnknownModel(ValueError):
    """A file's encoder or decoder that cannot be built here, and what to do about it."""


class ModelParts:
    """What `DEC` does with `encoder`, `decoder`, `weights`, `initial`, `added_loss` and `added_loss_weight`."""

    def _fields_of_parts(self) -> dict[str, Any]:
        """What own networks decide of the config: the size of z, and that no architecture of ours has to fit.

        Raises ValueError if encoder and decoder are not two Keras models that fit together.
        """
        if self.encoder is None and self.decoder is None:
            return {}
        for name, other in (NETWORKS, NETWORKS[::-1]):
            if getattr(self, name) is None:
                raise ValueError(f"{name}: received None beside {other}, expected a Keras model; give both, or neither")
        from dec_core.networks.own import check_model, check_pair, ends

        for name in NETWORKS:
            check_model(name, getattr(self, name))
        check_pair(self.encoder, self.decoder)
        return {
            "latent_dim": ends(self.encoder)[1][0],
            "autoencoder": "dense",
            "precision": "float32",
            "centered": False,
        }

    def _own_parts(self, config: RunConfig, image_shape: tuple[int, ...]) -> OwnParts:
        """The parts, checked against the samples and the method. Raises ValueError."""
        from dec_core.training.own_parts import OwnParts

        method = METHODS[config.method]
        self._check_settings()
        if self.encoder is not None:
            if not method.has_network or method.is_variational:
                reason = "has no network" if not method.has_network else "needs variances of z from its encoder, too"
                raise ValueError(
                    f"encoder: received one for the method {config.method!r}, which {reason}; choose "
                    f"{_those(lambda other: other.has_network and not other.is_variational)}"
                )
            self._check_input(image_shape)
        if self.initial is not None:
            self._check_initial(config, is_searched=self.n_clusters == AUTO)
        if self.added_loss is not None:
            self._check_added_loss(config)
        return OwnParts(**{name: getattr(self, name) for name in PARTS})

    def _check_input(self, image_shape: tuple[int, ...]) -> None:
        """Raise ValueError unless an own encoder takes a sample flat, as it is, or with an axis of channels."""
        if self.encoder is not None:
            from dec_core.networks.own import check_input

            shape = image_shape if self.scale_ is not None else self.input_shape_
            check_input(self.encoder, [(prod(shape),), shape, *([(*shape, 1)] if len(shape) < 3 else [])])

    def _check_settings(self) -> None:
        if self.weights not in WEIGHTS:
            raise ValueError(f"weights: received {self.weights!r:.40}, expected one of {', '.join(WEIGHTS)}")
        if self.weights != "given" and self.encoder is None:
            raise ValueError(
                f"weights: received {self.weights!r} without encoder and decoder, of whose weights it decides; give "
                'both, or leave it "given"'
            )
        if not (isinstance(self.added_loss_weight, Real) and isfinite(self.added_loss_weight)):
            raise ValueError(f"added_loss_weight: received {self.added_loss_weight!r:.40}, expected a finite number")

    def _check_initial(self, config: RunConfig, *, is_searched: bool = False) -> None:
        """Raise ValueError unless it can place the centers; `is_searched`: how many there are is found out later."""
        self._check_code("initial")
        if METHODS[config.method].centers_from != "kmeans":
            raise ValueError(
                f"initial: received a clusterer for the method {config.method!r}, which begins with a mixture of "
                f"its own; choose {_those(lambda other: other.centers_from == 'kmeans')}"
            )
        has_all = all(hasattr(self.initial, name) for name in ("fit_predict", "get_params"))
        if isinstance(self.initial, type) or not has_all:
            raise ValueError(
                f"initial: received {self.initial!r:.60}, expected a clusterer of scikit-learn's kind, with "
                "fit_predict and get_params, such as AgglomerativeClustering(10)"
            )
        from sklearn.mixture import GaussianMixture

        # elsewhere components are other things: dimensions, or no more than so many clusters
        name = "n_components" if isinstance(self.initial, GaussianMixture) else "n_clusters"
        n = self.initial.get_params(deep=False).get(name)
        received = f"initial: received {type(self.initial).__name__} with {name}={n}"
        if isinstance(n, Integral) and is_searched:
            raise ValueError(
                f'{received} beside n_clusters="auto", which looks for the number; give DEC a number, too, or leave '
                "initial out"
            )
        if isinstance(n, Integral) and n != config.n_clusters:
            raise ValueError(f"{received}, expected {config.n_clusters}, as DEC's n_clusters; change one of them")

    def _check_added_loss(self, config: RunConfig) -> None:
        self._check_code("added_loss")
        if not METHODS[config.method].trains_centers:
            raise ValueError(
                f"added_loss: received a function for the method {config.method!r}, which ends with its centers; "
                f"choose {_those(lambda other: other.trains_centers)}"
            )
        if not callable(self.added_loss):
            raise ValueError(f"added_loss: received {self.added_loss!r:.60}, expected a function of x, z and q")

    def _check_code(self, name: str) -> None:
        part = getattr(self, name)
        if isinstance(part, NotSaved):
            raise ValueError(
                f"{name}: received a model from a file, and files keep no code; it was trained with {part.name!r}: "
                f"set_params({name}=...) to that or another, or to None to go on without"
            )

    def _resume_with_parts(self) -> None:
        """Let a training that goes on use the functions that this model has now: those of a file are missing."""
        phase = self.state_.phase
        if phase == "finished":
            return
        self._check_settings()
        if phase != "clustering" and self.initial is not None:
            self._check_initial(self.config_)
        if self.added_loss is not None:
            self._check_added_loss(self.config_)
        now = {name: getattr(self, name) for name in (*CODE, "added_loss_weight")}
        self.state_.own = replace(self.state_.own, **now)
        self._with_traced_loss(self.state_)

    @staticmethod
    def _with_traced_loss(state: TrainingState) -> TrainingState:
        """The state, if its added loss can be computed; that is found out before the first event. Raises ValueError."""
        if state.own.added_loss is not None:
            state.own.check_loss(state.input_shape, state.cluster_centers.shape[1], state.config.n_clusters)
        return state

    def __sklearn_clone__(self) -> Self:
        """scikit-learn copies models as pickle does, which needs their own layers to be known by name."""
        models = [getattr(self, name) for name in NETWORKS if getattr(self, name) is not None]
        if not models:
            return super().__sklearn_clone__()
        from dec_core.networks.own import known_layers

        with known_layers(*models):
            return super().__sklearn_clone__()

    # -- files

    def _saved_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What a file says of the parts, and arrays; nothing where all is ours."""
        from dec_core.networks.own import check_has_no_code, config_of
        from dec_core.training.own_parts import NO_PARTS

        settings = {"weights": self.weights, "added_loss_weight": float(self.added_loss_weight)}
        about: dict[str, Any] = {name: v for name, v in settings.items() if v != getattr(NO_PARTS, name)}
        about |= {name: NotSaved.of(part).name for name in CODE if (part := getattr(self, name)) is not None}
        arrays = {}
        if self.state_.own.has_networks:
            for name in NETWORKS:
                model = getattr(self.state_.own, name)  # what is trained is a copy of these
                about[name] = config_of(model)
                check_has_no_code(name, about[name])
                arrays |= {f"{OWN}{name}_{i}": np.asarray(v) for i, v in enumerate(model.variables)}
        return ({"own": about} if about else {}), arrays


def parts_from(
    about: dict[str, Any], arrays: dict[str, np.ndarray], custom_objects: dict[str, Any] | None
) -> dict[str, Any]:
    """The parameters of `DEC` that `_saved_parts` wrote; takes their arrays out of `arrays`. Raises ValueError."""
    own = about.get("own", {})
    params = {name: own[name] for name in SETTINGS if name in own}
    params |= {name: NotSaved(str(own[name])[:100]) for name in CODE if name in own}
    if "encoder" in own:
        from dec_core.networks.own import check_pair, model_from

        for name in NETWORKS:
            names = sorted(
                (n for n in arrays if n.startswith(f"{OWN}{name}_")), key=lambda n: int(n.rpartition("_")[2])
            )
            try:
                params[name] = model_from(name, own[name], [arrays.pop(n) for n in names], custom_objects)
            except ValueError as error:
                raise UnknownModel(str(error)) from error
        check_pair(params["encoder"], params["decoder"])
    return params


def _those(has: Callable[[Any], bool]) -> str:
    """Names of the methods of which this is true."""
    return ", ".join(name for name, method in METHODS.items() if has(method))
