"""Sign-in services that can't be reached from tests, replaced by one HTTP server on loopback: its answers have the
documented shape, and depend on the request like the real ones.

GitHub: docs.github.com/en/rest/orgs/members, /rest/teams/members, /rest/teams/teams, and "Scopes for OAuth apps".
Google: developers.google.com/identity/openid-connect/openid-connect (`hd`, `email`; `verified_email` in its v1 answer).
CILogon: cilogon.org/oidc ("claims"). Others: OpenID Connect Core 1.0, sections 3.1.3.3, 5.3 and 5.4. LTI 1.3:
imsglobal.org/spec/security/v1p0, sections 5.1.2 and 5.2 (the platform's message, its key set).
"""

import json
import secrets
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from tests.loopback import Loopback

SECRET = "of-the-client"
Answer = tuple[int, Any]
LTI = "https://purl.imsglobal.org/spec/lti/claim"


@dataclass(frozen=True)
class Account:
    """An account at a service: `claims` by the scope that adds them ("" for those that are always present)."""

    claims: dict[str, dict[str, Any]]
    organizations: tuple[str, ...] = ()  # GitHub's: private memberships
    teams: tuple[str, ...] = ()  # "organization:slug"


@dataclass
class Services(Loopback):
    """All services, by host name: http://127.0.0.1:port/HOST/path stands for https://HOST/path."""

    accounts: dict[str, Account] = field(default_factory=dict)
    codes: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def __post_init__(self) -> None:
        services = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                _, host, path = urlsplit(self.path).path.split("/", 2)
                token = self.headers.get("Authorization", "").partition(" ")[2]
                self.answer(*services.get(host, f"/{path}", token))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self.answer(*services.token({key: values[0] for key, values in parse_qs(body).items()}))

            def answer(self, status: int, data: Any) -> None:
                body = b"" if status in (204, 302) else json.dumps(data).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", data)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        super().__init__(Handler)

    def here(self, url: str) -> str:
        """Return the loopback address that replaces this one."""
        return f"{self.url}/{url.removeprefix('https://')}"

    # --- OAuth 2.0 and OpenID Connect ---------------------------------------------------------------------------------
    def consent(self, who: str, scope: list[str]) -> str:
        """Return the code with which a person returns from the sign-in page."""
        code = secrets.token_hex(8)
        self.codes[code] = (who, frozenset(scope))
        return code

    def token(self, form: dict[str, str]) -> Answer:
        known = self.codes.pop(form.get("code", ""), None)
        if known is None or form.get("client_secret") != SECRET or form.get("client_id") != "me":
            return 400, {"error": "invalid_grant", "error_description": "The code is wrong."}
        token = secrets.token_hex(16)
        self.tokens[token] = known
        said = {"access_token": token, "token_type": "bearer", "scope": " ".join(sorted(known[1]))}
        return 200, {**said, **({"id_token": "a.b.c", "expires_in": 3600} if "openid" in known[1] else {})}

    def get(self, host: str, path: str, token: str) -> Answer:
        if path == "/jwks":
            key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**key, "kid": "1", "use": "sig", "alg": "RS256"}]}
        if token not in self.tokens:
            return 401, {"message": "Bad credentials"}
        who, scope = self.tokens[token]
        account = self.accounts[who]
        if host == "api.github.com":
            return self._github(account, path.strip("/").split("/"), scope)
        if "openid" not in scope:
            return 403, {"error": "insufficient_scope"}
        return 200, {k: v for name, claims in account.claims.items() if name in ("", *scope) for k, v in claims.items()}

    def _github(self, account: Account, path: list[str], scope: frozenset[str]) -> Answer:
        login = account.claims[""]["login"]
        match path:
            case ["user"]:
                return 200, account.claims[""]
            case ["user", "teams"] if "read:org" in scope:
                rows = [one.split(":") for one in account.teams]
                return 200, [{"slug": slug, "name": slug.title(), "organization": {"login": o}} for o, slug in rows]
            case ["orgs", organization, "members", name] if name.lower() == login.lower():
                if organization in account.organizations and "read:org" in scope:
                    return 204, None
                return 302, f"/api.github.com/orgs/{organization}/public_members/{name}"
            case ["orgs", organization, "teams", team, "members", name] if name.lower() == login.lower():
                if f"{organization}:{team}" in account.teams and "read:org" in scope:
                    return 204, None
        return 404, {"message": "Not Found"}

    # --- LTI 1.3 ------------------------------------------------------------------------------------------------------
    def launch(self, who: str, *, issuer: str, client: str) -> str:
        """Return the platform's signed message when a person opens the hub from a course."""
        now = int(time.time())
        message = {
            "iss": issuer, "aud": client, "iat": now, "exp": now + 300, "nonce": "n", "sub": f"id-{who}",
            f"{LTI}/message_type": "LtiResourceLinkRequest", f"{LTI}/version": "1.3.0", f"{LTI}/deployment_id": "1",
            f"{LTI}/target_link_uri": "https://hub.example.edu/hub", f"{LTI}/resource_link": {"id": "course-1"},
            f"{LTI}/roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            **self.accounts[who].claims[""],
        }  # fmt: skip
        return jwt.encode(message, self.key, algorithm="RS256", headers={"kid": "1"})


class Client:
    """OAuthenticator's `http_client`: sends each request to the replacement of its host."""

    def __init__(self, services: Services) -> None:
        self.services = services

    async def fetch(self, request: HTTPRequest, **kwargs: Any) -> Any:
        request.url = self.services.here(request.url)
        return await AsyncHTTPClient(force_instance=True).fetch(request, **kwargs)
