"""The algorithm: `algorithm.py` is the file in which a person who knows the paper recognises it."""

import dec_core.silent_tensorflow  # noqa: F401  before anything else imports TensorFlow
from dec_core.training.algorithm import cluster, initialize_centers, pretrain, train
from dec_core.training.state import TrainingState

__all__ = ["TrainingState", "cluster", "initialize_centers", "pretrain", "train"]
