"""The Keras networks: autoencoders, and the layers that make q of z."""

import dec_core.silent_tensorflow  # noqa: F401  before anything else imports TensorFlow
from dec_core.networks.autoencoder import autoencoder, with_heads
from dec_core.networks.clustering_layer import ClusteringLayer
from dec_core.networks.mixture_layer import MixtureLayer

__all__ = ["ClusteringLayer", "MixtureLayer", "autoencoder", "with_heads"]
