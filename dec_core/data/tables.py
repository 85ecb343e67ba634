"""Tables of pixels: comma-separated text, a row an image."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from dec_core.data.arrays import MAX_SIDE, DataError, Raw, printable, understood

if TYPE_CHECKING:
    import pandas as pd

LABEL_COLUMNS = ("label", "labels", "y", "class", "target")
NUMBER_COLUMNS = ("", "unnamed: 0", "index", "id")  # if they count the rows


def read_csv(name: str, data: bytes) -> Raw:
    """Pixels, labels or None, and notes on what was understood.

    Pixels are of shape (n, d). A column named label, labels, y, class or target holds the labels, or, where
    the columns are a square and one, the first. A first column that counts the rows is left out.

    Raises
    ------
    DataError
        For rows of unequal length, cells that are no numbers, and what is no table at all.
    """
    columns, frame, notes = _table(name, data)
    names = [column.strip().lower() for column in columns]
    counting = names[0] in NUMBER_COLUMNS and _counts(frame.iloc[:, 0])
    if counting:
        notes.append("The first column counts the rows and is left out.")
        columns, names, frame = columns[1:], names[1:], frame.iloc[:, 1:]
    n = len(names)
    at = next((i for i, column in enumerate(names) if column in LABEL_COLUMNS), None)
    if at is None and isqrt(n) ** 2 != n and isqrt(n - 1) ** 2 == n - 1 and n > 2:
        at = 0
        notes.append(f"{n} columns are a square and one: the first is read as the label.")
    labels = None if at is None else frame.iloc[:, at]
    pixels = [i for i in range(n) if i != at]
    return _numbers(name, [columns[i] for i in pixels], frame.iloc[:, pixels]), _labels(labels), notes


def _table(name: str, data: bytes) -> tuple[list[str], pd.DataFrame, list[str]]:
    """Names of the columns (their numbers, if the file has none), the rows, and notes."""
    import pandas as pd

    with understood(name, "expected text in UTF-8 with commas between numbers, as many in each row"):
        head = list(islice(_rows(_text(data)), 2))
        headed = bool(head) and _is_header(head[0])
        _check_rows(name, head, headed)
        text = _text(data)
        columns = next(_rows(text)) if headed else [str(i + 1) for i in range(len(head[0]))]
        frame = pd.read_csv(text, header=None, na_filter=False, low_memory=False, skipinitialspace=True)
    if frame.shape[1] != len(columns):
        raise DataError(f"{name}: received rows of {frame.shape[1]} cells, expected {len(columns)}; is it complete?")
    doubtful = headed and any(_is_number(column) for column in columns)
    return columns, frame, ["The first row is read as names of columns."] if doubtful else []


def _text(data: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")


def _rows(text: io.TextIOWrapper) -> Iterator[list[str]]:
    return (row for row in csv.reader(text) if any(cell.strip() for cell in row))


def _check_rows(name: str, head: list[list[str]], headed: bool) -> None:
    if len(head) <= headed:
        raise DataError(f"{name}: received no rows of numbers, expected one for each image; is it the right file?")
    widths = {len(row) for row in head}
    if len(widths) > 1:
        raise DataError(
            f"{name}: received rows of {min(widths)} and of {max(widths)} cells, expected as many in each; "
            "is it complete?"
        )
    if max(widths) > MAX_SIDE**2 + len(LABEL_COLUMNS):
        raise DataError(
            f"{name}: received {max(widths):,} columns, at most {MAX_SIDE**2:,} are taken; shrink the images"
        )


def _is_header(cells: list[str]) -> bool:
    """Whether a first row names columns: it is mostly text, names labels, or counts 0, 1, 2, ... as pandas writes it.

    A row with a label before its numbers, or with a cell gone wrong, is none: it must not be lost in silence.
    """
    cells = [cell.strip().lower() for cell in cells]
    numbers = [cell for cell in cells if _is_number(cell)]
    texts = [cell for cell in cells if not _is_number(cell)]
    if len(texts) > len(numbers) or any(text in (*LABEL_COLUMNS, *NUMBER_COLUMNS) for text in texts):
        return True
    pixels = numbers[1:] if numbers[0] == "" else numbers
    first = int(bool(texts) and pixels[:1] == ["1"])
    return len(pixels) > 3 and pixels == [str(first + i) for i in range(len(pixels))]


def _is_number(cell: str) -> bool:
    """Whether a cell may stand for a number, if only a missing one."""
    try:
        return cell.strip().lower() in ("", "true", "false") or float(cell) is not None
    except ValueError:
        return False


def _is_usual(cell: str) -> bool:
    return cell != "" and _is_number(cell) and "_" not in cell and (cell[0] in "tTfF" or abs(float(cell)) < 2**53)


def _numbers(name: str, columns: list[str], frame: pd.DataFrame) -> np.ndarray:
    wrong = next((i for i, dtype in enumerate(frame.dtypes) if dtype.kind not in "buif"), None)
    if wrong is None:
        return frame.to_numpy(dtype=np.result_type(*set(frame.dtypes)) if len(frame.columns) else None)
    cells = [str(cell).strip() for cell in frame.iloc[:, wrong]]
    row = next((i for i, cell in enumerate(cells) if not _is_usual(cell)), 0)
    raise DataError(
        f"{name}: received {cells[row][:40]!r} in row {row + 1} of column {printable(columns[wrong])[:40]}, expected "
        "a number; put commas between the cells, fill empty ones, and name the column of the labels label"
    )


def _labels(column: pd.Series | None) -> np.ndarray | list[str] | None:
    if column is None or column.dtype.kind in "buif":
        return column if column is None else column.to_numpy()
    return [str(label).strip() for label in column]


def _counts(column: pd.Series) -> bool:
    if column.dtype.kind not in "ui" or column.iloc[0] not in (0, 1):
        return False
    return np.array_equal(column, np.arange(len(column)) + column.iloc[0])
