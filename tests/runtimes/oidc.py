"""A small, real OpenID Connect provider for hubs under test: authorization code with PKCE, userinfo, refresh.

It takes the portal's place and answers as the portal does: `groups` says who may enter. It also answers a hub's query
about a person before a start.
"""

import base64
import hashlib
import json
import secrets
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from provisioning.render import PortalSignIn
from tests.loopback import Loopback


class Provider(Loopback):
    """Signs `person` in without a dialogue; `groups` is each person's groups. Both may change at any time."""

    client_id = "hub-under-test"

    def __init__(self) -> None:
        self.person = "ada"
        self.groups: dict[str, list[str]] = {"ada": ["admins"], "mia": ["users"]}
        self.listed: dict[str, list[str]] | None = None  # person -> groups of the hub's roster; None: no answer
        self.client_secret = ""
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.redirects: list[str] = []
        self.userinfo_calls = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(url.query).items()}
                if url.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.authorize(query))
                    self.end_headers()
                elif url.path.startswith("/api/hub/") and provider.listed is not None:
                    self.answer(200, {"limits": {}, "groups": provider.listed.get(query["user"], [])})
                elif url.path == "/userinfo":
                    self.answer(*provider.userinfo(self.headers.get("Authorization", "")))
                else:
                    self.answer(404, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {key: values[0] for key, values in parse_qs(body).items()}
                self.answer(*provider.token(form))

            def answer(self, status: int, data: dict[str, Any]) -> None:
                body = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Handler)

    def sign_in(self) -> PortalSignIn:
        return PortalSignIn(
            self.client_id, f"{self.url}/authorize", f"{self.url}/token", f"{self.url}/userinfo", f"{self.url}/"
        )

    def authorize(self, query: dict[str, str]) -> str:
        assert query["client_id"] == self.client_id
        assert query["code_challenge_method"] == "S256"
        assert "groups" in query["scope"].split()
        code = secrets.token_hex(8)
        self.codes[code] = {**query, "person": self.person}
        self.redirects.append(query["redirect_uri"])
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if not asked or form.get("client_secret") != self.client_secret:
            return 400, {"error": "invalid_grant"}
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(hashed).decode().rstrip("=") != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        token = secrets.token_hex(16)
        self.tokens[token] = asked["person"]
        return 200, {"access_token": token, "token_type": "Bearer", "scope": asked["scope"], "expires_in": 3600}

    def userinfo(self, authorization: str) -> tuple[int, dict[str, Any]]:
        self.userinfo_calls += 1
        person = self.tokens.get(authorization.removeprefix("Bearer "))
        if not person:
            return 401, {"error": "invalid_token"}
        return 200, {"sub": person, "preferred_username": person, "groups": self.groups.get(person, [])}
