"""How do the groups come apart? One frame of the moving point view, packed as bytes.

uint32 length of the header | header, JSON | int16 x, y | uint8 colour | uint8 wrong | uint8 cluster | uint8 digit
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from dec_core.analysis.naming import letter
from dec_core.analysis.projection import extent
from dec_core.figures.palette import RIGHT, TEN, WRONG, point_colours

UNIT = 8192  # int16 value of one half of the view
UNKNOWN = 255
NOWHERE = -32768  # int16 position of a sample that is not known


def frame(
    plane: np.ndarray,
    *,
    colour_by: str,
    digits: np.ndarray | None = None,
    names: Sequence[str] = (),
    labels: np.ndarray | None = None,
    cluster_order: np.ndarray | None = None,
    class_of: np.ndarray | None = None,
    tones: Sequence[str] = TEN,
    **header: Any,
) -> bytes:
    """Pack one frame.

    Parameters
    ----------
    plane : ndarray, shape (n, 2)
        Positions, in any unit; NaN for samples that are not shown.
    colour_by : {"digit", "cluster", "wrong"}
    digits : ndarray of int, shape (n,), or None
        True classes.
    names : sequence of str
        Names of the classes.
    labels : ndarray of int, shape (n,), or None
        Clusters.
    cluster_order : ndarray of int, shape (n_clusters,), or None
        Place of each cluster in the order of names.
    class_of : ndarray of int, shape (n_clusters,), or None
        Class matched to each cluster, or -1.
    tones : sequence of str
        The colour of the cluster at each place; repeated where there are more.
    header
        What the browser needs besides: run, space, moment, sprite, alt.
    """
    n, xy, known, unknown = len(plane), laid_out(plane), np.isfinite(plane).all(axis=1), np.full(len(plane), UNKNOWN)
    wrong = np.zeros(n, dtype=np.uint8)
    if digits is not None and labels is not None:
        wrong = (class_of[labels] != digits).astype(np.uint8)
    group = {"digit": digits, "cluster": labels if labels is None else cluster_order[labels], "wrong": wrong}[colour_by]
    header |= {
        "n": n,
        "n_known": int(known.sum()),
        **_look(colour_by, xy[known], None if group is None else group[known], names, tones),
        "digit_names": list(names),
        "cluster_names": _cluster_names(cluster_order, class_of, names),
    }
    if not header["marks"]:
        n_colours = len(header["palette"]) - 1
        group = np.full(n, n_colours) if group is None else group % n_colours
    return _packed(header, xy, [group, wrong, *(unknown if c is None else c for c in (labels, digits))])


def _look(
    colour_by: str, xy: np.ndarray, group: np.ndarray | None, names: Sequence[str], tones: Sequence[str]
) -> dict[str, Any]:
    """What the points look like, and where the names of their groups stand; right and wrong are marks without names."""
    if colour_by == "wrong":
        return {"look": colour_by, "marks": True, "palette": [RIGHT, WRONG], "labels": []}
    palette = point_colours(tones if colour_by == "cluster" else TEN)
    name = letter if colour_by == "cluster" else names.__getitem__
    places = [] if group is None else _label_places(xy, group, name, palette[:-1])
    return {"look": colour_by, "marks": False, "palette": palette, "labels": places}


def positions(plane: np.ndarray, shown: tuple[np.ndarray, np.ndarray] | None = None) -> bytes:
    """Where all samples are, for a browser that knows the rest.

    Parameters
    ----------
    plane : ndarray, shape (n, 2)
        NaN for samples that are not known at this moment; they get `NOWHERE`.
    shown : (middle, reach), optional
        Which part of the plane fills the view, as `dec_core.analysis.projection.extent` gives it; the same for several
        moments, they hold still. Without, it is the plane's own.

    Returns
    -------
    bytes
        int16 x, y of each | float32 middle of x and y, reach of x and y; a position in the plane is
        middle + reach * int16 / UNIT / 0.9
    """
    shown = _extent(plane) if shown is None else shown
    middle, reach = shown
    return _in_units(plane, *shown).tobytes() + np.concatenate([middle, reach]).astype("<f4").tobytes()


def clusters_and_confidence(
    labels: np.ndarray | None, cluster_order: np.ndarray, confidence: np.ndarray | None, n: int
) -> bytes:
    """In which clusters all samples are, and how surely, for a browser that knows the rest.

    Parameters
    ----------
    labels : ndarray of int, shape (n,), or None
    cluster_order : ndarray of int, shape (n_clusters,)
        Place of each cluster in the order of names and colours.
    confidence : ndarray of float, shape (n,), or None
        q of each sample's own cluster; NaN where it is not known.
    n : int
        Number of samples.

    Returns
    -------
    bytes
        uint8 place of the cluster of each, 255 for none | uint8 confidence, 0..254, 255 where it is not known
    """
    cluster = np.full(n, UNKNOWN) if labels is None else cluster_order[labels] % UNKNOWN
    sure = np.full(n, UNKNOWN) if confidence is None else np.nan_to_num(np.round(confidence * 254), nan=UNKNOWN)
    return cluster.astype(np.uint8).tobytes() + sure.astype(np.uint8).tobytes()


def _packed(header: dict[str, Any], xy: np.ndarray, columns: list[np.ndarray]) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    parts = [len(text).to_bytes(4, "little"), text, xy.tobytes()]
    return b"".join([*parts, *(np.asarray(column, dtype=np.uint8).tobytes() for column in columns)])


def laid_out(plane: np.ndarray) -> np.ndarray:
    """Centred, and so large that all but a few outliers fill the view; int16, shape (n, 2). NaN is `NOWHERE`."""
    return _in_units(plane, *_extent(plane))


def _extent(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return extent(plane[np.isfinite(plane).all(axis=1)])


def _in_units(plane: np.ndarray, middle: np.ndarray, reach: np.ndarray) -> np.ndarray:
    xy, known = np.full((len(plane), 2), NOWHERE, dtype="<i2"), np.isfinite(plane).all(axis=1)
    xy[known] = np.clip((plane[known] - middle) / reach * 0.9 * UNIT, -32000, 32000)
    return xy


def _label_places(xy: np.ndarray, group: np.ndarray, name: Any, tones: Sequence[str]) -> list[dict[str, Any]]:
    """For each group its name, colour, middle, and how far its points lie above and below that, in the mean."""
    places = []
    for number in np.unique(group).tolist():
        points = xy[group == number]
        middle = np.median(points, axis=0)
        apart = float(np.abs(points[:, 1] - middle[1]).mean())
        colour = tones[number % len(tones)]
        places.append({"text": name(number), "colour": colour, "at": middle.tolist(), "apart": apart})
    return places


def _cluster_names(cluster_order: np.ndarray | None, class_of: np.ndarray | None, names: Sequence[str]) -> list[str]:
    if cluster_order is None:
        return []
    clusters = [f"cluster {letter(place)}" for place in cluster_order]
    if class_of is None:
        return clusters
    return [cluster + (f", of {names[c]}" if c >= 0 else "") for cluster, c in zip(clusters, class_of, strict=True)]
