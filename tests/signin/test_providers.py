"""Signing in with GitHub, Google and any OpenID Connect provider, against a provider that really runs."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth import get_user
from social_django.models import UserSocialAuth

from hubs.models import AuditEvent, Membership, RosterEntry, User
from hubs.organizations import services as organizations
from portal.signin.providers import clean_name, clean_username
from tests.signin.provider import FOREIGN_KEY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("configured")]
ALL = ("github", "google-oauth2", "oidc")


@pytest.fixture
def browser(as_):
    return as_(None)


def user_of(client):
    """Return the user who is signed in to this browser."""
    return get_user(client)


def sentences(client):
    """Return the messages of the next page."""
    return " ".join(str(message) for message in client.get("/sign-in/").context["messages"])


@pytest.mark.parametrize("backend", ALL)
def test_a_new_person_gets_an_account_with_a_name_for_every_hub(backend, browser, sign_in_with):
    assert sign_in_with(browser, backend).url == "/"
    user = user_of(browser)
    assert (user.username, user.name) == ("ines-duarte", "Ines Duarte")
    assert user.verified_email == "ines@river.example.edu"
    assert not user.has_usable_password()
    assert not user.is_staff
    assert AuditEvent.objects.filter(verb="account.create", actor="ines-duarte").count() == 1


@pytest.mark.parametrize("backend", ALL)
def test_the_same_subject_is_the_same_account_after_other_changes(backend, provider, as_, sign_in_with):
    first, second = as_(None), as_(None)
    sign_in_with(first, backend)
    provider.claims |= {"preferred_username": "someone-else", "email": "new@river.example.edu"}
    provider.github |= {"login": "someone-else"}
    provider.emails = [{"email": "new@river.example.edu", "primary": True, "verified": True}]
    sign_in_with(second, backend)
    assert user_of(first).pk == user_of(second).pk
    assert user_of(second).username == "ines-duarte"
    assert user_of(second).verified_email == "new@river.example.edu"
    assert User.objects.count() == 1


@pytest.mark.parametrize("backend", ALL)
def test_an_address_never_gives_access_to_an_existing_account(backend, ines, browser, sign_in_with):
    sign_in_with(browser, backend)
    assert user_of(browser) != ines
    assert not Membership.objects.filter(user=user_of(browser)).exists()


@pytest.mark.parametrize(
    ("name", "path"), [("github", "GitHub"), ("google-oauth2", "Google"), ("oidc", "OpenIdConnect")]
)
def test_a_session_finds_its_provider_by_its_former_class_name(name, path, provider, as_, sign_in_with):
    """Sessions survive an update of the portal, wherever the class has moved."""
    client = as_(None)
    sign_in_with(client, name)
    assert client.session["_auth_user_backend"] == f"portal.signin.{path}"


def test_the_same_subject_of_two_providers_is_two_people(provider, as_, sign_in_with):
    one, other = as_(None), as_(None)
    sign_in_with(one, "oidc")
    sign_in_with(other, "google-oauth2")
    assert user_of(one).pk != user_of(other).pk
    assert user_of(other).username == "ines-duarte-2"


@pytest.mark.parametrize("backend", ALL)
def test_after_the_sign_in_the_roster_and_an_invitation_to_the_address_open(
    backend, ready_hub, river, ada, browser, sign_in_with
):
    User.objects.filter(username="ines").update(email="")  # the address belongs to no member
    RosterEntry.objects.create(hub=ready_hub, email="ines@river.example.edu")
    invitation = organizations.invite(organization=river, by=ada, role="instructor", email="ines@river.example.edu")
    back = sign_in_with(browser, backend, f"/invitations/{invitation.token}/")
    assert back.url == f"/invitations/{invitation.token}/"
    user = user_of(browser)
    assert ready_hub.role_of(user) == "user"
    assert browser.post(back.url).url == "/organizations/river/"
    assert user.memberships.get().role == "instructor"


@pytest.mark.parametrize(
    ("backend", "claims", "emails"),
    [
        ("oidc", {"email_verified": False}, []),
        ("oidc", {"email_verified": None}, []),
        ("oidc", {"email_verified": "no"}, []),
        ("google-oauth2", {"email_verified": False}, []),
        ("github", {}, [{"email": "ines@river.example.edu", "primary": True, "verified": False}]),
        ("github", {}, [{"email": "ines@river.example.edu", "primary": False, "verified": True}]),
        ("github", {}, []),
    ],
)
def test_an_unconfirmed_address_gives_no_access(
    backend, claims, emails, provider, ready_hub, river, ada, browser, sign_in_with
):
    provider.claims |= claims
    provider.emails = emails
    User.objects.filter(username="ines").update(email="")  # the address belongs to no member
    RosterEntry.objects.create(hub=ready_hub, email="ines@river.example.edu")
    invitation = organizations.invite(organization=river, by=ada, role="member", email="ines@river.example.edu")
    sign_in_with(browser, backend)
    user = user_of(browser)
    assert user.is_authenticated
    assert user.verified_email == ""
    assert ready_hub.role_of(user) == ""
    assert browser.post(f"/invitations/{invitation.token}/").status_code == 403
    assert not user.memberships.exists()


def test_an_operator_may_trust_addresses_of_a_provider(configured, provider, browser, sign_in_with):
    configured.SOCIAL_AUTH_OIDC_TRUST_EMAIL = True
    del provider.claims["email_verified"]
    sign_in_with(browser, "oidc")
    assert user_of(browser).verified_email == "ines@river.example.edu"


def test_an_operators_trust_never_overrides_the_provider(configured, provider, browser, sign_in_with):
    configured.SOCIAL_AUTH_OIDC_TRUST_EMAIL = True
    provider.claims["email_verified"] = False
    sign_in_with(browser, "oidc")
    assert user_of(browser).verified_email == ""


def test_an_address_that_is_no_longer_confirmed_gives_no_access(provider, as_, sign_in_with):
    browser = as_(None)
    sign_in_with(browser, "oidc")
    provider.claims["email_verified"] = False
    sign_in_with(as_(None), "oidc")
    assert User.objects.get().verified_email == ""
    assert AuditEvent.objects.filter(verb="account.email").count() == 1


@pytest.mark.parametrize("backend", ALL)
def test_a_disabled_person_is_refused(backend, as_, sign_in_with):
    sign_in_with(as_(None), backend)
    User.objects.update(is_active=False)
    again = as_(None)
    assert sign_in_with(again, backend).url == "/sign-in/"
    assert not user_of(again).is_authenticated
    assert "disabled" in sentences(again)


@pytest.mark.parametrize("backend", ALL)
def test_an_answer_to_another_browser_is_refused(backend, as_, leave):
    mine, other = as_(None), as_(None)
    leave(other, backend)
    assert other.get(leave(mine, backend)).url == "/sign-in/"
    assert "failed. Try again." in sentences(other)
    assert not User.objects.exists()


@pytest.mark.parametrize("backend", ALL)
def test_an_answer_works_once(backend, as_, leave):
    browser = as_(None)
    back = leave(browser, backend)
    browser.get(back)
    browser.post("/sign-out/")
    assert browser.get(back).url.startswith("/sign-in/")
    assert not user_of(browser).is_authenticated


@pytest.mark.parametrize("backend", ["google-oauth2", "oidc"])
@pytest.mark.parametrize(
    "change",
    [
        {"key": FOREIGN_KEY},
        {"token_claims": {"aud": "somebody-else"}},
        {"token_claims": {"iss": "http://evil.example"}},
        {"token_claims": {"exp": 1}},
        {"token_claims": {"nonce": "replayed"}},
        {"token_claims": {"sub": "somebody-else"}},
    ],
    ids=["signature", "audience", "issuer", "expired", "nonce", "subject"],
)
def test_an_invalid_token_is_refused(backend, change, provider, browser, sign_in_with):
    for name, value in change.items():
        setattr(provider, name, value)
    assert sign_in_with(browser, backend).url == "/sign-in/"
    assert "failed" in sentences(browser)
    assert not User.objects.exists()


@pytest.mark.parametrize("backend", ALL)
def test_a_provider_that_fails_after_the_redirect_is_named(backend, provider, browser, leave):
    back = leave(browser, backend, "/profile/")
    provider.broken = True
    answer = browser.get(back)
    assert parse_qs(urlsplit(answer.url).query)["next"] == ["/profile/"]
    assert "is not available at the moment" in sentences(browser)
    assert not User.objects.exists()


@pytest.mark.parametrize("backend", ["google-oauth2", "oidc"])
def test_a_provider_that_is_down_before_the_redirect_is_named(backend, configured, browser):
    setting = f"SOCIAL_AUTH_{backend.upper().replace('-', '_')}_OIDC_ENDPOINT"
    setattr(configured, setting, "http://127.0.0.1:1")
    assert browser.post(f"/social/login/{backend}/").url == "/sign-in/"
    assert "is not available at the moment" in sentences(browser)


@pytest.mark.parametrize("backend", ALL)
def test_cancelling_at_the_provider_shows_a_message(backend, provider, browser, sign_in_with):
    provider.refuses = True
    assert sign_in_with(browser, backend).url == "/sign-in/"
    assert "was cancelled" in sentences(browser)


def test_a_signed_in_person_keeps_their_account(as_, mia, leave):
    browser = as_(None)
    back = leave(browser, "oidc")
    browser.force_login(mia)
    assert browser.get(back).url == "/"
    assert user_of(browser) == mia
    assert not UserSocialAuth.objects.exists()
    assert browser.post("/social/login/oidc/").url == "/"


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil"])
def test_the_redirect_after_signing_in_stays_in_the_portal(evil, browser, sign_in_with):
    assert sign_in_with(browser, "oidc", evil).url in ("/", "home")


def test_only_configured_providers_exist(configured, browser):
    configured.SOCIAL_PROVIDERS = {"github": "GitHub"}
    page = browser.get("/sign-in/").content.decode()
    assert "Sign in with GitHub" in page
    assert "Google" not in page
    assert browser.post("/social/login/oidc/").status_code == 404
    assert browser.get("/social/complete/oidc/?state=x&code=y").status_code == 404
    assert browser.get("/social/login/github/").status_code == 405


@pytest.mark.parametrize("backend", ALL)
def test_tokens_of_providers_are_not_stored(backend, browser, sign_in_with):
    sign_in_with(browser, backend)
    assert UserSocialAuth.objects.get().extra_data == {}


@pytest.mark.parametrize("wished", ["root", "ROOT", "Hub", "admin@river.example.edu"])
def test_reserved_names_are_not_assigned(wished, provider, browser, sign_in_with):
    provider.claims["preferred_username"] = wished
    sign_in_with(browser, "oidc")
    assert user_of(browser).username.endswith("-2")


@pytest.mark.parametrize(
    ("wished", "name"),
    [
        ("Ines.Duarte@river.example.edu", "ines-duarte"),
        ("Ínés Düarte", "ines-duarte"),
        ("a__b--c", "a-b-c"),
        ("../../etc", "etc"),
        ("@only", "person"),
        ("李雷", "lilei"),
        ("Øyvind", "oyvind"),
        ("Łukasz", "lukasz"),
        ("Ἀριστοτέλης", "aristotelis"),
        ("محمد", "mhmd"),
        ("🙂", "slight-smile"),
        ("x" * 500, "x" * 30),
        ("a" * 29 + "--b", "a" * 29),
        ("", "person"),
    ],
)
def test_a_user_name_has_lower_case_letters_digits_and_dashes(wished, name):
    assert clean_username(wished) == name


@pytest.mark.parametrize(
    ("said", "name"),
    [("Ines Düarte", "Ines Düarte"), ("Stan\u202e Weber\n\x1b[31m (staff)", "Stan Weber [31m (staff)"), ("\u200b", "")],
)
def test_control_characters_are_removed_from_names(said, name):
    assert clean_name(said) == name
