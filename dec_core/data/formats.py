"""The formats in which a person's own data is read: ONE table, from which dispatch and all that is said of them follow.

To add a format: a function from a `Given` to `Raw`, a row in `FORMATS`, and samples of it in
tests/readers/test_read_anything.py, which fails until there are some. Upload, its help, errors and exported notebooks
follow; a test holds the list in docs/command-line.md to it. The command line's own help names no formats: it is to
load no NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from dec_core.data.archives import files_in_zip
from dec_core.data.arrays import Raw
from dec_core.data.errors import DataError
from dec_core.data.idx import looks_like_idx, read_idx
from dec_core.data.limits import Limits
from dec_core.data.many_files import from_files
from dec_core.data.numpy_files import read_npy, read_npz
from dec_core.data.pictures import SUFFIXES, is_hidden
from dec_core.data.tables import read_csv


@dataclass(frozen=True)
class Given:
    """A file as it was given, and how it is to be read; see `dec_core.data.readers.read_bytes`."""

    name: str
    data: bytes
    labels: bytes | None
    skip_unreadable: bool
    at_least: int
    limits: Limits


@dataclass(frozen=True)
class Format:
    """A kind of file that can be read.

    Attributes
    ----------
    name : str
        As it stands in a list of formats.
    about : str
        What is looked for in such a file.
    suffixes : tuple of str
        How the names of such files may end, in small letters.
    read : function from Given to Raw
        Raises DataError, and nothing else, for what cannot be used.
    looks_like : function from bytes to bool, or None
        Of a format that files are known to have by how they begin, whatever their names.
    has_label_files : bool
        Whether labels may lie in a file of their own, of the same format.
    """

    name: str
    about: str
    suffixes: tuple[str, ...]
    read: Callable[[Given], Raw]
    looks_like: Callable[[bytes], bool] | None = None
    has_label_files: bool = False

    def is_format_of(self, name: str, data: bytes) -> bool:
        """Whether a file is to be read as this."""
        if self.looks_like is not None:
            return self.looks_like(data[:4])
        return PurePosixPath(name.lower()).suffix in self.suffixes


def _idx(given: Given) -> Raw:
    y = None if given.labels is None else read_idx(given.labels, f"labels of {given.name}", given.limits)
    return read_idx(given.data, given.name, given.limits), y, []


def _zip(given: Given) -> Raw:
    files = files_in_zip(given.name, given.data, given.limits)
    return from_files(given.name, files, given.skip_unreadable, given.limits)


def _picture(given: Given) -> Raw:
    if is_hidden(given.name):
        raise unknown(given.name)
    if given.at_least > 1:
        raise DataError(f"{given.name}: received a single picture, expected many; put them into a .zip or a folder")
    return from_files(given.name, [(given.name, lambda: given.data)], given.skip_unreadable, given.limits)


FORMATS = (  # the first that fits is taken
    Format(
        ".npz", "x (or images, data) and, for scoring, y (or labels, target); x_train, y_train, x_test, y_test are "
        "joined", (".npz",), lambda given: read_npz(given.name, given.data, given.limits),
    ),
    Format(
        ".npy", "images, and labels in a file named accordingly", (".npy",),
        lambda given: read_npy(given.name, given.data, given.labels), has_label_files=True,
    ),
    Format(
        ".csv", "one image per row; a column named label, y, class or target, or a first column too many, is its label",
        (".csv",), lambda given: read_csv(given.name, given.data, given.limits),
    ),
    Format(".zip", "pictures, with folders as labels, or IDX files; or a folder of them", (".zip",), _zip),
    Format(
        "IDX", "gzipped, or unpacked (upload those in a .zip); images, and labels in a file named accordingly",
        (".gz",), _idx, looks_like_idx, has_label_files=True,
    ),
    Format("pictures", "many together", SUFFIXES, _picture),
)  # fmt: skip

FORMAT_NAMES = f"{', '.join(kind.name for kind in FORMATS[:-1])} or {FORMATS[-1].name}"
SUFFIXES_READ = tuple(suffix for kind in FORMATS for suffix in kind.suffixes)


def format_of(name: str, data: bytes) -> Format:
    """The format of a file, by its name or by how it begins. Raises DataError for a file of unknown kind."""
    kind = next((kind for kind in FORMATS if kind.is_format_of(name, data)), None)
    if kind is None:
        raise unknown(name)
    return kind


def unknown(name: str) -> DataError:
    """The error about a file that is of no format."""
    return DataError(f"{name}: received a file of unknown kind, expected {FORMAT_NAMES}; save it as one of them")


def about_formats() -> str:
    """What is looked for in each, as one list in Markdown."""
    return "\n".join(f"- {kind.name}: {kind.about}" for kind in FORMATS)
