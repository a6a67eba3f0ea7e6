"""The portal as OpenID Connect provider: a hub's whole sign-in, as OAuthenticator does it."""

import base64
import hashlib
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from django.core.management import call_command
from django.urls import resolve
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant

from hubs.hub.services import hubs as hub_services
from hubs.models import Hub, HubSecret, Membership, Role, RosterEntry, User
from hubs.organizations import services as organizations
from hubs.requests.services import requests as request_services
from hubs.requests.services import rotation
from hubs.roster.services import roster
from portal import keys
from provisioning import prepare

pytestmark = pytest.mark.django_db
VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
SECRET = "the hub's secret at the portal"


class HubClient:
    """Acts like a hub: redirects browsers to the portal, and requests tokens and user data from its own address."""

    def __init__(self, hub, client):
        self.hub, self.client = hub, client
        self.callback = f"{hub.url}hub/oauth_callback"
        prepare.sign_in(hub, hub.url, SECRET)

    def authorize_url(self, **changes):
        query = {
            "response_type": "code",
            "client_id": self.hub.uid,
            "redirect_uri": self.callback,
            "scope": "openid profile email groups",
            "state": "the hub's state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return f"/o/authorize/?{urlencode({k: v for k, v in query.items() if v is not None})}"

    def code_for(self, browser):
        answer = browser.get(self.authorize_url())
        assert answer.status_code == 302, answer.content
        assert answer.url.startswith(self.callback + "?")
        query = parse_qs(urlsplit(answer.url).query)
        assert query["state"] == ["the hub's state"]
        return query["code"][0]

    def token(self, code, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "client_id": self.hub.uid,
            "client_secret": SECRET,
            "code_verifier": VERIFIER,
            **changes,
        }
        return self.client.post("/o/token/", {k: v for k, v in form.items() if v is not None})

    def tokens_for(self, browser):
        answer = self.token(self.code_for(browser))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def refresh(self, token):
        form = {"grant_type": "refresh_token", "refresh_token": token}
        secret = {"client_id": self.hub.uid, "client_secret": SECRET}
        return self.client.post("/o/token/", {**form, **secret})

    def userinfo(self, access_token):
        return self.client.get("/o/userinfo/", headers={"Authorization": f"Bearer {access_token}"})


@pytest.fixture
def stat(ready_hub, as_):
    return HubClient(ready_hub, as_(None))


@pytest.fixture
def other(stat, ask, ines, river, as_):
    """A second hub of the same organisation."""
    request_services.submit(request=ask(ines, river, slug="other"), by=ines)
    Hub.objects.filter(slug="other").update(url="http://localhost:18003/other/", status="ready")
    return HubClient(Hub.objects.get(slug="other"), as_(None))


def test_the_roster_decides_and_the_hub_gets_the_user_data(stat, mia, enrol, as_):
    enrol(stat.hub, mia)
    tokens = stat.tokens_for(as_(mia))
    said = stat.userinfo(tokens["access_token"]).json()
    assert said == {
        "sub": str(mia.pk),
        "preferred_username": "mia",
        "name": "Mia Lindqvist",
        "email": "mia@river.example.edu",
        "email_verified": True,
        "groups": ["users"],
    }


@pytest.mark.parametrize(
    ("who", "role", "groups"),
    [("mia", "user", ["users"]), ("mia", "admin", ["users", "admins"]), ("ines", "", ["users", "admins"]),
     ("omar", "", ["users", "admins"]), ("zoe", "user", ["users"])],
)  # fmt: skip
def test_groups_are_the_role_in_this_hub(who, role, groups, stat, cast, enrol, as_):
    if role:
        enrol(stat.hub, cast[who], role)
    tokens = stat.tokens_for(as_(cast[who]))
    assert stat.userinfo(tokens["access_token"]).json()["groups"] == groups
    assert jwt.decode(tokens["id_token"], options={"verify_signature": False})["groups"] == groups


def test_the_id_token_is_signed_with_the_published_key_for_this_hub(stat, ines, as_, settings):
    tokens = stat.tokens_for(as_(ines))
    keys = stat.client.get("/o/.well-known/jwks.json").json()["keys"]
    key = jwt.PyJWK(keys[0])
    claims = jwt.decode(
        tokens["id_token"], key.key, algorithms=["RS256"], audience=stat.hub.uid, issuer=f"{settings.PORTAL_URL}/o"
    )
    assert claims["preferred_username"] == "ines"


def test_discovery_names_only_what_exists(stat):
    said = stat.client.get("/o/.well-known/openid-configuration").json()
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
        resolve(urlsplit(said[name]).path)
    assert said["response_types_supported"] == ["code"]
    assert {"groups", "preferred_username", "email_verified"} <= set(said["claims_supported"])
    for absent in ("applications/", "register/", "introspect/", "device/", "authorized_tokens/", "logout/"):
        assert stat.client.get(f"/o/{absent}").status_code == 404


def test_a_roster_change_counts_at_the_next_request_without_a_restart(stat, mia, enrol, as_):
    entry = enrol(stat.hub, mia)
    token = stat.tokens_for(as_(mia))["access_token"]
    RosterEntry.objects.filter(pk=entry.pk).update(role="admin")
    assert stat.userinfo(token).json()["groups"] == ["users", "admins"]
    entry.delete()
    assert stat.userinfo(token).json()["groups"] == []


def test_groups_of_the_roster_are_sent_beside_the_role_also_after_a_change(stat, mia, ines, as_):
    roster.add(hub=stat.hub, by=ines, names=["mia"], groups=["Lab B", "Project 7"])
    tokens = stat.tokens_for(as_(mia))
    assert stat.userinfo(tokens["access_token"]).json()["groups"] == ["users", "Lab B", "Project 7"]
    roster.change(entry=stat.hub.roster.get(user=mia), by=ines, groups=["lab c"])
    assert stat.userinfo(tokens["access_token"]).json()["groups"] == ["users", "lab c"]
    refreshed = stat.refresh(tokens["refresh_token"]).json()
    assert stat.userinfo(refreshed["access_token"]).json()["groups"] == ["users", "lab c"]
    stat.hub.roster.all().delete()
    assert stat.userinfo(refreshed["access_token"]).json()["groups"] == [], "no access, no groups"


def test_people_who_left_the_organisation_are_no_longer_admins(stat, omar, ada, as_):
    token = stat.tokens_for(as_(omar))["access_token"]
    organizations.remove(membership=Membership.objects.get(user=omar), by=ada)
    assert stat.userinfo(token).json()["groups"] == []


def test_an_unconfirmed_address_on_the_roster_gives_no_access(stat, zoe, as_):
    RosterEntry.objects.create(hub=stat.hub, email=zoe.email)
    User.objects.filter(pk=zoe.pk).update(email_verified=False)
    assert as_(zoe).get(stat.authorize_url()).status_code == 403
    User.objects.filter(pk=zoe.pk).update(email_verified=True)
    assert as_(zoe).get(stat.authorize_url()).status_code == 302


def test_people_who_are_not_on_the_roster_read_a_contact(stat, zoe, ada, omar, as_, settings):
    settings.SUPPORT_CONTACT = "help@portal.example.edu"
    answer = as_(zoe).get(stat.authorize_url())
    page = answer.content.decode()
    assert answer.status_code == 403
    people = (
        "Ines Duarte",
        "ines@river.example.edu",
        "Ada Okafor",
        "omar@river.example.edu",
        "help@portal.example.edu",
    )
    for word in ("Statistics 101", "River University", "Zoe Martin", "Sign in with another account", *people):
        assert word in page, word
    assert not Grant.objects.exists()


def test_signing_in_as_another_person_returns_to_the_hub(stat, zoe, mia, enrol, as_):
    enrol(stat.hub, mia)
    browser = as_(zoe)
    refused = browser.get(stat.authorize_url())
    to_sign_in = browser.post("/sign-out/", {"next": refused.context["next"]})
    form = browser.get(to_sign_in.url)
    back = browser.post(
        "/sign-in/", {"username": "mia", "password": "correct horse battery staple", "next": form.context["next"]}
    )
    assert back.url == stat.authorize_url()
    assert browser.get(back.url).url.startswith(stat.callback)


def test_an_anonymous_visitor_signs_in_first_and_continues_to_that_hub_only(stat, as_):
    browser = as_(None)
    answer = browser.get(stat.authorize_url())
    assert answer.url.startswith("/sign-in/?next=")
    page = browser.get(answer.url)
    assert "Statistics 101" in page.content.decode()
    policy = page["Content-Security-Policy"]
    actions = next(part for part in policy.split(";") if part.strip().startswith("form-action"))
    assert actions.split() == ["form-action", "'self'", "http://localhost:18000"]
    assert "localhost" not in browser.get("/sign-in/")["Content-Security-Policy"]
    assert (
        "localhost" not in browser.get("/sign-in/?next=/o/authorize/%3Fclient_id%3Dnobody")["Content-Security-Policy"]
    )


def test_a_suspended_hub_says_so(stat, ines, mia, enrol, as_):
    enrol(stat.hub, mia)
    hub_services.suspend(hub=stat.hub, by=ines)
    answer = as_(mia).get(stat.authorize_url())
    assert answer.status_code == 409
    assert "suspended" in answer.content.decode()


def test_a_retired_hub_says_so_even_when_its_application_is_gone(stat, ines, as_):
    hub_services.retire(hub=stat.hub, by=ines, typed=stat.hub.slug)
    assert as_(ines).get(stat.authorize_url()).status_code == 410
    prepare.forget(stat.hub)
    answer = as_(ines).get(stat.authorize_url())
    assert answer.status_code == 410
    assert "retired" in answer.content.decode()


@pytest.mark.parametrize("uid", ["", "nobody", "h" * 300, "h\0", "' or 1=1 --"])
def test_an_unknown_hub_is_not_found(uid, stat, ines, as_):
    assert as_(ines).get(stat.authorize_url(client_id=uid)).status_code == 404


def test_there_is_no_consent_page_and_nothing_to_post(stat, ines, as_):
    assert as_(ines).post(stat.authorize_url(), {"allow": "1"}).status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/hub/oauth_callback",
        "http://localhost:18000/stat-101/hub/oauth_callback/more",
        "http://localhost:18000/stat-101/hub/oauth_callback?x=1",
        "http://localhost:18001/stat-101/hub/oauth_callback",
        "http://localhost:18000/stat-102/hub/oauth_callback",
    ],
)
def test_the_redirect_address_must_match_exactly(address, stat, ines, as_):
    answer = as_(ines).get(stat.authorize_url(redirect_uri=address))
    assert answer.status_code == 400
    assert "Location" not in answer
    assert "Sign-in failed" in answer.content.decode()
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"},
     {"response_type": "token"}, {"scope": "openid everything"}],
)  # fmt: skip
def test_weaker_flows_are_refused(changes, stat, ines, as_):
    answer = as_(ines).get(stat.authorize_url(**changes))
    assert answer.status_code == 400 or "error=" in answer.url
    assert not Grant.objects.exists()


def test_a_code_works_once_for_one_hub_with_its_secret_and_verifier(stat, other, ines, as_):
    browser = as_(ines)
    for changes in (
        {"client_secret": "guessed"},
        {"client_secret": None},
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"redirect_uri": other.callback},
        {"client_id": other.hub.uid},
    ):
        assert stat.token(stat.code_for(browser), **changes).status_code in (400, 401), changes
    assert other.token(stat.code_for(browser)).status_code in (400, 401)
    code = stat.code_for(browser)
    assert stat.token(code).status_code == 200
    assert stat.token(code).status_code == 400


def test_a_code_expires(stat, ines, as_):
    code = stat.code_for(as_(ines))
    Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert stat.token(code).status_code == 400


def test_a_token_gives_data_for_its_own_hub_only(stat, other, mia, enrol, as_):
    enrol(stat.hub, mia, "admin")
    enrol(other.hub, mia)
    token = stat.tokens_for(as_(mia))["access_token"]
    elsewhere = other.tokens_for(as_(mia))["access_token"]
    assert other.userinfo(token).json()["groups"] == ["users", "admins"]
    assert stat.userinfo(elsewhere).json()["groups"] == ["users"]
    assert jwt.decode(
        stat.tokens_for(as_(mia))["id_token"], options={"verify_signature": False}
    )["aud"] == stat.hub.uid  # fmt: skip


def test_a_refresh_gives_new_tokens_and_the_old_one_is_used_up(stat, other, ines, as_):
    first = stat.tokens_for(as_(ines))
    assert other.refresh(first["refresh_token"]).status_code in (400, 401)
    first = stat.tokens_for(as_(ines))
    second = stat.refresh(first["refresh_token"])
    assert second.status_code == 200, second.content
    assert stat.userinfo(second.json()["access_token"]).json()["groups"] == ["users", "admins"]
    assert stat.refresh(first["refresh_token"]).status_code == 400


def test_a_disabled_account_loses_access_at_once(stat, ines, as_):
    browser = as_(ines)
    tokens = stat.tokens_for(browser)
    code = stat.code_for(browser)
    User.objects.filter(pk=ines.pk).update(is_active=False)
    assert stat.userinfo(tokens["access_token"]).status_code == 401
    assert stat.refresh(tokens["refresh_token"]).status_code == 400
    assert stat.token(code).status_code == 400
    assert browser.get(stat.authorize_url()).url.startswith("/sign-in/")


@pytest.mark.parametrize("shown", ["", "made-up"])
def test_without_a_valid_token_there_is_no_user_data(shown, stat):
    answer = stat.userinfo(shown)
    assert answer.status_code == 401
    assert "preferred_username" not in answer.content.decode()


def test_an_expired_token_is_refused_and_deleted(stat, ines, as_):
    token = stat.tokens_for(as_(ines))["access_token"]
    AccessToken.objects.update(expires=timezone.now() - timedelta(days=3))
    assert stat.userinfo(token).status_code == 401
    call_command("cleartokens")
    assert not AccessToken.objects.exists()


def test_only_hashes_of_tokens_are_stored(stat, ines, as_):
    tokens = stat.tokens_for(as_(ines))
    rows = json.dumps(list(AccessToken.objects.values()), default=str)
    assert AccessToken.objects.count() == 1
    assert tokens["access_token"] not in rows
    assert SECRET not in Application.objects.get().client_secret


def test_the_creator_of_a_hub_who_left_is_not_named_first_when_disabled(stat, zoe, ines, ada, as_):
    User.objects.filter(pk=ines.pk).update(is_active=False)
    helpers = as_(zoe).get(stat.authorize_url()).context["helpers"]
    assert [person.username for person in helpers] == ["ada"]
    assert Membership.objects.filter(user=ada, role=Role.OWNER).exists()


# --- rotating keys and secrets ----------------------------------------------------------------------------------------
@pytest.fixture
def with_keys(settings):
    """Return `with_keys(pem, other)`, which acts like a start of the portal with these keys; the first one signs."""

    def start(*pems):
        signs, *published = keys.oidc_keys("".join(pems), settings.VAR_DIR, production=True)
        settings.OAUTH2_PROVIDER = {
            **settings.OAUTH2_PROVIDER, "OIDC_RSA_PRIVATE_KEY": signs, "OIDC_RSA_PRIVATE_KEYS_INACTIVE": published
        }  # fmt: skip

    return start


def published(stat):
    """Return the keys that a hub fetches and caches: {key id: key}."""
    return {key["kid"]: jwt.PyJWK(key) for key in stat.client.get("/o/.well-known/jwks.json").json()["keys"]}


def verified(token, known, stat):
    """Verify with the keys that this hub knows. Raise KeyError when it does not know the signing key."""
    key = known[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key.key, algorithms=["RS256"], audience=stat.hub.uid)["preferred_username"]


def test_a_new_signing_key_is_published_before_it_signs_and_the_old_one_after(stat, ines, as_, with_keys):
    old, new = keys.rsa_key(), keys.rsa_key()

    def token():
        return stat.tokens_for(as_(ines))["id_token"]

    with_keys(old)
    before, known_before = token(), published(stat)
    with_keys(old, new)  # published, does not sign yet
    during, known_during = token(), published(stat)
    assert set(known_before) < set(known_during)
    assert verified(during, known_before, stat) == "ines", "a hub with cached keys is unaffected"
    with_keys(new, old)  # signs
    after, known_after = token(), published(stat)
    assert jwt.get_unverified_header(after)["kid"] != jwt.get_unverified_header(before)["kid"]
    assert verified(after, known_during, stat) == "ines", "the hub fetched it while it did not sign"
    for earlier in (before, during):
        assert verified(earlier, known_after, stat) == "ines", "tokens of the old key are still valid"
    with_keys(new)  # the old one is removed
    assert verified(token(), published(stat), stat) == "ines"
    with pytest.raises(KeyError):
        verified(before, published(stat), stat)


def test_signing_with_an_unpublished_key_breaks_sign_ins(stat, ines, as_, with_keys):
    """Without the first step: what the three steps prevent."""
    with_keys(keys.rsa_key())
    known = published(stat)
    with_keys(keys.rsa_key())
    with pytest.raises(KeyError):
        verified(stat.tokens_for(as_(ines))["id_token"], known, stat)


def test_a_sign_in_works_while_the_hub_gets_another_secret(stat, ines, as_, omar):
    HubSecret.objects.create(hub=stat.hub, name="oauth_client_secret", value=SECRET)
    rotation.rotate(hub=stat.hub, by=omar, names=["oauth_client_secret"])
    new = HubSecret.objects.get(hub=stat.hub, name="oauth_client_secret").value
    prepare.sign_in(stat.hub, stat.hub.url, new)
    for secret in (SECRET, new):
        assert stat.token(stat.code_for(as_(ines)), client_secret=secret).status_code == 200
    prepare.end_overlap(stat.hub)
    answer = stat.token(stat.code_for(as_(ines)), client_secret=SECRET)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert stat.token(stat.code_for(as_(ines)), client_secret=new).status_code == 200
