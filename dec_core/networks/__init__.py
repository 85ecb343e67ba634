"""The Keras networks of DEC: the dense autoencoder and the clustering layer."""

from dec_core.networks.autoencoder import dense_autoencoder
from dec_core.networks.clustering_layer import ClusteringLayer

__all__ = ["ClusteringLayer", "dense_autoencoder"]
