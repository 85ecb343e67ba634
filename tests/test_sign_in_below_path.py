"""Signing in below the path at which a proxy serves the app; a real provider is in tests/browser."""

from types import SimpleNamespace

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import user_info
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes

from pages.shared.sign_in import StayBelowPath


@pytest.mark.parametrize("route", ["auth/login", "auth/logout", "oauth2callback"])
@pytest.mark.parametrize("path", ["/", "/dec/"])
def test_streamlits_routes_lead_back_to_the_path_of_the_app(route, path):
    signing_in = Starlette(routes=create_auth_routes(""), middleware=[Middleware(StayBelowPath)])

    async def proxy(scope, receive, send):
        await signing_in({**scope, "path": "/" + scope["path"].removeprefix(path)}, receive, send)

    answer = TestClient(proxy, "https://example.org", follow_redirects=False).get(path + route)
    assert answer.status_code == 302 and answer.next_request.url == f"https://example.org{path}"


def test_what_leads_elsewhere_does_so_still():
    routes = [
        Route("/auth/login", lambda _: RedirectResponse("https://provider.example.org/")),
        Route("/other", lambda _: RedirectResponse("/")),
    ]
    browser = TestClient(Starlette(routes=routes, middleware=[Middleware(StayBelowPath)]), follow_redirects=False)
    places = [browser.get(route.path).headers["location"] for route in routes]
    assert places == ["https://provider.example.org/", "/"]


def test_a_browser_is_sent_to_them_below_the_path_of_its_page(monkeypatch):
    sent = []
    context = SimpleNamespace(session_id="", user_info={}, enqueue=sent.append)
    monkeypatch.setattr(user_info, "_get_script_run_ctx", lambda: context)
    monkeypatch.setattr(user_info, "validate_auth_credentials", lambda provider: None)
    st.login()
    st.logout()
    places = [message.auth_redirect.url.partition("?")[0] for message in sent]
    assert places == ["auth/login", "auth/logout"], f"streamlit {st.__version__} makes them elsewhere; see sign_in.py"
