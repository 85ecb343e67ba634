"""What each method has and can do. All others ask here, and nobody asks for a method's name.

To add a method: an entry in `METHODS`, and, if it goes on after its centers are placed, a module in
`dec_core/training/methods/`, which the entry names. A question below that it answers in a new way gets a new value.

This stands below the config, as the architecture does, and knows of it the fields in `MethodChoice` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

PHASES = ("pretraining", "centers", "clustering")  # what is done in turn
STATE_PHASES = (*PHASES, "finished")  # where a run may stand, in states and records on disk

MIXTURE_ALONE = "umap_gmm"  # the method that ends with what UMAP and a mixture find


class MethodChoice(Protocol):
    """The fields of a `RunConfig` that decide by what its clusters are found."""

    method: str
    first_target: str
    first_target_steps: int
    center_init: str


@dataclass(frozen=True)
class ClusteringLoss:
    """What clustering minimises, as screens say it. Where the decoder is trained, the reconstruction's error is added.

    Attributes
    ----------
    name : str
        In the signs of its paper.
    term : str
        Its place in the glossary.
    doing : str
        What training does to it, in a sentence.
    weight : str
        The field of the config by which it is weighed beside the reconstruction's error; "" for none.
    factor : str
        That weight, as a sign.
    """

    name: str
    term: str
    doing: str
    weight: str = ""
    factor: str = ""


@dataclass(frozen=True)
class Method:
    """What a method has and can do.

    Attributes
    ----------
    z : {"code", "pixels", "umap"}
        What a z is: the code of an autoencoder that is trained, the image as it is, or its place in a UMAP.
    q : {"student_t", "mixture", "responsibilities"}
        How q follows, in `dec_core.analysis.assignment.q_by`, which alone computes it: by Student's t from z and the
        centers (equation 1), by a mixture in z whose means are the centers, or as the responsibilities of a mixture
        elsewhere, which are kept since they follow from neither.
    centers_from : {"kmeans", "mixture", "umap_mixture"}
        What places the centers: k-means on z, a Gaussian mixture on z, or one in the UMAP of the images.
    objective : str or None
        The module in `dec_core.training.methods` by which centers and encoder are then trained together; None where
        the method ends with its centers.
    loss : ClusteringLoss or None
        What is minimised then.
    has_target : bool
        Whether it is KL(p || q): q is to approach a target p.
    trains_decoder : bool
        Whether the decoder is trained along, and its error minimised, too.
    is_variational : bool
        Whether the encoder gives a distribution of z for each image, and z is its mean.
    """

    z: Literal["code", "pixels", "umap"]
    q: Literal["student_t", "mixture", "responsibilities"] = "student_t"
    centers_from: Literal["kmeans", "mixture", "umap_mixture"] = "kmeans"
    objective: str | None = None
    loss: ClusteringLoss | None = None
    has_target: bool = False
    trains_decoder: bool = False
    is_variational: bool = False

    @property
    def trains_centers(self) -> bool:
        """Whether it goes on after its centers are placed."""
        return self.objective is not None

    @property
    def shows_target(self) -> bool:
        """Whether p says something: it is what is trained toward, or, where nothing is, what DEC would aim at."""
        return self.has_target or not self.trains_centers

    @property
    def has_network(self) -> bool:
        """Whether there is an autoencoder."""
        return self.z == "code"

    @property
    def keeps_q(self) -> bool:
        """Whether q is kept with the snapshots, as it does not follow from what they hold besides."""
        return self.q == "responsibilities"

    @property
    def places_new_images(self) -> bool:
        """Whether an image that was not there when the clusters were found can be given to one."""
        return self.z != "umap"

    @property
    def centers_are_images(self) -> bool:
        """Whether a center is the mean image of its cluster, rather than a point in z that is to be decoded."""
        return not self.has_network

    @property
    def phases(self) -> tuple[str, ...]:
        """Those of `PHASES` that it has."""
        has = self.has_network, True, self.trains_centers
        return tuple(phase for phase, has_it in zip(PHASES, has, strict=True) if has_it)


FROM_ITSELF = "The network learns from itself: p sharpens its own q."
KL = ClusteringLoss("KL(p‖q)", "kl", FROM_ITSELF)
TO_CENTERS = "Each image is drawn to the center it is assigned to, and centers follow their images."
KMEANS_LOSS = ClusteringLoss("½‖z − μ‖²", "kmeans_loss", TO_CENTERS, weight="kmeans_weight", factor="λ")
TO_PRIOR = "Each z is drawn by its own mean and variance, near where a mixture of Gaussians would have drawn it."
PRIOR_LOSS = ClusteringLoss("KL(q(z,c)‖p(z,c))", "prior_loss", TO_PRIOR, weight="kl_weight", factor="β")
WEIGHED_KL = ClusteringLoss("KL(p‖q)", "kl", FROM_ITSELF, weight="gamma", factor="γ")

METHODS: dict[str, Method] = {
    "dec": Method("code", objective="toward_target", loss=KL, has_target=True),
    "joint": Method("code", objective="toward_target", loss=WEIGHED_KL, has_target=True, trains_decoder=True),
    "dcn": Method("code", objective="dcn", loss=KMEANS_LOSS, trains_decoder=True),
    "vade": Method(
        "code",
        q="mixture",
        centers_from="mixture",
        objective="vade",
        loss=PRIOR_LOSS,
        trains_decoder=True,
        is_variational=True,
    ),
    "autoencoder": Method("code"),
    "kmeans": Method("pixels"),
    "umap_gmm": Method("umap", q="responsibilities", centers_from="umap_mixture"),
}


def uses_kmeans(config: MethodChoice) -> bool:
    """Whether k-means places the centers: always where it is what the method ends with."""
    method = METHODS[config.method]
    return method.centers_from == "kmeans" and not (method.trains_centers and config.center_init == "random")


def uses_mixture_target(config: MethodChoice) -> bool:
    """Whether a network is trained whose first target p is what UMAP and a mixture find."""
    return METHODS[config.method].has_target and config.first_target == "umap_gmm"


def fits_mixture(config: MethodChoice) -> bool:
    """Whether UMAP and a mixture find the groups, if only for the first target p."""
    return METHODS[config.method].centers_from == "umap_mixture" or uses_mixture_target(config)


def loss_weight(config: MethodChoice) -> float | None:
    """By what the clustering loss is multiplied beside the reconstruction's error; None where there is no such sum."""
    loss = METHODS[config.method].loss
    return getattr(config, loss.weight) if loss and loss.weight else None


def weighed_loss(config: MethodChoice) -> str:
    """The clustering loss with its weight, as a sign: γ · KL(p‖q); "" where there is none."""
    loss = METHODS[config.method].loss
    return " · ".join(part for part in (loss.factor, loss.name) if part) if loss else ""


def held_steps(config: MethodChoice) -> int:
    """Gradient steps in which a mixture's target is held; 0 where there is none."""
    return config.first_target_steps if uses_mixture_target(config) else 0
