"""Signing in with a provider of OpenID Connect, where the server's secrets name one."""

from __future__ import annotations

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import user_info

from dec_core.runs.accounts import Account, sign_in, sign_out
from dec_core.runs.ownership import INSTRUCTOR
from pages.shared.places import runs_root
from pages.shared.visitor import id_in, own_cookie

# st.login and st.logout send browsers to /auth/…; without the slash, that is below the path of the page they look at
user_info.make_url_path = lambda _, path: path.removeprefix("/")
HOMES = {"/auth/login": "../", "/auth/logout": "../", "/oauth2callback": "./"}  # the app, seen from Streamlit's routes


class StayBelowPath:
    """ASGI middleware: where Streamlit's routes of signing in lead to `/`, they lead to the app's own path.

    A proxy that serves the app below a path takes that off: the app does not know it, but browsers do.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on."""
        home = HOMES.get(scope["path"]) if scope["type"] == "http" else None

        async def send_home(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("location") == "/":
                    headers["location"] = home
            await send(message)

        await self.app(scope, receive, send_home if home else send)


def sign_in_first() -> None:
    """Go on for somebody who has signed in, or for the instructor; ask others to, and draw nothing else."""
    browser_id = id_in(own_cookie())
    if browser_id in ("", INSTRUCTOR):
        return
    if st.user.is_logged_in:
        sign_in(runs_root(), browser_id, _account())
        return
    sign_out(runs_root(), browser_id)
    st.header("Deep clustering, live")
    st.write("Your runs are kept under your account.")
    st.button("Sign in", type="primary", icon=":material/login:", on_click=st.login)
    st.stop()


def sign_out_button() -> None:
    """Ends what `sign_in_first` has begun, in this browser."""
    if st.button("Sign out", icon=":material/logout:", key="sign_out"):
        sign_out(runs_root(), id_in(own_cookie()))
        st.logout()


def _account() -> Account:
    """By the claims of the provider's ID token."""
    claims = st.user.to_dict()
    name = claims.get("name") or claims.get("preferred_username") or claims.get("email") or ""
    return Account.of(str(claims["iss"]), str(claims["sub"]), str(name))
