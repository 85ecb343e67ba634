"""How often each visitor may ask by HTTP: so many requests a second after a burst; what is more is refused in words."""

from __future__ import annotations

import time
from collections import OrderedDict
from math import ceil

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.shared.identity import browser_in

BURST = 10  # seconds whose requests may come at once: a page with all its pictures
MOST_KNOWN = 10_000  # visitors whose requests are counted; of more, who has asked least lately begins anew
CHEAP = ("/static/", "/_stcore/health", "/healthz")  # Streamlit's own files, which browsers keep
REFUSED = (
    "Too many requests: this server answers {:g} a second of each visitor. Wait {} s, then go on; close other tabs of "
    "this app if you have many."
)


class Buckets:
    """A bucket of tokens for each who asks: one token a request, filled again with so many a second.

    Attributes
    ----------
    rate : float
        Tokens a second.
    n_refused : int
        Requests for which there was none.
    """

    def __init__(self, rate: float):
        self.rate, self.n_refused = rate, 0
        self._filled: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when there were so many

    def take(self, who: str) -> float:
        """Take a token; 0, or the seconds until there is one."""
        now = time.monotonic()
        tokens, at = self._filled.pop(who, (self.rate * BURST, now))
        tokens = min(self.rate * BURST, tokens + (now - at) * self.rate)
        is_taken = tokens >= 1
        self._filled[who] = tokens - is_taken, now
        if len(self._filled) > MOST_KNOWN:
            self._filled.popitem(last=False)
        self.n_refused += not is_taken
        return 0.0 if is_taken else (1 - tokens) / self.rate


class LimitRequests:
    """ASGI middleware that answers 429 to whoever asks too often. The web socket and what is cheap are not counted.

    Visitors are told apart by their cookies; those without one by their addresses, or that of their proxy.
    """

    def __init__(self, app: ASGIApp, buckets: Buckets):
        self.app, self.buckets = app, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] != "http" or any(part in scope["path"] for part in CHEAP):
            await self.app(scope, receive, send)
            return
        seconds = self.buckets.take(browser_in(scope) or (scope.get("client") or ("",))[0])
        if not seconds:
            await self.app(scope, receive, send)
            return
        wait = ceil(seconds)
        headers = {"Retry-After": str(wait), "Cache-Control": "no-store"}
        await PlainTextResponse(REFUSED.format(self.buckets.rate, wait), 429, headers)(scope, receive, send)
