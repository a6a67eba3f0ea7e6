"""What standards require of an OpenID Connect provider's answers, beyond the usual sign-in (test_oidc.py)."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken, Grant

from hubs.hub.services import hubs as hub_services
from hubs.models import User

from .test_oidc import other, stat

pytestmark = pytest.mark.django_db
__all__ = ["other", "stat"]
PASSWORD = "correct horse battery staple"
ELSEWHERE = ("https://evil.example/", "http://localhost:18000/stat-101/hub/oauth_callback?x=1", "x:y")


def redirected(answer, stat):
    """Return what a hub receives by the redirect."""
    assert answer.status_code == 302, answer.content
    assert answer.url.startswith(f"{stat.callback}?"), answer.url
    query = parse_qs(urlsplit(answer.url).query)
    assert all(len(values) == 1 for values in query.values())
    return {name: values[0] for name, values in query.items()}


@pytest.fixture
def issuer(settings):
    return f"{settings.PORTAL_URL}/o"


# --- prompt=none: OpenID Connect Core 3.1.2.6 -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("who", "suspended", "error"),
    [(None, False, "login_required"), ("zoe", False, "access_denied"), ("mia", False, "access_denied"),
     ("ines", True, "temporarily_unavailable"), ("ines", False, None)],
)  # fmt: skip
def test_with_prompt_none_the_hub_gets_the_error_and_no_page_is_shown(who, suspended, error, stat, cast, as_, issuer):
    if suspended:
        hub_services.suspend(hub=stat.hub, by=cast["ines"])
    said = redirected(as_(cast.get(who)).get(stat.authorize_url(prompt="none")), stat)
    assert said["state"] == "the hub's state"
    assert said["iss"] == issuer
    assert said.get("error") == error
    assert ("code" in said) is (error is None)
    assert Grant.objects.exists() is (error is None)


@pytest.mark.parametrize("who", [None, "zoe", "ines"])
@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("more", [{"prompt": "none"}, {"prompt": "login"}, {"max_age": "0"}, {}])
def test_people_are_redirected_only_to_addresses_of_the_hub(who, address, more, stat, cast, as_):
    browser = as_(cast.get(who))
    answer = browser.get(stat.authorize_url(redirect_uri=address, **more))
    assert "evil.example" not in answer.get("Location", "").split("next=")[0]
    assert answer.status_code in (400, 403) or answer.url.startswith("/sign-in/")
    assert ("_auth_user_id" in browser.session) is (who is not None), "such a link signs nobody out"


def test_prompt_none_with_another_value_is_an_error(stat, ines, as_):
    assert redirected(as_(ines).get(stat.authorize_url(prompt="none consent")), stat)["error"] == "invalid_request"


def test_a_retired_hub_gets_no_redirect(stat, ines, as_):
    hub_services.retire(hub=stat.hub, by=ines, typed=stat.hub.slug)
    assert as_(ines).get(stat.authorize_url(prompt="none")).status_code == 410


# --- prompt=login, max_age: 3.1.2.1 -----------------------------------------------------------------------------------
@pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}, {"max_age": "nonsense"}])
def test_a_required_new_sign_in_returns_to_the_hub(more, stat, ines, as_):
    browser = as_(ines)
    User.objects.filter(pk=ines.pk).update(last_login=timezone.now() - timedelta(hours=1))
    answer = browser.get(stat.authorize_url(**more))
    assert answer.url.startswith("/sign-in/?next=")
    form = browser.get(answer.url)
    assert form.status_code == 200, "she is asked to sign in"
    back = browser.post("/sign-in/", {"username": "ines", "password": PASSWORD, "next": form.context["next"]})
    assert "code" in redirected(browser.get(back.url), stat), "only once"


def test_a_recent_sign_in_is_not_repeated(stat, ines, as_):
    assert "code" in redirected(as_(ines).get(stat.authorize_url(max_age="3600")), stat)


def test_an_old_sign_in_is_an_error_when_no_page_may_be_shown(stat, ines, as_):
    browser = as_(ines)
    User.objects.filter(pk=ines.pk).update(last_login=timezone.now() - timedelta(hours=1))
    assert redirected(browser.get(stat.authorize_url(prompt="none", max_age="60")), stat)["error"] == "login_required"
    assert "code" in redirected(browser.get(stat.authorize_url()), stat), "she is still signed in"


# --- iss: RFC 9207 ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "changes",
    [{}, {"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"},
     {"response_type": "token"}, {"response_type": "nothing"}, {"scope": "openid everything"}, {"prompt": "none x"},
     {"resource": "no-address"}, {"state": "x&iss=https://evil.example"}],
)  # fmt: skip
def test_every_answer_names_the_issuer(changes, stat, ines, as_, issuer):
    answer = as_(ines).get(stat.authorize_url(**changes))
    if answer.status_code == 302:
        assert redirected(answer, stat)["iss"] == issuer
    else:
        assert answer.status_code == 400
        assert "Location" not in answer


def test_discovery_announces_the_issuer_in_answers(stat, issuer):
    said = stat.client.get("/o/.well-known/openid-configuration").json()
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["issuer"] == issuer


# --- tokens: RFC 9700, RFC 6750 ---------------------------------------------------------------------------------------
def test_a_token_is_accepted_only_in_the_header(stat, ines, as_):
    token = stat.tokens_for(as_(ines))["access_token"]
    in_address = stat.client.get(f"/o/userinfo/?access_token={token}")
    in_body = stat.client.post("/o/userinfo/", {"access_token": token})
    both = stat.client.get(f"/o/userinfo/?access_token={token}", headers={"Authorization": f"Bearer {token}"})
    for answer in (in_address, in_body, both):
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"
        assert 'error="invalid_request"' in answer["WWW-Authenticate"]
        assert "ines" not in answer.content.decode()
    posted = stat.client.post("/o/userinfo/", headers={"Authorization": f"Bearer {token}"})
    assert posted.json()["preferred_username"] == "ines"


def test_secrets_in_addresses_are_not_accepted(stat, ines, as_):
    code = stat.code_for(as_(ines))
    answer = stat.client.post(f"/o/token/?grant_type=authorization_code&code={code}&client_secret=x")
    assert answer.status_code in (400, 401)
    assert not AccessToken.objects.exists()


def test_answers_never_put_tokens_into_addresses(stat, ines, as_):
    for kind in ("token", "id_token", "id_token token", "code token", "code id_token"):
        answer = as_(ines).get(stat.authorize_url(response_type=kind, nonce="n"))
        assert "token=" not in answer.get("Location", "").replace("response_type", "")
    assert not AccessToken.objects.exists()


def test_a_replayed_code_is_refused(stat, ines, as_):
    code = stat.code_for(as_(ines))
    assert stat.token(code).status_code == 200
    assert stat.token(code).json()["error"] == "invalid_grant"
    assert AccessToken.objects.count() == 1
