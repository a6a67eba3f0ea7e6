"""What ends each kind of credential: one table, proven row by row; every database column with a credential is in it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from hubs.accounts.services import accounts, credentials, devices, own_keys, service_accounts, tokens
from hubs.calendar.services import links as calendar_links
from hubs.crypto import EncryptedTextField
from hubs.errors import Conflict, DomainError, Invalid, NotAllowed
from hubs.models import ApiToken, AuditEvent, CalendarLink, Invitation, User, Webhook
from hubs.organizations import services as organizations
from hubs.requests.services import requests as request_services
from hubs.webhooks.services import webhooks

from .callers import caller
from .conftest import PASSWORD, member

pytestmark = pytest.mark.django_db
SECRETIVE = re.compile(r"token|secret|key|digest|password|code|credential|session_data|kubeconfig|nonce|cookie")
LEAVING = {"removed", "leaves", "closed"}
OWN = {"password", "everywhere", "closed"}  # with all boxes ticked
# Kind -> what ends it at once. All belong to Omar, an admin of River: see `made`. "parent": the token that made it.
ENDS = {
    "session": {"password", "everywhere", "closed"},
    "hub sign-in": {"password", "everywhere", "closed"},
    "hub sign-in's refresh": {"password", "everywhere", "closed"},
    "hub sign-in's code": {"password", "everywhere", "closed"},
    "token": OWN,
    "token for River": OWN | LEAVING,
    "device": OWN,
    "device for River": OWN | LEAVING,
    "device before it fetched its token": OWN | LEAVING,
    "token made by a token": OWN | {"parent"},
    "service account's token": OWN | LEAVING | {"demoted", "account removed"},
    "service account's token made by a token": OWN | LEAVING | {"demoted", "parent", "account removed"},
    "calendar address": OWN | LEAVING,
    "invitation": LEAVING | {"demoted"},
    "invitation made with a token": OWN | LEAVING | {"demoted", "parent"},
    "webhook": LEAVING | {"demoted"},
    "webhook made with a token": OWN | LEAVING | {"demoted", "parent"},
}
# Column -> its kind above, or why it need not end. A new column that looks like a credential belongs here.
COLUMNS = {
    "hubs.ApiToken.digest": "token",
    "hubs.DeviceGrant.digest": "device before it fetched its token",
    "hubs.DeviceGrant.user_code": "device before it fetched its token",
    "hubs.CalendarLink.key": "calendar address",
    "hubs.Invitation.token": "invitation",
    "hubs.Webhook.secret": "webhook",
    "hubs.Webhook.old_secret": "webhook",
    "hubs.User.password": "-: what one signs in with; set_closed shuts it",
    "sessions.Session.session_key": "session",
    "sessions.Session.session_data": "session",
    "oauth2_provider.Grant.code": "hub sign-in's code",
    "oauth2_provider.Grant.code_challenge": "hub sign-in's code",
    "oauth2_provider.Grant.code_challenge_method": "hub sign-in's code",
    "oauth2_provider.Grant.nonce": "hub sign-in's code",
    "oauth2_provider.AccessToken.token": "hub sign-in",
    "oauth2_provider.AccessToken.token_checksum": "hub sign-in",
    "oauth2_provider.AccessToken.source_refresh_token": "hub sign-in",
    "oauth2_provider.AccessToken.id_token": "hub sign-in",
    "oauth2_provider.RefreshToken.token": "hub sign-in's refresh",
    "oauth2_provider.RefreshToken.token_checksum": "hub sign-in's refresh",
    "oauth2_provider.RefreshToken.access_token": "hub sign-in's refresh",
    "oauth2_provider.RefreshToken.token_family": "hub sign-in's refresh",
    "oauth2_provider.Application.client_secret": "-: a hub's, ends with the hub",
    "oauth2_provider.Application.hash_client_secret": "-: says how the secret is kept",
    "oauth2_provider.DeviceGrant.device_code": "-: the library's own device flow has no address here",
    "oauth2_provider.DeviceGrant.user_code": "-: the library's own device flow has no address here",
    "social_django.UserSocialAuth.id_key": "-: a name",
    "social_django.Association.secret": "-: of OpenID 2, which nobody here speaks",
    "social_django.Code.code": "-: of mail validation, which is off",
    "social_django.Partial.token": "-: of a sign-in that waits in the browser's session",
    "auth.Permission.codename": "-: a name",
    "hubs.CatalogueImage.digest": "-: what a registry calls an image",
    "hubs.Cluster.kubeconfig": "-: a cluster's; staff replace it",
    "hubs.Cluster.credentials_at": "-: a date",
    "hubs.Cluster.credentials_by": "-: a person",
    "hubs.Hub.lease_token": "-: a worker's, for one pass",
    "hubs.HubSecret.value": "-: a hub's, ends with the hub",
    "hubs.HubSecret.old": "-: a hub's before its rotation, ends with it",
    "hubs.SignIn.key": "-: a digest by which tries are counted together; it opens nothing",
    "hubs.RequestSecret.value": "-: becomes a hub's, or ends with the request",
    "hubs.HubDomain.token": "-: stands in public DNS",
    "hubs.RegistryLogin.password": "-: the registry's; the organisation replaces it there",
    "hubs.RequestContributor.token": "-: the public prefix of a token",
    "hubs.RosterGroup.key": "-: a name",
    "hubs.StoredAnswer.key": "-: of Idempotency-Key; answers go with the person's role",
}


def test_every_column_that_may_hold_a_credential_is_in_the_table():
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "column", None) and (isinstance(field, EncryptedTextField) or SECRETIVE.search(field.name))
    }
    assert found - set(COLUMNS) == set(), "say in COLUMNS what it is, and in ENDS what ends it"
    assert set(COLUMNS) - found == set(), "these are gone"
    assert {kind for kind in COLUMNS.values() if not kind.startswith("-: ")} <= set(ENDS)
    assert all(ENDS.values())


# --- each kind, created and used -----------------------------------------------------------------------------------
def bearer(text, path="/api/v1/me/"):
    return Client().get(path, headers={"Authorization": f"Bearer {text}"}).status_code


def fetch(code):
    """Return whether a device gets its token; a refused code gives none. A code works only once."""
    try:
        return bool(devices.collect(code=code, client="hubportal"))
    except devices.DeviceError:
        return False


@pytest.fixture
def made(river, omar, hub, as_):
    """Return kind -> a function that tells whether the credential still works. All belong to Omar."""
    answers, scopes = {}, ["read", "administer"]

    def token(kind, by=omar, person=omar, **more):
        _, text = tokens.create(person=person, by=by, name=kind, scopes=scopes, days=9, **more)
        answers[kind] = lambda: bearer(text) == 200
        return text

    def device(kind, organization=None):
        grant, code = devices.begin(client="hubportal", scope="read", address="192.0.2.1")
        devices.allow(grant=grant, by=omar, scopes=["read"], days=9, organization=organization)
        return code

    token("token")
    token("token for River", organization=river)
    for kind, place in (("device", None), ("device for River", river)):
        text = devices.collect(code=device(kind, place), client="hubportal")[1]
        answers[kind] = lambda text=text: bearer(text) == 200
    late = device("device before it fetched its token", river)
    answers["device before it fetched its token"] = lambda: fetch(late)

    parent, _ = tokens.create(person=omar, by=omar, name="parent", scopes=scopes, days=9)
    program = User.objects.get(pk=omar.pk)
    program.token = parent
    account = service_accounts.create(organization=river, by=omar, name="script", role="instructor")
    token("token made by a token", by=program, person=program)
    token("service account's token", person=account)
    token("service account's token made by a token", by=program, person=account)

    link = calendar_links.renew(organization=river, by=omar)
    answers["calendar address"] = lambda: Client().get(calendar_links.address(link)).status_code == 200
    for suffix, by in (("", omar), (" made with a token", program)):
        row = organizations.invite(organization=river, by=by, role="instructor")
        path = f"/invitations/{row.token}/"
        answers[f"invitation{suffix}"] = lambda path=path: Client().get(path).status_code == 200
        types = ["hub.ready"]
        hook, _ = webhooks.create(organization=river, by=by, url="https://hooks.example.org/a", types=types)
        answers[f"webhook{suffix}"] = lambda pk=hook.pk: (
            Webhook.objects.all().free(timezone.now()).filter(pk=pk).exists()
        )

    browser = as_(omar)
    answers["session"] = lambda: browser.get("/profile/").status_code == 200
    soon = timezone.now() + timedelta(hours=1)
    there = {"client_id": hub.uid, "client_type": "confidential", "authorization_grant_type": "authorization-code"}
    application = Application.objects.create(**there)
    access = AccessToken.objects.create(
        user=omar, token="a" * 40, application=application, expires=soon, scope="openid"
    )
    RefreshToken.objects.create(user=omar, token="r" * 40, application=application, access_token=access)
    Grant.objects.create(
        user=omar, code="c" * 40, application=application, expires=soon, redirect_uri="x", scope="openid"
    )
    answers["hub sign-in"] = lambda: bearer("a" * 40, "/o/userinfo/") == 200
    answers["hub sign-in's refresh"] = lambda: RefreshToken.objects.filter(
        user=omar, revoked=None, user__is_active=True
    ).exists()
    answers["hub sign-in's code"] = lambda: Grant.objects.filter(user=omar, user__is_active=True).exists()
    assert set(answers) == set(ENDS), "each kind of the table is tried"
    return answers


def ends(how, river, ada, omar):
    membership = river.memberships.get(user=omar)
    everything = list(own_keys.OWN)
    match how:
        case "removed":
            organizations.remove(membership=membership, by=ada)
        case "leaves":
            organizations.remove(membership=membership, by=omar)
        case "demoted":
            organizations.change_role(membership=membership, by=ada, role="instructor")
        case "closed":
            accounts.set_closed(user=omar, closed=True)
        case "password":
            accounts.change_password(user=omar, by=omar, old=PASSWORD, new="a new horse battery", also=everything)
        case "everywhere":
            accounts.sign_out_everywhere(user=omar, by=omar, also=everything)
        case "parent":
            tokens.revoke(token=ApiToken.objects.get(name="parent"), by=omar)
        case "account removed":
            service_accounts.remove(account=river.service_accounts.get(), by=ada)


HOW = sorted(set().union(*ENDS.values()))


@pytest.mark.parametrize("how", HOW)
def test_each_ends_by_what_the_table_says_and_by_nothing_else(how, made, river, ada, omar):
    last = "device before it fetched its token"  # the call below uses it up
    assert {kind for kind, opens in made.items() if kind != last and not opens()} == set()
    ends(how, river, ada, omar)
    over = {kind for kind, opens in made.items() if not opens()}
    assert over == {kind for kind, by in ENDS.items() if how in by}


@pytest.mark.parametrize("how", ["removed", "closed"])
def test_ended_credentials_never_work_again(how, made, river, ada, omar):
    ends(how, river, ada, omar)
    if how == "closed":
        accounts.set_closed(user=omar, closed=False)
    else:
        river.memberships.create(user=omar, role="owner")
    back = {kind for kind, by in ENDS.items() if how in by and made[kind]()}
    # Sessions of a closed account ended, too: only his password or provider would sign him in again.
    assert back == set()


def test_a_right_lost_in_another_way_ends_credentials_as_well(made, river, omar):
    """As if rows were changed by hand: nothing was written to the token, and it no longer works."""
    kinds = ("service account's token", "service account's token made by a token")
    river.memberships.filter(user=omar).update(role="member")
    assert [made[kind]() for kind in kinds] == [False, False]
    river.memberships.filter(user=omar).update(role="admin")
    assert [made[kind]() for kind in kinds] == [True, True]
    User.objects.filter(pk=omar.pk).update(is_active=False)
    assert [made[kind]() for kind in kinds] == [False, False]
    User.objects.filter(pk=omar.pk).update(is_active=True)
    ApiToken.objects.filter(name="parent").update(expires_at=timezone.now())
    assert [made[kind]() for kind in kinds] == [True, False]


def test_unfinished_credentials_end_with_the_right(river, omar, zoe):
    """The same for unfinished credentials: an unused invitation, and a device that has not fetched its token."""
    row = organizations.invite(organization=river, by=omar, role="admin")
    grant, code = devices.begin(client="hubportal", scope="read", address="192.0.2.1")
    devices.allow(grant=grant, by=omar, scopes=["read"], days=9, organization=river)
    river.memberships.filter(user=omar).delete()
    with pytest.raises(Conflict, match="can no longer invite"):
        organizations.accept(invitation=row, by=zoe)
    assert not fetch(code)


def test_credentials_that_only_staff_may_make_end_with_the_staff_role(river, stan, sue, as_):
    account = service_accounts.create(organization=river, by=stan, name="script", role="admin")
    _, text = tokens.create(person=account, by=stan, name="ci", scopes=["read"], days=9)
    _, decides = tokens.create(person=stan, by=stan, name="queue", scopes=["approve", "read"], days=9)
    _, reads = tokens.create(person=stan, by=stan, name="mine", scopes=["read"], days=9)
    hook, _ = webhooks.create(organization=None, by=stan, url="https://hooks.example.org/s", types=["hub.ready"])
    accounts.set_staff(user=stan, staff=False)
    assert [bearer(one) for one in (text, decides, reads)] == [401, 401, 200]
    hook.refresh_from_db()
    assert hook.paused_at


# --- taking over -----------------------------------------------------------------------------------------------------
def page_of(omar, river):
    return f"/organizations/river/people/{river.memberships.get(user=omar).pk}/"


def test_the_page_lists_what_ends_and_keeps_ticked_credentials(made, river, ada, omar, ask, as_):
    waiting = request_services.submit(request=ask(omar, river, slug="big", **{"about.heads": "500"}), by=omar)
    page = as_(ada).get(page_of(omar, river)).content.decode()
    assert "These also end, unless you keep them:" in page
    assert f"Keep the request “{waiting.name}” (not decided yet). Otherwise it is withdrawn." in page
    for title in (
        "service account&#x27;s token",
        "Secret calendar address",
        "hooks.example.org",
        "Keep the invitation for anyone with the link",
        waiting.title,
    ):
        assert title in page, title
    kept = [one for one in credentials.Made(omar, river).ending(role="") if one.keepable]
    assert {one.kind for one in kept} == {"token", "invitation", "webhook", "request"}
    sent = {"confirm": "omar", "keep": [one.key for one in kept]}
    assert as_(ada).post(page_of(omar, river), sent).status_code == 302
    over = {kind for kind, opens in made.items() if not opens()}
    assert over == {"token for River", "device for River", "device before it fetched its token", "calendar address"}
    waiting.refresh_from_db()
    assert (waiting.requester, waiting.state) == (ada, "submitted")
    assert {row.created_by for row in ApiToken.objects.filter(person__service_of=river)} == {ada}
    assert Invitation.objects.filter(invited_by=omar, revoked_at=None).count() == 0
    verbs = set(AuditEvent.objects.filter(actor="ada").values_list("verb", flat=True))
    assert {"token.take_over", "webhook.take_over", "member.take_over", "request.take_over", "member.remove"} <= verbs
    tokens.revoke(token=ApiToken.objects.get(name="parent"), by=omar)
    assert made["service account's token made by a token"](), "it is Ada's, and no longer of Omar's token"


def test_nothing_is_kept_by_default_and_the_request_is_withdrawn(river, ada, omar, ask):
    waiting = request_services.submit(request=ask(omar, river, slug="big", **{"about.heads": "500"}), by=omar)
    organizations.change_role(membership=river.memberships.get(user=omar), by=ada, role="instructor")
    waiting.refresh_from_db()
    assert waiting.state == "submitted", "an instructor could still ask for it"
    organizations.change_role(membership=river.memberships.get(user=omar), by=ada, role="member")
    waiting.refresh_from_db()
    assert waiting.state == "withdrawn"


def test_credentials_are_kept_by_api(made, river, ada, omar, mia):
    call, pk = caller(ada), river.memberships.get(user=omar).pk
    path = f"organizations/river/members/{pk}/"
    listed = call("GET", f"{path}ending/").json()
    assert {row["kind"] for row in listed} == {"token", "own", "grant", "calendar", "invitation", "webhook"}
    lesser = call("GET", f"{path}ending/?role=instructor").json()
    assert {row["kind"] for row in lesser} == {"token", "invitation", "webhook"}
    assert call("GET", f"{path}ending/?role=king").status_code == 422
    keep = next(row["key"] for row in listed if row["title"] == "service account's token")
    assert call("DELETE", f"{path}?keep=token-0").status_code == 422
    assert river.memberships.filter(user=omar).exists(), "all of it or nothing"
    assert call("DELETE", f"{path}?keep={keep}").status_code == 204
    assert made["service account's token"]()
    assert not made["service account's token made by a token"]()
    assert ApiToken.objects.get(name="service account's token").parent, "kept by Ada's token, it ends with that one"


def test_people_who_could_not_have_made_a_credential_can_not_keep_it(river, ada, omar):
    account = service_accounts.create(organization=river, by=ada, name="boss", role="owner")
    row, text = tokens.create(person=account, by=ada, name="ci", scopes=["read"], days=9)
    kim = member(river, "kim", "Kim", "owner")
    with pytest.raises(NotAllowed):
        tokens.take_over(token=row, by=omar)
    with pytest.raises(NotAllowed, match="another admin"):
        organizations.remove(membership=river.memberships.get(user=ada), by=ada, keep=[f"token-{row.pk}"])
    organizations.change_role(membership=river.memberships.get(user=ada), by=kim, role="admin")
    assert bearer(text) == 401, "an admin does not make tokens of an owner"


def test_a_token_takes_over_nothing_with_more_rights_and_not_its_parent(river, ada, omar):
    account = service_accounts.create(organization=river, by=omar, name="script", role="admin")
    row, text = tokens.create(person=account, by=omar, name="ci", scopes=["read", "operate", "administer"], days=9)
    narrow = User.objects.get(pk=ada.pk)
    narrow.token, _ = tokens.create(person=ada, by=ada, name="n", scopes=["administer"], days=9)
    with pytest.raises(NotAllowed, match="has fewer scopes"):
        tokens.take_over(token=row, by=narrow)
    script = tokens.find(text, "", timezone.now()).person
    script.token = row
    child, _ = tokens.create(person=account, by=script, name="child", scopes=["administer", "read", "operate"], days=9)
    script.token = child
    with pytest.raises(NotAllowed, match="be its own parent"):
        tokens.take_over(token=row, by=script)
    tokens.revoke(token=row, by=ada)
    with pytest.raises(NotAllowed, match="has ended"):
        tokens.create(person=account, by=script, name="late", scopes=["read"], days=9)
    with pytest.raises(Conflict):
        tokens.take_over(token=row, by=ada)


def test_chains_of_tokens_have_a_maximum_length(ines):
    by = User.objects.get(pk=ines.pk)
    made: list[Any] = []

    def next_one():
        by.token, text = tokens.create(person=by, by=by, name=f"t{len(made)}", scopes=["administer"], days=9)
        made.append(text)

    for _ in range(tokens.DEEPEST + 1):
        next_one()
    with pytest.raises(NotAllowed, match="so many parents"):
        next_one()
    assert len(made) == tokens.DEEPEST + 1
    assert bearer(made[-1]) == 403, "it works, without the scope to read"
    tokens.revoke(token=ApiToken.objects.get(name="t0"), by=ines)
    assert {bearer(text) for text in made} == {401}


# --- own credentials ------------------------------------------------------------------------------------------------
def test_a_password_change_offers_to_end_what_there_is(ines, river, as_):
    _, kept = tokens.create(person=ines, by=ines, name="kept", scopes=["read"], days=9)
    link = calendar_links.renew(organization=river, by=ines)
    browser, other = as_(ines), as_(ines)
    page = browser.get("/profile/").content.decode()
    assert "Tokens (1)" in page
    assert "Calendar addresses (1)" in page
    assert "Apps that you connected" not in page
    new = "a new horse battery"
    wrong = browser.post("/profile/", {"old": PASSWORD, "new": new, "also": "everything"})
    assert (wrong.status_code, list(wrong.context["password_form"].errors)) == (422, ["also"])
    assert browser.post("/profile/", {"old": PASSWORD, "new": new, "also": ["calendar"]}).status_code == 302
    assert [client.get("/profile/").status_code for client in (browser, other)] == [200, 302]
    assert not CalendarLink.objects.filter(pk=link.pk).exists()
    assert bearer(kept) == 200


def test_signing_out_everywhere_ends_every_session_of_an_account_without_password(ines, mia, as_):
    ines.set_unusable_password()
    ines.save(update_fields=["password"])
    _, text = tokens.create(person=ines, by=ines, name="t", scopes=["read"], days=9)
    here, there, mias = as_(ines), as_(ines), as_(mia)
    assert here.get("/profile/sign-out/").status_code == 405
    assert here.post("/profile/sign-out/", {"all-also": ["tokens"]}).url == "/sign-in/"
    assert [client.get("/profile/").status_code for client in (here, there, mias)] == [302, 302, 200]
    assert bearer(text) == 401
    assert AuditEvent.objects.get(verb="account.sign_out").changes == {"tokens": [1, 0]}
    ines.refresh_from_db()
    assert as_(ines).get("/profile/").status_code == 200, "and signing in again works"
    with pytest.raises(NotAllowed):
        accounts.sign_out_everywhere(user=ines, by=mia)
    with pytest.raises(Invalid):
        accounts.sign_out_everywhere(user=ines, by=ines, also=["all"])


def test_signing_out_everywhere_by_api(ines, river, as_):
    browser, call = as_(ines), caller(ines)
    assert caller(ines, "administer", organization=river)("POST", "me/sign-out/", {}).status_code == 403
    assert call("POST", "me/sign-out/", {"also": ["all"]}).status_code == 422
    assert browser.get("/profile/").status_code == 200
    assert call("POST", "me/sign-out/", {}).status_code == 204
    assert browser.get("/profile/").status_code == 302
    assert call("POST", "me/sign-out/", {"also": ["tokens"]}).status_code == 204
    assert call("GET", "me/").status_code == 401


def test_a_service_account_is_not_closed_on_the_command_line(river, ada):
    account = service_accounts.create(organization=river, by=ada, name="script", role="member")
    with pytest.raises(DomainError):
        accounts.set_closed(user=account, closed=True)
