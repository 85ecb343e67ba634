"""A provider of OpenID Connect on the loopback: whoever asks chooses a name, and is believed."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

PEOPLE = ("Ada", "Grace")
CLIENT, SECRET = "the-app", secrets.token_hex(16)


class Provider:
    """Discovery, authorization, token and keys: what the authorization code flow asks for."""

    def __init__(self, issuer: str):
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.nonces: dict[str, tuple[str, str]] = {}  # of a code: who, and the nonce it answers
        routes = {
            "/.well-known/openid-configuration": self.discovery,
            "/authorize": self.authorize,
            "/keys": lambda _: JSONResponse({"keys": [self.key.as_dict(private=False)]}),
        }
        self.app = Starlette(
            routes=[Route(path, answer) for path, answer in routes.items()]
            + [Route("/token", self.token, methods=["POST"])]
        )

    def discovery(self, _: Request) -> JSONResponse:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return JSONResponse(
            {"issuer": self.issuer, "id_token_signing_alg_values_supported": ["RS256"]}
            | {name: f"{self.issuer}/{path}" for name, path in places.items()}
        )

    def authorize(self, request: Request) -> HTMLResponse:
        links = []
        for person in PEOPLE:
            code = secrets.token_hex(8)
            self.nonces[code] = person, request.query_params["nonce"]
            target = f"{request.query_params['redirect_uri']}?code={code}&state={request.query_params['state']}"
            links.append(f'<a href="{target}">{person}</a>')
        return HTMLResponse(" ".join(links))

    async def token(self, request: Request) -> JSONResponse:
        person, nonce = self.nonces.pop((await request.form())["code"])
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": person.lower(), "aud": CLIENT, "iat": now, "exp": now + 600}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | {"nonce": nonce, "name": person}, self.key)
        return JSONResponse({"access_token": "none", "token_type": "Bearer", "expires_in": 600, "id_token": token})


@contextmanager
def provider() -> Iterator[str]:
    """A provider that listens; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    server = uvicorn.Server(uvicorn.Config(Provider(address).app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield address
    server.should_exit = True
    thread.join()
