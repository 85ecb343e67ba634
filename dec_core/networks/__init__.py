"""The Keras networks of DEC: autoencoders and the clustering layer."""

from dec_core.networks.autoencoder import autoencoder
from dec_core.networks.clustering_layer import ClusteringLayer

__all__ = ["ClusteringLayer", "autoencoder"]
