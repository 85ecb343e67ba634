"""Images that come in parts, as train and test, put together."""

from __future__ import annotations

import numpy as np

from dec_core.data.errors import DataError, understood


def joined(name: str, parts: list[np.ndarray]) -> np.ndarray | None:
    """The parts as one array; None where there is none. Raises DataError if they do not fit together."""
    if len({part.shape[1:] for part in parts if part.ndim}) > 1 or not all(part.ndim for part in parts):
        shapes = " and ".join(str(part.shape) for part in parts)
        raise DataError(
            f"{name}: received parts of shapes {shapes}, expected the same but for the first number; "
            "give one part alone"
        )
    with understood(name, "expected parts of the same type; give one part alone"):
        return np.concatenate(parts) if parts else None


def on_parts(names: list[str], n_with_labels: int) -> list[str]:
    """Notes on parts that were joined, of which some may have labels."""
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    joined = [f"{' and '.join(names[:4])}{more} joined."] if len(names) > 1 else []
    return joined + (["Only some parts have labels; labels are ignored."] if 0 < n_with_labels < len(names) else [])
