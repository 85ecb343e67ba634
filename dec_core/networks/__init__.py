"""The Keras networks of DEC: autoencoders and the clustering layer."""

import dec_core.silent_tensorflow  # noqa: F401  before anything else imports TensorFlow
from dec_core.networks.autoencoder import autoencoder
from dec_core.networks.clustering_layer import ClusteringLayer

__all__ = ["ClusteringLayer", "autoencoder"]
