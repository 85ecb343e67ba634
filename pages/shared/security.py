"""What every answer of the app tells a browser: to fetch nothing from anywhere else, and to guess no types."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:]+\](:\d+)?")  # a name or an address, and a port
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def _hashes() -> str:
    """Of the scripts that stand in Streamlit's page itself, as a policy names them."""
    page = files("streamlit").joinpath("static/index.html").read_text(encoding="utf-8")
    digests = [b64encode(sha256(script.encode()).digest()).decode() for script in INLINE.findall(page)]
    return " ".join(f"'sha256-{digest}'" for digest in digests)


POLICY = {
    "default-src": "'self'",
    # components' sources are imported as blobs
    "script-src": f"'self' blob: {_hashes()}",
    "style-src": "'self' 'unsafe-inline'",  # Streamlit and plotly.js style as they draw
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "frame-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}


class SecurityHeaders:
    """ASGI middleware that adds a Content-Security-Policy, X-Content-Type-Options and Referrer-Policy."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; of an answer by HTTP, with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy(Headers(scope=scope).get("host", ""))
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "same-origin"
            await send(message)

        await self.app(scope, receive, send_with_headers)


def policy(host: str) -> str:
    """The policy for a browser that calls the app by the name `host`: to some, 'self' is not its web socket."""
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return "; ".join(f"{name} {sources}" for name, sources in {**POLICY, "connect-src": f"'self'{sockets}"}.items())
