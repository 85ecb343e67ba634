"""Tables of pixels: comma-separated text, one image per row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import isqrt

import numpy as np

from dec_core.data.arrays import Raw, check_values
from dec_core.data.errors import DataError, printable, understood
from dec_core.data.limits import LIMITS, Limits

LABEL_COLUMNS = ("label", "labels", "y", "class", "target")
NUMBER_COLUMNS = ("", "unnamed: 0", "index", "id")  # if they count the rows
LETTERS = 32  # of a cell, on average, at most
BLOCK = 2_000_000  # cells that are read at a time
NUMBERS = {"true": 1.0, "false": 0.0}  # as pandas writes black and white
EXPECTED = "expected text in UTF-8 with commas between numbers, as many in each row"


@dataclass(frozen=True)
class Layout:
    """Which column is what: names of all, where the labels are, whether the first counts the rows."""

    columns: list[str]
    headed: bool
    label: int | None
    counting: bool
    with_truth: bool  # whether there are cells that say True or False

    @property
    def pixels(self) -> list[int]:
        others = {self.label, 0 if self.counting else None}
        return [i for i in range(len(self.columns)) if i not in others]


class Codes(dict):
    """Numbers for texts, in order of first appearance."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]

    def of(self, text: str) -> int:
        return self[text.strip()]


def read_csv(name: str, data: bytes, limits: Limits = LIMITS) -> Raw:
    """Pixels, labels or None, and notes on what was understood.

    Pixels are of shape (n, d). A column named label, labels, y, class or target holds the labels, or, where
    the columns are a square and one, the first. A first column that counts the rows is left out.
    Rows are read a block at a time, and kept in one byte a cell where they are whole numbers.

    Raises
    ------
    DataError
        For rows of unequal length, cells that are no numbers, and what is no table at all; and for more rows,
        columns or cells than the limits, as soon as they are exceeded.
    """
    with understood(name, EXPECTED):
        head = list(islice(_filled_rows(_lines(name, data, limits)), 3))
    layout, notes = _layout(name, head, limits)
    codes = Codes()
    with understood(name, EXPECTED):
        pixels, y = zip(*_blocks(name, data, layout, codes, limits), strict=True)
        labels = None if layout.label is None else _labels(list(codes), np.concatenate(y))
        return np.concatenate(pixels), labels, notes


def _lines(name: str, data: bytes, limits: Limits) -> Iterator[str]:
    """The lines that hold something, none longer than a row may be."""
    text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")
    longest = LETTERS * limits.side**2
    while line := text.readline(longest + 1):
        if len(line) > longest:
            raise DataError(
                f"{name}: received a row of more than {longest:,} letters and {line.count(','):,} columns, "
                f"at most {limits.side**2:,} columns are taken; shrink the images"
            )
        if line.strip():
            yield line


def _filled_rows(lines: Iterator[str]) -> Iterator[list[str]]:
    return (row for row in csv.reader(lines) if any(cell.strip() for cell in row))


# -- what the columns are


def _layout(name: str, head: list[list[str]], limits: Limits) -> tuple[Layout, list[str]]:
    headed = bool(head) and _is_header(head[0])
    rows = head[headed:][:2]
    _check_rows(name, head, rows, limits)
    columns = head[0] if headed else [str(i + 1) for i in range(len(head[0]))]
    notes = ["The first row is read as column names."] if headed and any(map(_is_number, columns)) else []
    names = [column.strip().lower() for column in columns]
    counting = names[0] in NUMBER_COLUMNS and [row[0].strip() for row in rows] in (["0", "1"], ["1", "2"], ["0"], ["1"])
    if counting:
        notes.append("The first column counts the rows and is ignored.")
    n = len(names) - counting
    label = next((i for i in range(counting, len(names)) if names[i] in LABEL_COLUMNS), None)
    if label is None and isqrt(n) ** 2 != n and isqrt(n - 1) ** 2 == n - 1 and n > 2:
        label = int(counting)
        notes.append(f"{n} columns are a square number plus one, so the first is read as the label.")
    with_truth = any(cell.strip().lower() in NUMBERS for row in rows for i, cell in enumerate(row) if i != label)
    return Layout(columns, headed, label, counting, with_truth), notes


def _check_rows(name: str, head: list[list[str]], rows: list[list[str]], limits: Limits) -> None:
    if not rows:
        raise DataError(f"{name}: received no rows of numbers, expected one for each image; is it the right file?")
    widths = {len(row) for row in head}
    if len(widths) > 1:
        raise _unequal(name, min(widths), max(widths))
    if max(widths) > limits.side**2 + len(LABEL_COLUMNS):
        raise DataError(
            f"{name}: received {max(widths):,} columns, at most {limits.side**2:,} are taken; shrink the images"
        )


def _unequal(name: str, fewer: int, more: int) -> DataError:
    return DataError(f"{name}: received rows of {fewer} and of {more} cells, expected as many in each; is it complete?")


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
        return cell.strip().lower() in ("", *NUMBERS) or float(cell) is not None
    except ValueError:
        return False


# -- what is in them


def _blocks(
    name: str, data: bytes, layout: Layout, codes: Codes, limits: Limits
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pixels, uint8 or float32 of shape (rows, d), and codes of the labels, some rows at a time."""
    lines = _lines(name, data, limits)
    if layout.headed:
        next(csv.reader(lines))
    n, pixels = 0, layout.pixels
    n_rows = max(1, min(limits.n_images + 1, BLOCK // len(layout.columns)))
    while len(cells := _cells(name, lines, layout, codes, n, n_rows)):
        limits.check_shape(f"{name}, up to row {n + len(cells)}", (n + len(cells), len(pixels)))
        if layout.counting:
            _check_count(name, layout.columns[0], cells[:, 0], n)
        n += len(cells)
        check_values(cells[:, pixels])
        levels = cells[:, pixels].astype(np.uint8)
        yield levels if np.array_equal(levels, cells[:, pixels]) else cells[:, pixels], cells[:, layout.label or 0]


def _cells(name: str, lines: Iterator[str], layout: Layout, codes: Codes, n: int, n_rows: int) -> np.ndarray:
    """The next rows as numbers, labels as their codes: float32, shape (rows, columns), after the first `n` rows."""
    converters = dict.fromkeys(layout.pixels, _number) if layout.with_truth else {}
    converters |= {} if layout.label is None else {layout.label: codes.of}
    try:
        return np.loadtxt(
            lines, np.float32, None, ",", converters or None, ndmin=2, max_rows=n_rows, encoding=None, quotechar='"'
        )
    except ValueError as error:
        raise _refusal(name, error, layout.columns, n) from None


def _number(cell: str) -> float:
    truth = NUMBERS.get(cell.strip().lower())
    return float(cell) if truth is None else truth


def _refusal(name: str, error: ValueError, columns: list[str], n: int) -> ValueError:
    """An error of `numpy.loadtxt` on a cell or a row, in our words."""
    changed = re.match(r"the number of columns changed from (\d+) to (\d+)", str(error))
    if changed:
        return _unequal(name, *sorted(map(int, changed.groups())))
    wrong = re.match(r"could not convert string (.*) to float32 at row (\d+), column (\d+)", str(error), re.DOTALL)
    if not wrong:
        return error
    cell, row, column = wrong[1].strip("'\"")[:40], n + int(wrong[2]) + 1, printable(columns[int(wrong[3]) - 1])[:40]
    return DataError(
        f"{name}: received {cell!r} in row {row} of column {column}, expected "
        "a number; put commas between the cells, fill empty ones, and name the column of the labels label"
    )


def _check_count(name: str, column: str, numbers: np.ndarray, n: int) -> None:
    if not np.isin(numbers[:1] - n, (0, 1)).all() or not np.array_equal(np.diff(numbers), np.ones(len(numbers) - 1)):
        raise DataError(
            f"{name}: received a first column {printable(column)[:40]!r} that begins to count the rows but does not "
            "go on, expected 0, 1, 2, ...; remove the column, or call it label if it is that"
        )


def _labels(texts: list[str], codes: np.ndarray) -> np.ndarray | list[str]:
    """As whole numbers if all are, else as numbers if all are, else as text."""
    codes = codes.astype(int)
    for kind in (np.int64, np.float64):
        try:
            if not any("_" in text for text in texts):
                return np.array([kind(text) for text in texts])[codes]
        except (ValueError, OverflowError):
            continue
    return [texts[code] for code in codes]
