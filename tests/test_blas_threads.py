"""BLAS has as many threads after a mixture as before, whoever else limits them meanwhile."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from dec_core.analysis import baseline
from dec_core.analysis.blas_threads import one_blas_thread
from dec_core.analysis.umap_gmm import UmapGmm
from dec_core.training.mixture import Mixture

pytestmark = pytest.mark.slow


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def set_blas_threads(number: int) -> None:
    """In a thread that then ends: whoever has set it controls it as long as it lives."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    thread = threading.Thread(target=lambda: [library.set_num_threads(number) for library in libraries])
    thread.start()
    thread.join()


@pytest.fixture
def before() -> Iterator[set[int]]:
    """Two threads, whatever this process has else, which comes back whatever a test that fails leaves behind."""
    number = max(blas_threads())
    set_blas_threads(2)
    yield blas_threads()
    set_blas_threads(number)


class Held:
    """A mixture whose work is to wait until it may end."""

    def __init__(self, monkeypatch, config, error=None):
        self.entered, self.may_end, self.error = threading.Event(), threading.Event(), error
        monkeypatch.setattr(Mixture, "_best", lambda *_: self.work())
        self.mixture = Mixture(config, np.zeros((8, 4), np.uint8), (2, 2))
        assert self.entered.wait(60)

    def work(self):
        self.entered.set()
        assert self.may_end.wait(60)
        if self.error:
            raise self.error
        return UmapGmm(np.zeros((8, 2)), np.ones((8, 1)))

    def end(self):
        self.may_end.set()
        assert self.mixture.wait(60)


@pytest.mark.parametrize("error", [None, ValueError("no groups")])
def test_one_mixture_leaves_them_as_they_were(monkeypatch, small, before, error):
    held = Held(monkeypatch, small, error)
    assert blas_threads() == {1}
    held.end()
    assert blas_threads() == before


@pytest.mark.parametrize("errors", [(None, None), (ValueError("no groups"), None), (None, ValueError("no groups"))])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_mixtures_that_overlap_do_so_too(monkeypatch, small, before, order, errors):
    both = [Held(monkeypatch, small, error) for error in errors]
    for i in order:
        both[i].end()
    assert blas_threads() == before


@pytest.mark.parametrize("first_in", ["mixture", "k-means"])
def test_so_does_k_means_while_a_mixture_ends(monkeypatch, small, before, first_in):
    """k-means limits BLAS to one thread by itself; here it does until after the mixture has ended, and the reverse."""
    inside, may_end = threading.Event(), threading.Event()

    def kmeans():
        with one_blas_thread(), threadpool_limits(1, user_api="blas"):
            inside.set()
            assert may_end.wait(60)

    thread = threading.Thread(target=kmeans)
    if first_in == "k-means":
        thread.start()
        assert inside.wait(60)
    held = Held(monkeypatch, small)
    if first_in == "mixture":
        thread.start()
        assert inside.wait(60)
        held.end()
    may_end.set()
    thread.join(60)
    assert blas_threads() == ({1} if first_in == "k-means" else before)  # a mixture that goes on has one throughout
    held.end()
    assert blas_threads() == before


def test_k_means_on_pixels_asks_for_it(monkeypatch):
    asked = []
    real = baseline.one_blas_thread
    monkeypatch.setattr(baseline, "one_blas_thread", lambda: asked.append(1) or real())
    list(baseline.kmeans_on_pixels(np.eye(12, dtype=np.uint8) * 255, 2, 2, 0))
    assert len(asked) == 2
