"""A small real sign-in provider: OpenID Connect with signed tokens and PKCE, and GitHub's older OAuth.

It checks what a real one checks (client, secret, redirect address, single use of a code, code verifier), so a portal
that leaves something out fails here. Tests set attributes to choose who signs in, and how it misbehaves.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.loopback import Loopback

Answer = tuple[int, dict[str, Any] | list[Any]]
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(Loopback):
    """`with Provider() as provider:` answers at `provider.url` until the end of the block."""

    client_id, client_secret = "the-portal", "a secret between us"

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}  # userinfo of the person who signs in
        self.github: dict[str, Any] = {}  # answer of GitHub's /user
        self.emails: list[dict[str, Any]] = []  # answer of GitHub's /user/emails
        self.key = KEY  # ... that signs ID tokens; the published one is always KEY
        self.token_claims: dict[str, Any] = {}  # overrides in the ID token
        self.broken = False  # answers 503 to everything
        self.refuses = False  # the person presses "cancel"
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: set[str] = set()
        super().__init__(_handler(self))

    # --- requests of the browser ------------------------------------------------------------------------------------

    def authorize(self, query: dict[str, str]) -> str:
        """Return the address to which the person is redirected."""
        assert query["client_id"] == self.client_id
        assert query.get("response_type", "code") == "code"
        if self.refuses:
            return f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': query['state']})}"
        code = secrets.token_hex(8)
        self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    # --- requests of the portal -------------------------------------------------------------------------------------

    def get(self, path: str, authorization: str) -> Answer:
        if path == "/.well-known/openid-configuration":
            return 200, self.discovery()
        if path == "/jwks":
            return 200, {"keys": [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one"}]}
        if authorization.split(" ")[-1] not in self._tokens:
            return 401, {"error": "invalid_token"}
        pages: dict[str, Any] = {"/userinfo": self.claims, "/api/user": self.github, "/api/user/emails": self.emails}
        return (200, pages[path]) if path in pages else (404, {})

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def token(self, path: str, form: dict[str, str]) -> Answer:
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        token = secrets.token_hex(16)
        self._tokens.add(token)
        if path == "/login/oauth/access_token":
            return 200, {"access_token": token, "token_type": "bearer", "scope": asked.get("scope", "")}
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(hashed).decode().rstrip("=") != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": token, "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.client_id, "sub": self.claims["sub"], "nonce": nonce}
        claims |= {"iat": now, "exp": now + 300, **self.token_claims}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "one"})


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if provider.broken:
                self.answer(503, {})
            elif url.path in ("/authorize", "/login/oauth/authorize"):
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            else:
                self.answer(*provider.get(url.path, self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            path = urlsplit(self.path).path
            self.answer(*((503, {}) if provider.broken else provider.token(path, form)))

        def answer(self, status: int, data: dict[str, Any] | list[Any]) -> None:
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
