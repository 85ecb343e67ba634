"""Which samples: filters in words, in a link and in Python, and what they choose of a run."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from six_moments import with_six_moments

from dec_core.analysis import inspection as by
from dec_core.reading.run import Run
from dec_core.reading.selection import Selection, SelectionError, indices
from dec_core.reading.snapshot import Snapshot
from dec_core.runs.folder import RunFolder
from dec_core.runs.history import RunReader

# -- what selecting and ordering are made of


def test_the_second_cluster_is_the_likeliest_of_the_others():
    q = np.array([[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.1, 0.6, 0.3], [0.2, 0.2, 0.6]])
    before = q.copy()
    rivals = by.rivals(q, np.array([0, 1, 2, 2], np.uint8))
    assert rivals.second.tolist() == [1, 0, 1, 0]
    assert rivals.confidence.tolist() == [0.5, 0.4, 0.3, 0.6] and rivals.runner_up.tolist() == [0.3, 0.4, 0.6, 0.2]
    assert np.array_equal(q, before)


def test_a_single_cluster_has_no_rival():
    rivals = by.rivals(np.ones((3, 1)), np.zeros(3, int))
    assert rivals.second.tolist() == [0, 0, 0] and rivals.confidence.tolist() == [1, 1, 1]
    assert rivals.runner_up.tolist() == [0, 0, 0]


CONFIDENCE = np.array([0.9, 0.2, 0.9, 0.5, 0.2, 0.7])
DISTANCE = np.array([3.0, 1.0, 2.0, 1.0, 5.0, 0.0])
WRONG = np.array([False, True, True, False, True, False])
ORDERED = {
    "wrong": [2, 1, 4, 3, 5, 0],
    "uncertain": [1, 4, 3, 5, 0, 2],
    "typical": [5, 1, 3, 2, 0, 4],
    "outliers": [4, 0, 2, 1, 3, 5],
    "index": [0, 1, 2, 3, 4, 5],
}


@pytest.mark.parametrize(("kind", "expected"), ORDERED.items())
def test_the_most_telling_come_first_and_equals_by_index(kind, expected):
    assert by.most_telling(kind, CONFIDENCE, DISTANCE, WRONG, np.arange(6)).tolist() == expected
    few = np.array([0, 2, 4])
    assert by.most_telling(kind, CONFIDENCE, DISTANCE, WRONG, few).tolist() == [i for i in expected if i in few]
    none = by.most_telling(kind, CONFIDENCE, DISTANCE, WRONG, np.zeros(0, int))
    assert none.shape == (0,) and none.dtype == int


def test_without_labels_the_wrong_ones_are_the_uncertain_ones():
    assert by.most_telling("wrong", CONFIDENCE, DISTANCE, None, np.arange(6)).tolist() == ORDERED["uncertain"]


@pytest.mark.parametrize("kind", ["wrong", "uncertain", "typical", "outliers"])
def test_what_is_not_known_comes_last(kind):
    confidence, distance = np.array([np.nan, 0.3, 0.2]), np.array([np.nan, 5.0, 6.0])
    assert by.most_telling(kind, confidence, distance, np.zeros(3, bool), np.arange(3))[-1] == 0


def test_another_order_is_refused_by_name():
    with pytest.raises(
        ValueError, match=r"order: received 'best', expected one of wrong, uncertain, typical, outliers"
    ):
        by.most_telling("best", CONFIDENCE, DISTANCE, WRONG, np.arange(6))


def test_points_inside_an_outline_that_is_not_convex():
    u = np.array([[0, 0], [6, 0], [6, 6], [4, 6], [4, 2], [2, 2], [2, 6], [0, 6]], float)
    plane = np.array([[1, 5], [3, 5], [5, 5], [3, 1], [3, 2.5], [-1, 1], [7, 1], [3, 7], [np.nan, 1], [1, np.nan]])
    expected = [True, False, True, True, False, False, False, False, False, False]
    for outline in (u, u[::-1], np.roll(u, 3, axis=0)):
        assert by.inside(outline, plane).tolist() == expected


def test_what_is_encircled_twice_is_outside():
    turns = np.pi / 2 + 4 * np.pi / 5 * np.arange(5)
    star = np.column_stack([np.cos(turns), np.sin(turns)])
    assert by.inside(star, np.array([[0, 0], [0, 0.8], [0, -0.8], [0, 0.25]])).tolist() == [False, True, False, False]
    assert by.inside(star, np.zeros((0, 2))).shape == (0,)


# -- in words, in a link and in Python

names = st.text(min_size=1, max_size=100)
places = st.integers(0, 10_000).map(lambda number: number / 10_000)
ranges = st.tuples(places, places).map(sorted)
corners = st.floats(-1e9, 1e9).map(lambda value: float(f"{value:g}"))
outlines = st.lists(st.tuples(corners, corners), min_size=3, max_size=200).map(lambda found: tuple(sum(found, ())))


@st.composite
def selections(draw) -> Selection:
    """Any that a link can say: six digits of a number, and no projection without a lasso."""
    (least, most), flag = draw(ranges), st.booleans()
    given = {name: draw(names) for name in ("true", "cluster", "second") if draw(flag)}
    given |= {"side": draw(st.sampled_from(["", "right", "wrong"])), "changed": draw(flag), "unsettled": draw(flag)}
    given |= {"min_confidence": least, "max_confidence": most} if draw(flag) else {}
    given |= {"was": draw(names), "since": draw(st.integers(0, 999))} if draw(flag) else {}
    given |= {"index": draw(st.lists(st.integers(0, 10**17), max_size=60, unique=True).map(tuple))}
    given |= {"lasso": draw(outlines), "space": draw(st.sampled_from(["umap", "pca", "z0,z31"]))} if draw(flag) else {}
    return Selection(**given)


@given(selections())
def test_a_link_says_what_the_selection_is(wanted):
    query = wanted.to_query()
    assert Selection.from_query(query) == wanted
    assert Selection.from_query(query | {"page": "confusion", "at": "7"}) == wanted
    assert all(isinstance(word, str) and word for word in query.values()) and bool(query) == bool(wanted)


@given(selections(), st.floats(0, 0.5), st.floats(0.5, 1))
def test_the_arguments_written_as_python_give_the_same_selection(wanted, least, most):
    wanted = wanted.replace(min_confidence=least, max_confidence=most)
    assert eval(f"Selection({wanted.as_arguments()})") == wanted


def test_arguments_name_only_what_is_asked():
    assert Selection().as_arguments() == "" and Selection().to_query() == {}
    assert Selection(space="pca", since=3).as_arguments() == "" and not Selection(space="pca", since=3).to_query()
    wanted = Selection(true="9", was="B", max_confidence=0.5, index=(4,))
    assert wanted.as_arguments() == "true='9', max_confidence=0.5, was='B', index=(4,)"
    assert wanted.to_query() == {"true": "9", "was": "B", "sure": "0,0.5", "since": "0", "index": "4"}
    assert Selection(lasso=(0, 1, 2, 3, 4, 5.25)).to_query() == {"lasso": "umap:0,1,2,3,4,5.25"}


def test_a_selection_without_filters_is_none():
    assert not Selection() and not Selection(space="pca", since=3)
    filters = [
        {"true": "9"},
        {"side": "right"},
        {"min_confidence": 0.1},
        {"max_confidence": 0.9},
        {"changed": True},
        {"index": (0,)},
    ]
    assert all(Selection(**values) for values in filters)


def test_another_value_of_a_filter_leaves_the_others():
    wanted = Selection(true="9", side="wrong")
    assert wanted.replace(side="right", min_confidence=0.5) == Selection(true="9", side="right", min_confidence=0.5)
    assert wanted == Selection(true="9", side="wrong")
    with pytest.raises(SelectionError, match="side"):
        wanted.replace(side="left")


def test_a_selection_is_told_in_words():
    assert Selection(space="pca", since=2).in_words("digit") == ""
    wanted = Selection(true="9", cluster="D", side="wrong", min_confidence=0.25, was="B", index=(4, 5, 6, 7))
    said = wanted.in_words("class")
    assert said == "class 9, in cluster D, wrong, confidence 0.25 to 1, in cluster B before, index 4, 5, 6 …"
    assert Selection(second="C", changed=True).in_words("digit").startswith("runner-up cluster C, changed")


def test_before_there_are_clusters_some_filters_are_left():
    outline = {"lasso": (0, 0, 1, 0, 1, 1), "space": "pca"}
    wanted = Selection(
        true="9", cluster="D", second="A", side="wrong", min_confidence=0.2, changed=True, was="B", **outline
    )
    assert wanted.replace(index=(3,)).without_clusters == Selection(true="9", index=(3,), **outline)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"side": "left"}, r"side: received 'left', expected 'right', 'wrong' or nothing"),
        (
            {"min_confidence": 0.6, "max_confidence": 0.5},
            r"confidence: received 0.6 to 0.5, expected two numbers from 0 to 1, the smaller first",
        ),
        ({"min_confidence": -0.1}, "confidence: received -0.1 to 1.0"),
        ({"max_confidence": 1.1}, "confidence: received 0.0 to 1.1"),
        ({"min_confidence": float("nan")}, "confidence: received nan"),
        ({"lasso": (1.0, 2.0, 3.0, 4.0)}, r"lasso: received 4 numbers, expected x and y of 3 to 200"),
        ({"lasso": (1.0,) * 7}, "lasso: received 7 numbers"),
        ({"lasso": (1.0,) * 402}, "lasso: received 402 numbers"),
        ({"lasso": (1.0,) * 5 + (float("nan"),)}, "lasso: received a number that is not finite"),
        ({"lasso": (float("inf"),) * 6}, "lasso: received a number that is not finite"),
        ({"index": (3, -1)}, r"index: received \(3, -1\), expected up to 1000 numbers from 0 on"),
        ({"index": tuple(range(1001))}, "index: received .*, expected up to 1000"),
    ],
)
def test_what_cannot_be_applied_is_refused_by_name(values, said):
    with pytest.raises(SelectionError, match=said):
        Selection(**values)


def test_the_largest_that_may_be_asked_is_taken():
    assert len(Selection(lasso=(1.0,) * 400, index=tuple(range(1000)), min_confidence=1.0).index) == 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12, 40-42", (12, 40, 41, 42)),
        ("3 3,1-3,,", (3, 1, 2)),
        ("", ()),
        (" , ", ()),
        ("7-7", (7,)),
        ("007", (7,)),
        ("0-999", tuple(range(1000))),
    ],
)
def test_indices_are_read_as_people_write_them(text, expected):
    assert indices(text) == expected


@pytest.mark.parametrize(
    "text", ["x", "-1", "1-", "1-2-3", "1.5", "1e3", "１２", "²", "1;2", "0-1000", "0-99999999999", "0-999 " * 9]
)
def test_what_are_no_indices_is_refused(text):
    with pytest.raises(SelectionError, match="index: received"):
        indices(text)
    with pytest.raises(SelectionError, match="index: received"):
        Selection.from_query({"index": text})


@pytest.mark.parametrize(
    "query",
    [
        {"sure": "0.5"}, {"sure": "high-low"}, {"sure": "0.9-0.1"}, {"sure": "nan-nan"}, {"sure": "-0.5-1"},
        {"since": "x"}, {"since": "-1"}, {"since": "9" * 5000}, {"side": "left"}, {"lasso": "umap"},
        {"lasso": "umap:1,2,3,4,5,x"}, {"lasso": "umap:1,2,3,4"}, {"lasso": "umap:1,2,3,4,5,inf"},
        {"lasso": "1,2,3,4,5,6"}, {"index": "0-999 2000"},
    ],
)  # fmt: skip
def test_links_that_say_nothing_sensible_are_refused(query):
    with pytest.raises(SelectionError):
        Selection.from_query(query)


WORDS = ("true", "cluster", "second", "side", "sure", "changed", "unsettled", "was", "since", "index", "lasso")
odd = st.one_of(st.text(max_size=30), st.text(alphabet="0123456789-.,:einfaz_+ \t²１", max_size=30))


@given(st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=9)), odd, max_size=6))
def test_a_bad_link_raises_nothing_else(query):
    try:
        parsed = Selection.from_query(query)
    except SelectionError as error:
        assert str(error)
    else:
        assert isinstance(parsed, Selection) and len(parsed.index) <= 1000


def test_a_link_can_say_a_confidence_near_nothing():
    assert Selection.from_query(Selection(min_confidence=1e-5).to_query()).min_confidence == pytest.approx(1e-5)


def test_a_range_written_backwards_does_not_let_all_pass():
    try:
        assert set(indices("42-40")) == {40, 41, 42}
    except SelectionError as error:
        assert "index" in str(error)


def test_a_moment_before_the_first_is_refused_by_name():
    with pytest.raises(SelectionError, match="since: received -1"):
        Selection(was="A", since=-1)


# -- what they choose of a run


@pytest.fixture(scope="module")
def finished_run(finished_run, tmp_path_factory) -> RunFolder:
    """In place of the run that all tests share."""
    return with_six_moments(finished_run, tmp_path_factory.mktemp("six"))


@pytest.fixture(scope="module")
def last(finished_run) -> Snapshot:
    return Run.open(finished_run).at(-1)


@pytest.fixture(scope="module")
def known(finished_run, digits) -> SimpleNamespace:
    """What the filters are about, by other means: q, letters and classes of the newest moment."""
    held = [finished_run.load_arrays(item["file"]) for item in RunReader(finished_run).refresh().snapshots]
    labels, z, centers = (held[-1][name] for name in ("labels", "z", "cluster_centers"))
    q = 1 / (1 + ((z[:, None].astype(float) - centers) ** 2).sum(axis=2))
    q /= q.sum(axis=1, keepdims=True)
    matched = []
    for then in (held[2]["labels"], labels):
        counts = np.zeros((10, 10))
        np.add.at(counts, (digits.y, then), 1)
        classes, clusters = linear_sum_assignment(-counts)
        matched.append(classes[np.argsort(clusters)])
    others = np.where(np.arange(10) == labels[:, None], 0, q)
    return SimpleNamespace(
        y=digits.y,
        z=z.astype(np.float32),
        labels=[then["labels"] for then in held[2:]],
        cluster=lambda name: int(np.flatnonzero(matched[0] == "ABCDEFGHIJ".index(name))[0]),
        wrong=matched[1][labels] != digits.y,
        confidence=q[np.arange(1797), labels],
        distance=np.linalg.norm(z.astype(float) - centers[labels], axis=1),
        second=others.argmax(axis=1),
    )


FILTERS = [
    ({"true": "9"}, lambda k: k.y == 9),
    ({"cluster": "D"}, lambda k: k.labels[-1] == k.cluster("D")),
    ({"second": "B"}, lambda k: k.second == k.cluster("B")),
    ({"side": "wrong"}, lambda k: k.wrong),
    ({"side": "right"}, lambda k: ~k.wrong),
    ({"min_confidence": 0.2}, lambda k: np.round(k.confidence, 4) >= 0.2),
    ({"min_confidence": 0.13, "max_confidence": 0.17}, lambda k: np.abs(np.round(k.confidence, 4) - 0.15) < 0.020001),
    ({"changed": True}, lambda k: k.labels[-1] != k.labels[-2]),
    ({"unsettled": True}, lambda k: k.labels[-1] != k.labels[-2]),  # a quarter of four moments is one
    ({"was": "B", "since": 2}, lambda k: k.labels[0] == k.cluster("B")),
    ({"was": "H", "since": 4}, lambda k: k.labels[2] == k.cluster("H")),
    ({"index": (*range(0, 1700, 2), 5, 9999)}, lambda k: np.isin(np.arange(1797), [*range(0, 1700, 2), 5])),
    ({"lasso": (-9, -9, 0.1, -9, 0.1, 9, -9, 9), "space": "z0,z3"}, lambda k: k.z[:, 0] < 0.1),
    ({"lasso": (0, 0, 99, 0, 99, 99), "space": "z3,z0"}, lambda k: (k.z[:, 0] > 0) & (k.z[:, 3] > k.z[:, 0])),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "passing"), FILTERS, ids=[" ".join(filters) for filters, _ in FILTERS])
def test_each_filter_chooses_what_it_says(last, known, filters, passing):
    expected = np.flatnonzero(passing(known))
    assert 0 < len(expected) < 1797
    assert last.select(**filters).tolist() == expected.tolist()
    assert last.select(Selection(**filters)).tolist() == expected.tolist()
    assert np.flatnonzero(last.mask(Selection(**filters))).tolist() == expected.tolist()


def test_filters_compose(last, known):
    n_found = 0
    for some in itertools.combinations(FILTERS, 3):
        filters = {name: value for values, _ in some for name, value in values.items()}
        if len(filters) < sum(len(values) for values, _ in some):
            continue  # two of the same
        expected = np.flatnonzero(np.all([passing(known) for _, passing in some], axis=0))
        assert last.select(**filters).tolist() == expected.tolist(), filters
        n_found += len(expected) > 0
    assert n_found > 100


def test_without_a_filter_all_are_chosen(last):
    assert last.select().tolist() == last.select(Selection()).tolist() == list(range(1797))
    assert last.select(index=(9999,)).tolist() == [] and last.select(min_confidence=1.0, order="wrong").tolist() == []


def test_groups_stand_together_each_in_the_order_that_is_asked(last, known):
    by_order = last.select(side="wrong", order="typical")
    order = last.select(side="wrong", order="typical", group="digit")
    assert order.tolist() == [i for digit in range(10) for i in by_order if known.y[i] == digit] != by_order.tolist()
    order = last.select(side="wrong", order="typical", group="cluster")
    letters = np.array(last.run.letters)[last.labels]
    assert order.tolist() == [i for letter in "ABCDEFGHIJ" for i in by_order if letters[i] == letter]
    with pytest.raises(SelectionError, match="group: received 'size', expected one of digit, cluster"):
        last.select(group="size")


def test_filters_come_apart_one_by_one_and_are_taken_away_one_by_one():
    parts = [
        Selection(true="9"),
        Selection(min_confidence=0.2),
        Selection(was="B", since=3),
        Selection(lasso=range(6), space="pca"),
    ]
    whole = Selection(true="9", min_confidence=0.2, was="B", since=3, lasso=range(6), space="pca")
    assert sorted(map(repr, whole.apart())) == sorted(map(repr, parts))
    assert whole.without(Selection(was="C", since=1)) == whole.replace(was="", since=0)
    assert whole.without(Selection(lasso=range(6))) == whole.replace(lasso=(), space="umap")
    assert Selection().apart() == [] and whole.without(Selection()) == whole


def test_of_a_link_the_filters_that_can_be_read_are_kept():
    found, problems = Selection.read({"true": "9", "sure": "5", "side": "left", "changed": "1", "page": "x"})
    assert found == Selection(true="9", changed=True)
    assert [problem.split(":")[0] for problem in problems] == ["side", "sure"]


def test_chosen_samples_come_in_the_order_that_is_asked(last, known):
    chosen = np.flatnonzero(known.y == 8)
    sure, far, wrong = last.confidence[chosen], last.distance[chosen], known.wrong[chosen]
    assert np.abs(sure - known.confidence[chosen]).max() < 1e-6 and np.abs(far - known.distance[chosen]).max() < 1e-5
    orders = {order: last.select(true="8", order=order).tolist() for order in by.ORDERS}
    assert orders["index"] == chosen.tolist() and 0 < wrong.sum() < len(wrong)
    assert orders["uncertain"] == chosen[np.argsort(sure, kind="stable")].tolist()
    assert orders["typical"] == chosen[np.argsort(far, kind="stable")].tolist()
    assert orders["outliers"] == chosen[np.argsort(-far, kind="stable")].tolist()
    key = np.where(wrong, -1 - sure, sure)  # errors before all others
    assert orders["wrong"] == chosen[np.argsort(key, kind="stable")].tolist()
    with pytest.raises(ValueError, match="order: received 'best'"):
        last.select(true="8", order="best")


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"true": "10"}, r"true: received '10', the classes are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
        ({"cluster": "K"}, r"cluster: received 'K', expected one of A, B, C, D, E, F, G, H, I, J"),
        ({"cluster": "a"}, r"cluster: received 'a'"),
        ({"second": "0"}, r"received '0', expected one of A, B, C"),
        ({"was": "Z", "since": 3}, r"received 'Z', expected one of A, B, C"),
        ({"was": "A", "since": 1}, r"since: received moment 1, expected one that has clusters: \[2, 3, 4, 5\]"),
        ({"was": "A", "since": 6}, r"since: received moment 6, expected one that has clusters: \[2, 3, 4, 5\]"),
        ({"lasso": (0, 0, 1, 0, 1, 1), "space": "z0,z10"}, r"space: .*expected umap, pca or two of z0 to z9, as z0,z1"),
    ],
)
def test_what_a_run_does_not_have_is_told_with_what_it_has(last, filters, said):
    with pytest.raises(SelectionError, match=said):
        last.select(**filters)


letters_and_worse = st.sampled_from(["", "A", "J", "K", "AA", "a", "0", "é", "A" * 200])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "true": st.sampled_from(["", "0", "9", "10", "nine"]),
            "cluster": letters_and_worse,
            "second": letters_and_worse,
            "side": st.sampled_from(["", "right", "wrong", "left"]),
            "sure": st.sampled_from(["0-1", "0.1-0.2", "0-0", "1-0", "x"]),
            "changed": st.sampled_from(["1", "0", "yes"]),
            "was": letters_and_worse,
            "since": st.sampled_from(["0", "2", "5", "6", "-1", "99999999999999999999"]),
            "index": st.sampled_from(["0-9", "1796", "1797", "999999999999999999999", "x"]),
            "lasso": st.tuples(
                st.sampled_from(["umap", "pca", "z0,z9", "z0,z10", "z9", "z1,z1", "z-1,z0", "", "z" * 40]),
                st.sampled_from(["0,0,1,0,1,1", "0,0,0,0,0,0", "1e308,1e308,-1e308,0,0,-1e308", "1,2", ""]),
            ).map(":".join),
        },
    )
)
def test_a_link_to_a_run_chooses_or_says_why_not(last, query):
    try:
        selected = last.select(Selection.from_query(query))
    except SelectionError as error:
        assert "received" in str(error) or "link" in str(error)
    else:
        assert (np.diff(selected) > 0).all() and (len(selected) == 0 or 0 <= selected[0] <= selected[-1] < 1797)


def test_a_power_is_no_dimension_of_z(last):
    with pytest.raises(SelectionError, match="space: received 'z²,z1'"):
        last.select(Selection.from_query({"lasso": "z²,z1:0,0,1,0,1,1"}))
