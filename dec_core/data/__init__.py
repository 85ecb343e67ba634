"""Images in: the bundled data sets, as arrays of uint8 that every other room uses as they are."""

from dec_core.data.bundled import Dataset, load

__all__ = ["Dataset", "load"]
