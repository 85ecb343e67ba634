"""The algorithm: `algorithm.py` is the file in which a person who knows the paper recognises it."""

from dec_core.training.algorithm import cluster, initialize_centers, pretrain, train
from dec_core.training.state import TrainingState

__all__ = ["TrainingState", "cluster", "initialize_centers", "pretrain", "train"]
