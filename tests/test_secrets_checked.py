"""Everything that checks a password, token, code or secret link, found in the addresses, authentication classes and
forms: it is rate-limited, and failures are recorded. New ones that are in no table fail here."""

import base64
import re
from urllib.parse import urlencode

import pytest
from django import forms
from django.test import Client
from django.urls import get_resolver
from rest_framework import serializers
from rest_framework.settings import api_settings

from hubs.accounts.api.devices import GRANT
from hubs.api.shapes import Shape
from hubs.live import rate_limit
from hubs.live.counting import counters
from hubs.models import SignIn
from portal.urls import urlpatterns  # noqa: F401 - all addresses are loaded

from .house import modules
from .test_every_url import urls

pytestmark = pytest.mark.django_db
ACCEPT = "/api/v1/invitations/accept/"
FORM = "application/x-www-form-urlencoded"
ALL = dict(urls(get_resolver().url_patterns))
How = SignIn.How

NO_SECRET = "shows what everybody may see, and checks nothing"
SIGNS_IN = "asks the session like any page, or leads to the sign-in"
# Open without a sign-in -> why no rate limit is needed.
HARMLESS = {
    **dict.fromkeys(("healthz", "readyz", "problem", "api-openapi", "api-docs", "help", "help-guide"), NO_SECRET),
    **dict.fromkeys(("oauth2_provider:oidc-connect-discovery-info", "oauth2_provider:jwks-info"), NO_SECRET),
    **dict.fromkeys(("sign-out", "oauth2_provider:authorize"), SIGNS_IN),
    "language": "only sets a cookie with the language",
    "session": "says who is signed in here to the browser that asks, and gives a token to its own pages alone",
    "social:begin": "only leads to the provider",
    "api-device-authorize": "begins a flow; an address has thirty codes at a time (services.devices)",
}


def bearer(client, path="/api/v1/me/"):
    return client.get(path, headers={"Authorization": "Bearer hubp_wrong"})


def basic(client, hub):
    told = base64.b64encode(f"{hub.uid}:wrong".encode()).decode()
    return client.get(f"/api/hub/{hub.uid}/limits/?user=mia", headers={"Authorization": f"Basic {told}"})


def report(client, hub):
    told = base64.b64encode(f"{hub.uid}:wrong".encode()).decode()
    return client.post(f"/api/hub/{hub.uid}/material/", headers={"Authorization": f"Basic {told}"})


def at(path):
    return lambda client, hub: client.get(path)


def token_of_a_hub(client, hub):
    body = {"grant_type": "authorization_code", "code": "x", "client_id": hub.uid, "client_secret": "wrong"}
    return client.post("/o/token/", urlencode(body), FORM)


def device(client, hub):
    body = {"grant_type": GRANT, "device_code": "wrong", "client_id": "hubportal"}
    return client.post("/api/v1/device/token/", urlencode(body), FORM)


# Open without a sign-in and checks a secret -> how (SignIn.How), and a call with a wrong secret.
CHECKED = {
    "sign-in": (How.PASSWORD, lambda c, hub: c.post("/sign-in/", {"username": "ines", "password": "wrong"})),
    "social:complete": (How.PROVIDER, at("/social/complete/oidc/?state=wrong&code=wrong")),
    "invitation": (How.LINK, at("/invitations/wrong/")),
    "mail-stop": (How.LINK, at("/mail/stop/wrong/")),
    "calendar-feed": (How.LINK, at("/calendar/wrong.ics")),
    "metrics": (How.TOKEN, lambda c, hub: bearer(c, "/metrics")),
    "api-device-token": (How.DEVICE, device),
    "hubside:limits": (How.HUB, basic),
    "hubside:material": (How.HUB, report),
    "oauth2_provider:token": (How.HUB, token_of_a_hub),
    "oauth2_provider:revoke-token": (How.HUB, lambda c, hub: c.post("/o/revoke_token/", {"token": "wrong"})),
    "oauth2_provider:user-info": (How.HUB, lambda c, hub: bearer(c, "/o/userinfo/")),
    "api-hub-events": (How.TOKEN, lambda c, hub: bearer(c, f"/api/v1/hubs/{hub.uid}/events/")),
    "api-request-events": (How.TOKEN, lambda c, hub: bearer(c, f"/api/v1/hubs/{hub.uid}/events/")),
    "ByToken": (How.TOKEN, lambda c, hub: bearer(c)),  # every other endpoint of the API
}
# Forms behind the sign-in with a password or code -> how, and a call with a wrong one; or why it can't be guessed.
TYPED = {
    "SignInForm.password": "sign-in",
    "PasswordForm.old": (How.CHANGE, lambda c, hub: c.post("/profile/", {"old": "wrong", "new": "quiet herons wade"})),
    "PasswordForm.new": "a new one is chosen, none is compared",
    "DeviceCollection.device_code": "api-device-token",
    "Acceptance.token": (How.LINK, lambda c, hub: c.post(ACCEPT, {"token": "wrong"}, "application/json")),
    "CodeForm.user_code": (How.DEVICE, lambda c, hub: c.get("/device/?user_code=BCDF-GHJK")),
}


def entry(pattern):
    """ "open", "api" (the API's default authentication) or "signed in"."""
    view = pattern.callback
    cls = getattr(view, "cls", None)
    if cls is not None:
        default = cls.authentication_classes == api_settings.DEFAULT_AUTHENTICATION_CLASSES
        return "api" if default and cls.permission_classes == api_settings.DEFAULT_PERMISSION_CLASSES else "open"
    return "signed in" if getattr(view, "login_required", True) else "open"


def test_every_address_without_a_sign_in_is_in_a_table():
    found = {name for name, pattern in ALL.items() if entry(pattern) == "open"}
    assert found == {*HARMLESS, *CHECKED} - {"ByToken"}, "limit and audit it, or say why it checks no secret"


def test_every_way_to_authenticate_is_known():
    classes = {cls.__name__ for cls in api_settings.DEFAULT_AUTHENTICATION_CLASSES}
    assert classes == {"ByToken", "SessionAuthentication"}, "a session can't be guessed: 190 random bits"
    for name, pattern in ALL.items():
        if cls := getattr(pattern.callback, "cls", None):
            assert {each.__name__ for each in cls.authentication_classes} <= classes, name


def fields_of_the_api():
    for module in modules("api"):
        for cls in vars(module).values():
            ours = isinstance(cls, type) and issubclass(cls, serializers.Serializer) and not issubclass(cls, Shape)
            if ours and cls.__module__ == module.__name__:
                for name, field in cls._declared_fields.items():
                    if re.search("token|secret|password|code|key", name) and not field.read_only:
                        yield f"{cls.__name__}.{name}"


def secret_fields():
    yield from fields_of_the_api()
    for module in modules("forms"):
        for cls in vars(module).values():
            if isinstance(cls, type) and issubclass(cls, forms.Form) and cls.__module__.startswith("hubs."):
                for name, field in cls.base_fields.items():
                    if isinstance(field.widget, forms.PasswordInput) or "code" in name:
                        yield f"{cls.__name__}.{name}"


# Typed to be stored (code is Python), or part of an answer: nothing is compared with it.
STORED = {
    "RegistryForm.password", "CodeForm.code", "Code.code", "Login.password", "NewRequest.secrets", "NewSecrets.secrets",
    "DeviceCode.device_code", "DeviceCode.user_code", "DeviceToken.access_token", "DeviceToken.token_type",
}  # fmt: skip


def test_every_field_for_a_password_or_a_code_is_in_a_table():
    assert set(secret_fields()) - STORED == set(TYPED), "limit and audit it, or say why nothing is compared"


CASES = {**CHECKED, **{name: case for name, case in TYPED.items() if isinstance(case, tuple)}}


@pytest.fixture
def browser(name, hub, ines, as_, settings):
    settings.METRICS_TOKEN = "a-long-token-of-the-operators"
    settings.SOCIAL_PROVIDERS = {"oidc": "River ID"}
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "portal.signin.OpenIdConnect"]
    return as_(ines) if name in TYPED else Client(SERVER_NAME="127.0.0.1")


def exceed_limit(how, hub):
    """Count as many attempts from this address and by this name as exceed the rate limit."""
    for who in ("127.0.0.1", "none"):
        counters.add(rate_limit.key_of(how, "address", who), 900, 100_000)
    for name in ("ines", hub.uid):
        counters.add(rate_limit.key_of(how, "name", name), 900, 100_000)
        counters.add(rate_limit.key_of(how, "name", name, ""), 900, 100_000)
        counters.take(f"{rate_limit.key_of(how, 'name', name, '')}:next", 900)


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_wrong_secret_is_recorded_and_too_many_are_refused(name, browser, ready_hub):
    how, guess = CASES[name]
    answer = guess(browser, ready_hub)
    assert answer.status_code in (200, 302, 400, 401, 403, 404, 422), answer.status_code
    row = SignIn.objects.get(worked=False)
    assert (row.how, row.count, row.address) == (how, 1, "127.0.0.1")
    assert "wrong" not in str(SignIn.objects.values())
    exceed_limit(how, ready_hub)
    braked = guess(browser, ready_hub)
    assert braked.status_code == 429 or "Too many attempts" in braked.content.decode(), braked.status_code
    row.refresh_from_db()
    assert row.count == 1, "a refused attempt writes nothing"


@pytest.mark.parametrize("name", ["sign-in", "PasswordForm.old"])
def test_the_rate_limit_on_guessing_works(name, browser, ready_hub):
    """The same without setting the counters: as many guesses as are free, then no more."""
    _, guess = CASES[name]
    texts = [guess(browser, ready_hub).content.decode() for _ in range(rate_limit.MOST + 1)]
    assert ["Too many attempts" in text for text in texts] == [False] * rate_limit.MOST + [True]
