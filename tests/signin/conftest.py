"""A running provider, a portal that trusts it, and a browser that goes from one to the other."""

from urllib.parse import urlsplit

import httpx
import pytest

from tests.signin.provider import Provider

LABELS = {"github": "GitHub", "google-oauth2": "Google", "oidc": "River ID"}


@pytest.fixture
def provider():
    with Provider() as running:
        running.claims = {
            "sub": "subject-1",
            "preferred_username": "Ines.Duarte@river.example.edu",
            "name": "Ines Duarte",
            "email": "Ines@River.example.edu",
            "email_verified": True,
        }
        running.github = {"id": 4711, "login": "Ines-Duarte", "name": "Ines Duarte", "email": "public@example.org"}
        running.emails = [
            {"email": "old@example.org", "primary": False, "verified": True},
            {"email": "ines@river.example.edu", "primary": True, "verified": True},
        ]
        yield running


@pytest.fixture
def configured(settings, provider):
    """All three sign-in methods lead to the provider of this test."""
    settings.SOCIAL_PROVIDERS = LABELS
    settings.AUTHENTICATION_BACKENDS = [
        *settings.AUTHENTICATION_BACKENDS,
        *(path for path in settings.SIGN_IN_BACKENDS.values() if path not in settings.AUTHENTICATION_BACKENDS),
    ]
    for name in ("GITHUB", "GOOGLE_OAUTH2", "OIDC"):
        setattr(settings, f"SOCIAL_AUTH_{name}_KEY", provider.client_id)
        setattr(settings, f"SOCIAL_AUTH_{name}_SECRET", provider.client_secret)
    settings.SOCIAL_AUTH_GITHUB_AUTHORIZATION_URL = f"{provider.url}/login/oauth/authorize"
    settings.SOCIAL_AUTH_GITHUB_ACCESS_TOKEN_URL = f"{provider.url}/login/oauth/access_token"
    settings.SOCIAL_AUTH_GITHUB_API_URL = f"{provider.url}/api/"
    settings.SOCIAL_AUTH_GOOGLE_OAUTH2_OIDC_ENDPOINT = provider.url
    settings.SOCIAL_AUTH_OIDC_OIDC_ENDPOINT = provider.url
    return settings


@pytest.fixture
def leave():
    """Return a function that presses the button and returns the portal's address to which the provider redirects."""

    def go(client, backend, next_url=""):
        page = client.post(f"/social/login/{backend}/", {"next": next_url} if next_url else {})
        assert page.status_code == 200, page.headers
        away = page["Refresh"].removeprefix("0; url=")
        back = urlsplit(httpx.get(away).headers["Location"])
        assert back.path == f"/social/complete/{backend}/"
        return f"{back.path}?{back.query}"

    return go


@pytest.fixture
def sign_in_with(leave):
    """Return a function that goes to the provider and back."""

    def go(client, backend, next_url=""):
        return client.get(leave(client, backend, next_url))

    return go
