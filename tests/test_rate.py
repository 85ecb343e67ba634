"""How often each visitor may ask by HTTP."""

import pytest
from requests_of_room import asked
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages.shared import rate
from pages.shared.rate import BURST, Buckets, LimitRequests
from pages.shared.visitor import cookie_name, new_visitor

RATE = 2
AT_ONCE = RATE * BURST


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rate, "time", type("Clock", (), {"monotonic": staticmethod(lambda: now[0])}))
    return now


@pytest.fixture
def room(tmp_path, monkeypatch, clock):
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setenv("DEC_ROOM", "1")

    def yes(request):
        return PlainTextResponse("yes")

    paths = ("/news", "/static/js/a.js", "/_stcore/health", "/app/static/b.js", "/healthz")
    middleware = [Middleware(LimitRequests, buckets=Buckets(RATE))]
    return Starlette(routes=[Route(path, yes) for path in paths], middleware=middleware)


def statuses(app, n, path="/news", cookies=None, **headers):
    return [asked(app, path, cookies, **headers).status for _ in range(n)]


def somebody():
    return {cookie_name(): new_visitor()}


def test_what_is_more_than_a_burst_is_refused_in_words_until_time_has_passed(room, clock):
    anna = somebody()
    assert statuses(room, AT_ONCE, cookies=anna) == [200] * AT_ONCE
    refused = asked(room, "/news", anna)
    assert refused.status == 429 and refused.headers["retry-after"] == "1"
    assert refused.body.decode().startswith(
        "Too many requests: this server answers 2 a second of each visitor. Wait 1 s"
    )
    clock[0] += 1
    assert statuses(room, RATE + 1, cookies=anna) == [200] * RATE + [429]
    clock[0] += 3600
    assert statuses(room, AT_ONCE + 1, cookies=anna) == [200] * AT_ONCE + [429], "no more is saved up"


def test_one_visitor_takes_nothing_from_another(room):
    anna, ben = somebody(), somebody()
    statuses(room, AT_ONCE + 5, cookies=anna)
    assert statuses(room, 3, cookies=ben) == [200] * 3
    assert statuses(room, 3) == [200] * 3, "nor from somebody without a cookie"


def test_cookies_that_are_made_up_are_no_way_round(room):
    got = [asked(room, "/news", {cookie_name(): f"{i:016x}.a.b"}).status for i in range(AT_ONCE + 1)]
    assert got == [200] * AT_ONCE + [429]


@pytest.mark.parametrize("path", ["/static/js/a.js", "/_stcore/health", "/app/static/b.js", "/healthz"])
def test_what_is_cheap_is_not_counted(room, path):
    assert set(statuses(room, AT_ONCE + 5, path)) == {200}


def test_only_so_many_are_remembered(monkeypatch, clock):
    monkeypatch.setattr(rate, "MOST_KNOWN", 10)
    buckets = Buckets(RATE)
    for i in range(100):
        assert buckets.take(str(i)) == 0.0
    assert len(buckets._filled) == 10 and buckets.n_refused == 0
