"""How a room knows its visitors: cookies, and the instructor's link."""

import re
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from requests_of_room import altered, asked
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dec_core.runs.ownership import INSTRUCTOR
from dec_core.runs.room_files import new_instructor_token, signing_key, spend_instructor_token
from pages.shared import visitor as visitors
from pages.shared.identity import Identify, enter_as_instructor, visitor_in
from pages.shared.visitor import DESK, LIFETIME, NOBODY, RENEW_AFTER, cookie_name, known_by, new_visitor, signed


@pytest.fixture
def room(tmp_path, monkeypatch):
    """An app that says who asks."""
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.setenv("DEC_ROOM", "1")

    def who(request):
        return PlainTextResponse(visitor_in(request.scope).id)

    def news(request):
        return PlainTextResponse("", headers={"Cache-Control": "no-store"})

    routes = [Route("/who", who), Route("/news", news), Route("/instructor", enter_as_instructor)]
    return Starlette(routes=routes, middleware=[Middleware(Identify)])


def later(monkeypatch, seconds):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + seconds)


def test_a_newcomer_is_given_a_cookie_by_which_they_are_known(room):
    cookie = asked(room, "/who").cookie
    assert cookie.key == cookie_name() and cookie["httponly"] and cookie["samesite"].lower() == "lax"
    assert int(cookie["max-age"]) == LIFETIME and cookie["path"] == "/" and not cookie["secure"]
    again = asked(room, "/who", {cookie.key: cookie.value})
    assert again.cookie is None and again.body.decode() == known_by(cookie.value).id != ""


def test_two_newcomers_are_two_visitors(room):
    ids = {known_by(asked(room, "/who").cookie.value).id for _ in range(20)}
    assert len(ids) == 20 and all(re.fullmatch("[0-9a-f]{16}", each) for each in ids)


@pytest.mark.parametrize("headers", [{"x_forwarded_proto": "https"}, {"x_forwarded_proto": "https, http"}])
def test_behind_tls_the_cookie_is_for_tls_alone(room, headers):
    assert asked(room, "/who", **headers).cookie["secure"]


@pytest.mark.parametrize("headers", [{"accept": "*/*"}, {"accept": "image/png"}, {"accept": ""}])
def test_what_a_proxy_may_keep_brings_no_cookie(room, headers):
    assert asked(room, "/who", **headers).cookie is None
    assert asked(room, "/who").headers["cache-control"] == "no-store"


def forgeries() -> dict[str, str]:
    good = signed("0123456789abcdef")
    visitor_id, moment, signature = good.split(".")
    return {
        "nothing": "",
        "an id alone": visitor_id,
        "no signature": f"{visitor_id}.{moment}.",
        "another id": f"instructor.{moment}.{signature}",
        "another moment": f"{visitor_id}.{altered(moment)}.{signature}",
        "another signature": f"{visitor_id}.{moment}.{altered(signature)}",
        "longer": f"{good}A",
        "not of this alphabet": "ä.b.c",
        "of another kind": visitors.TimestampSigner(signing_key(visitors.runs_root())).sign("instructor").decode(),
        "of another server": visitors.TimestampSigner(b"k" * 32, salt="visitor").sign("instructor").decode(),
        "a path": signed("../../etc"),
        "nobody": signed(""),
    }


def test_a_forged_or_altered_cookie_makes_a_new_visitor(room):
    for what, value in forgeries().items():
        assert known_by(value) == NOBODY, what
        if not value.isascii():
            continue
        answer = asked(room, "/who", {cookie_name(): value})
        assert answer.body == b"" and known_by(answer.cookie.value) != NOBODY, what


def test_a_cookie_that_was_not_used_for_a_week_is_nobodys_whoever_has_it(room, monkeypatch):
    cookie = {cookie_name(): signed("0123456789abcdef")}
    assert asked(room, "/who", cookie).body == b"0123456789abcdef"
    later(monkeypatch, LIFETIME + 2)
    answer = asked(room, "/who", cookie)
    assert answer.body == b"" and known_by(answer.cookie.value).id not in ("", "0123456789abcdef")


def test_who_comes_stays_the_same_visitor(room, monkeypatch):
    cookie = asked(room, "/who").cookie.value
    visitor_id = known_by(cookie).id
    for _ in range(5):
        later(monkeypatch, LIFETIME - 60)
        answer = asked(room, "/who", {cookie_name(): cookie})
        assert answer.body.decode() == known_by(answer.cookie.value).id == visitor_id
        assert int(answer.cookie["max-age"]) == LIFETIME and answer.cookie["httponly"]
        assert answer.headers["cache-control"] == "no-store"
        cookie = answer.cookie.value
    later(monkeypatch, LIFETIME + 2)
    assert known_by(cookie) == NOBODY


def test_a_cookie_is_renewed_with_what_no_proxy_keeps_and_not_all_the_time(room, monkeypatch):
    cookie = {cookie_name(): signed("0123456789abcdef")}
    assert asked(room, "/who", cookie).cookie is None, "less than an hour old"
    later(monkeypatch, RENEW_AFTER + 2)
    assert asked(room, "/who", cookie, accept="*/*").cookie is None, "a proxy may keep it"
    news = asked(room, "/news", cookie, accept="*/*")
    assert known_by(news.cookie.value).id == "0123456789abcdef" and news.headers["cache-control"] == "no-store"
    assert asked(room, "/who", {cookie_name(): altered(cookie[cookie_name()])}, accept="*/*").cookie is None


def test_who_follows_the_instructors_link_with_an_old_cookie_is_the_instructor(room, tmp_path, monkeypatch):
    cookie = {cookie_name(): signed("0123456789abcdef")}
    later(monkeypatch, RENEW_AFTER + 2)
    answer = asked(room, f"/instructor?token={new_instructor_token(tmp_path)}", cookie)
    assert known_by(answer.cookie.value).id == INSTRUCTOR


def test_a_cookie_of_tomorrow_is_nobodys(room, monkeypatch):
    with monkeypatch.context() as patch:
        later(patch, 3600)
        cookie = signed("0123456789abcdef")
    assert known_by(cookie) == NOBODY


def test_rooms_over_other_folders_have_other_keys_and_names_of_cookies(room, tmp_path, monkeypatch):
    name, cookie = cookie_name(), new_visitor()
    monkeypatch.setenv("DEC_RUNS", str(tmp_path / "other"))
    assert cookie_name() != name and known_by(cookie) == NOBODY


def test_a_desk_asks_for_no_cookie(tmp_path, monkeypatch):
    monkeypatch.setenv("DEC_RUNS", str(tmp_path))
    monkeypatch.delenv("DEC_ROOM", raising=False)
    assert visitors.visitor() == DESK == visitor_in({"type": "http", "headers": []})
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_made_once_and_nobody_else_can_read_it(tmp_path):
    with ThreadPoolExecutor(8) as many:
        keys = set(many.map(lambda _: signing_key(tmp_path), range(32)))
    assert len(keys) == 1
    (file,) = (tmp_path / ".room").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_damaged_key_is_said(tmp_path):
    signing_key(tmp_path)
    (tmp_path / ".room" / "key").write_bytes(b"")
    with pytest.raises(ValueError, match="holds 0 bytes, expected 32"):
        signing_key(tmp_path)


# -- the instructor's link


def test_the_instructors_link_works_once(room, tmp_path):
    link = f"/instructor?token={new_instructor_token(tmp_path)}"
    answer = asked(room, link)
    assert answer.status == 303 and answer.headers["location"] == "./room" and answer.cookie["httponly"]
    assert known_by(answer.cookie.value).is_instructor and known_by(answer.cookie.value).id == INSTRUCTOR
    again = asked(room, link)
    assert again.status == 403 and b"was used before" in again.body and not known_by(again.cookie.value).is_instructor


@pytest.mark.parametrize("token", ["", "x", "ä", "None", "a" * 5000])
def test_another_token_is_refused_and_spends_nothing(room, tmp_path, token):
    right = new_instructor_token(tmp_path)
    for wrong in (token, right[:-1], right.swapcase()):
        assert not spend_instructor_token(tmp_path, wrong)
    assert asked(room, "/instructor").status == asked(room, "/instructor?token=x").status == 403
    assert spend_instructor_token(tmp_path, right)


def test_a_look_at_the_instructors_link_does_not_spend_it(room, tmp_path):
    link = f"/instructor?token={new_instructor_token(tmp_path)}"
    assert asked(room, link, method="HEAD").status == 403 and asked(room, link).status == 303


def test_of_many_who_follow_the_link_at_once_one_is_the_instructor(tmp_path):
    token = new_instructor_token(tmp_path)
    with ThreadPoolExecutor(8) as many:
        assert sum(many.map(lambda _: spend_instructor_token(tmp_path, token), range(32))) == 1


def test_a_new_link_ends_the_one_before_and_is_not_kept_in_clear(tmp_path):
    before, now = new_instructor_token(tmp_path), new_instructor_token(tmp_path)
    (file,) = (tmp_path / ".room").iterdir()
    assert now not in file.read_text() and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not spend_instructor_token(tmp_path, before) and spend_instructor_token(tmp_path, now)


def test_there_is_no_instructors_link_on_a_desk(room, tmp_path, monkeypatch):
    monkeypatch.delenv("DEC_ROOM")
    assert asked(room, f"/instructor?token={new_instructor_token(tmp_path)}").status == 403
