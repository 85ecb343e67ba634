"""People's tables: what is understood of them, what is refused and with which words."""

import re

import pytest
from alone import ended_with_most
from reader_files import csv, pixels_of, said

from dec_core.data.errors import DataError
from dec_core.data.readers import read_bytes

ROWS = [[0, 10, 20, 255], [5, 6, 7, 8]]
SQUARES = [[[0, 10], [20, 255]], [[5, 6], [7, 8]]]


@pytest.mark.parametrize(
    ("data", "classes", "note"),
    [
        (csv(ROWS), (), "No labels"),
        (csv(ROWS, ["a", "b", "c", "d"]), (), "No labels"),
        (csv(ROWS, range(4)), (), "The first row is read as column names."),  # as pandas writes it without index
        (csv([[i, *row] for i, row in enumerate(ROWS)], ["", *range(4)]), (), "counts the rows and is ignored"),
        (csv([["cat", *ROWS[0]], ["dog", *ROWS[1]]], ["animal", *range(1, 5)]), ("cat", "dog"), "read as column names"),
        (csv([[*ROWS[0], 3], [*ROWS[1], 4]], [*range(4), "label"]), ("3", "4"), "read as column names"),
        (csv([["9", *row] for row in ROWS]), ("9",), "square number plus one, so the first is read"),
        (csv([["cat", *ROWS[0]], ["dog", *ROWS[1]]]), ("cat", "dog"), "square number plus one, so the first is read"),
        (csv([["cat", *ROWS[0]], ["dog", *ROWS[1]]], ["Label", *range(4)]), ("cat", "dog"), "2 classes"),
        (csv([[*ROWS[0], "cat"], [*ROWS[1], "NA"]], [*"abcd", " CLASS "]), ("NA", "cat"), "2 classes"),
        (csv([[1, 3, *ROWS[0]], [2, 4, *ROWS[1]]], ["id", "label", *"abcd"]), ("3", "4"), "counts the rows"),
        (csv([[3, *ROWS[0]], [4, *ROWS[1]]], ["label", "1x1", "1x2", "2x1", "2x2"]), ("3", "4"), "2 classes"),
        (b"\xef\xbb\xbf" + csv(ROWS, ["a", "b", "c", "d"]), (), "No labels"),
        (b"\n\n" + csv(ROWS, ["a", "b", "c", "d"]).replace(b"\n", b"\r\n\r\n") + b"\r\n", (), "No labels"),
        (csv(ROWS).replace(b"\n", b"\r").replace(b",", b", "), (), "No labels"),
        (b'"0","10","20","255"\n"5","6","7","8"', (), "No labels"),
        (csv([[0.0, 10.2, 1.96e1, 255], ROWS[1]]), (), "No labels"),
        ("ü,b,c,d\n".encode() + csv(ROWS), (), "No labels"),
    ],
)
def test_tables_with_and_without_names_and_labels(data, classes, note):
    reading = read_bytes("my.csv", data)
    assert pixels_of(reading) == SQUARES
    assert reading.dataset.classes == classes and (reading.dataset.y is None) == (not classes)
    assert said(reading, note)


def test_tables_of_truth_and_of_fractions():
    assert pixels_of(read_bytes("a.csv", b"True,0,False,1\nFalse,1,True,0")) == [
        [[255, 0], [0, 255]],
        [[0, 255], [255, 0]],
    ]
    assert pixels_of(read_bytes("a.csv", b"0.5,0,.25,1\n0,0,0,1e-9")) == [[[128, 0], [64, 255]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "received no rows of numbers, expected one for each image"),
        (b"\n \n\n", "received no rows of numbers"),
        (b"a,b,c,d\n", "received no rows of numbers"),
        (b"1,2,3,4", "received 1 image, expected at least 2"),
        (b"1,2,3,4\n1,2,3\n1,2,3,4", "rows of 3 and of 4 cells"),
        (b"1,2,3,4\n1,2,3,4\n1,2,3", "rows of 3 and of 4 cells"),
        (b"1,2,3,4\n1,2,3,4\n1,2,3,4,5", "rows of 4 and of 5 cells"),
        (b"a,b,c,d\n1,2,3,4,5\n1,2,3,4,5", "rows of 4 and of 5 cells"),
        (b"1,,3,4\n1,2,3,4", "received '' in row 1 of column 2"),
        (b"1,2,x,4\n1,2,3,4\n1,2,3,4", "received 'x' in row 1 of column 3"),  # no header, and not lost
        (b"1,2,3,4\n1,nan,3,4", "1 values that are NaN or infinite"),
        (b"1,2,3,4\n1,inf,3,4", "1 values that are NaN or infinite"),
        (b"1,2,3,4\n1,2,cat,4", "received 'cat' in row 2 of column 3, expected a number"),
        (b"a,b,c,d\n1,x,3,4\n1,2,y,4", "received 'x' in row 1 of column b"),
        (b"1;2;3;4\n5;6;7;8", "received '5;6;7;8' .*put commas between"),
        (b"1,2,3,4\n1,2,3,-4", "from -4 to 4"),
        (b"1,2,3,4\n1,2,3,256", "from 1 to 256"),
        (b"1,2,3,4\n1,2,3," + b"9" * 30, r"from 1 to 1e\+30"),
        (b"label,a,b,c,d\ncat,1,2,3,4\n,1,2,3,4", "labels: received ''"),
        (b'1,2,3,4\n1,2,3,4\n"1,2,3,4', "rows of 1 and of 4 cells"),
        ("1,2,3,4\n".encode("utf-16"), "expected text in UTF-8"),
        (b"\xff\xfe,2\n3,4", "expected text in UTF-8"),
        (b"1," * 300_000, "300,001 columns, at most 262,144"),
        (b"a" * 200_000 + b",1\n2,3", "field larger than field limit"),
        (b"index,a,b\n0,2,3\n1,3,4\n9,2,2", "first column 'index' that begins to count the rows but does not go on"),
    ],
    ids=range(25),
)
def test_tables_that_cannot_be_used_are_refused(data, words):
    with pytest.raises(DataError, match=words):
        read_bytes("a.csv", data)


def test_one_long_label_does_not_make_all_long():
    """An array of text is as wide as its longest: 5 000 labels of 100 000 letters would be 2 GB."""
    rows = b"label,a,b,c,d\n" + b"cat,1,2,3,4\n" * 5000 + b"d" * 100_000 + b",1,2,3,4\n"
    error, most = ended_with_most(read_bytes, "a.csv", rows)
    said = r"labels: received 'd{20}' with 100000 letters, expected names of 1 to 100"
    assert isinstance(error, DataError) and re.search(said, str(error)) and most < 50_000_000
