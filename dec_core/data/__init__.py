"""Images in: as arrays of uint8 that every other room uses as they are."""

from dec_core.data.dataset import Dataset
from dec_core.data.errors import DataError
from dec_core.data.loading import load, load_shown

__all__ = ["DataError", "Dataset", "load", "load_shown"]
