"""Every address of the API with every role and every scope of a token. The addresses are found, not listed."""

import uuid

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.accounts.services import tokens
from hubs.models import ApiToken, AuditEvent, Hub, ProvisioningRun, Scope

from .test_every_url import (
    ADMINS,
    ALL,
    ENTER,
    OPERATE,
    READ,
    ROLES,
    SEE,
    SIGNED_IN,
    STAFF,
    kept,
    read_twice,
    reads,
    world,
)

pytestmark = pytest.mark.django_db
__all__ = ["world"]
EVERYBODY = frozenset(ROLES)
OPEN = ("api-openapi", "api-docs")  # documents, the same for everyone
KEYLESS = ("api-device-authorize", "api-device-token")  # for programs without a token: tested in test_devices.py
API = sorted(name for name in ALL if name.startswith("api-") and name not in (*OPEN, *KEYLESS))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# name -> (roles that may call it, roles that may know that it exists). "name METHOD" is an exception for one method.
MINE = (SIGNED_IN, SIGNED_IN)
AUTHOR = OPERATE  # Ines wrote the request; admins and staff see it
DOORS = {
    "api-me": MINE,
    "api-my-sign-ins": MINE,
    "api-sign-ins": (STAFF, STAFF),
    "api-tokens": MINE,
    "api-token": (frozenset({"ines"}), frozenset({"ines"})),
    "api-token-rotate": (frozenset({"ines"}), frozenset({"ines"})),
    "api-token-take-over": (frozenset({"ines"}), frozenset({"ines"})),
    "api-sign-out": MINE,
    "api-hubs": MINE,
    "api-hub": (ENTER, ENTER),
    "api-hub-values": (OPERATE, ENTER),
    "api-hub-export": (OPERATE, ENTER),
    "api-revisions": (READ, ENTER),
    "api-revision": (READ, ENTER),
    "api-revert": (OPERATE, ENTER),
    "api-diff": (READ, ENTER),
    "api-runs": (READ, ENTER),
    "api-logs": (OPERATE, ENTER),
    "api-servers": (ENTER, ENTER),
    "api-servers DELETE": (OPERATE, ENTER),
    "api-server": (OPERATE, ENTER),
    "api-hub-content-failures": (OPERATE, ENTER),
    **dict.fromkeys(("api-suspend", "api-resume", "api-restart", "api-retry"), (OPERATE, ENTER)),
    **dict.fromkeys(("api-extend", "api-retire", "api-roster", "api-roster-entry"), (OPERATE, ENTER)),
    **dict.fromkeys(("api-roster-groups", "api-class-list", "api-roster-remove", "api-roster-undo"), (OPERATE, ENTER)),
    **dict.fromkeys(("api-pause", "api-unpause", "api-code"), (STAFF, STAFF)),
    **dict.fromkeys(("api-hub-secrets", "api-hub-secrets-rotate"), (ADMINS, ENTER)),
    "api-rules": (ADMINS, ENTER),
    "api-rule": (ADMINS, ENTER),
    "api-rule-standing": (ADMINS, ENTER),
    "api-rule-allow": (STAFF, STAFF),
    **dict.fromkeys(("api-hub-audit", "api-hub-audit-record", "api-hub-audit-table"), (OPERATE, ENTER)),
    "api-hub-events": (ENTER, ENTER),
    **dict.fromkeys(("api-hub-files", "api-hub-copy", "api-hub-origin", "api-hub-take-newer"), (OPERATE, ENTER)),
    **dict.fromkeys(("api-hub-keep", "api-hub-domain", "api-hub-domain-check"), (OPERATE, ENTER)),
    "api-hub-dates": (ENTER, ENTER),
    **dict.fromkeys(("api-hub-usage", "api-run", "api-hub-content-link", "api-hub-content-links"), (READ, ENTER)),
    **dict.fromkeys(("api-hub-content-links POST", "api-hub-content-links-one"), (OPERATE, ENTER)),
    "api-repository": (READ, SEE),
    **dict.fromkeys(("api-hub-compare", "api-hub-profiles"), (READ, ENTER)),
    **dict.fromkeys(("api-hub-delete-files", "api-hub-objects"), (STAFF, STAFF)),
    **dict.fromkeys(("api-rules-table", "api-rules-person", "api-rules-everybody"), (ADMINS, ENTER)),
    **dict.fromkeys(("api-bring", "api-rules-waiting"), MINE),
    **dict.fromkeys(("api-request-images", "api-request-clashes", "api-request-history"), (AUTHOR, AUTHOR)),
    **dict.fromkeys(("api-request-rebase", "api-request-secrets"), (AUTHOR - STAFF, AUTHOR)),
    "api-request-events": (AUTHOR, AUTHOR),
    "api-requests": MINE,
    **dict.fromkeys(("api-request", "api-plan", "api-comments"), (AUTHOR, AUTHOR)),
    "api-request PATCH": (AUTHOR - STAFF, AUTHOR),
    **dict.fromkeys(("api-submit", "api-take-back", "api-withdraw"), (AUTHOR - STAFF, AUTHOR)),
    **dict.fromkeys(("api-dry-run", "api-approve", "api-return", "api-reject"), (STAFF, AUTHOR)),
    "api-organization-images": (READ, SEE),
    "api-organization-images POST": (ADMINS, SEE),
    **dict.fromkeys(("api-organization-image", "api-organization-image-offer"), (ADMINS, SEE)),
    "api-organization-image-probe": (ADMINS, SEE),
    **dict.fromkeys(("api-images", "api-image", "api-image-offer", "api-image-probe"), (STAFF, STAFF)),
    "api-organizations": MINE,
    "api-organizations POST": (STAFF, STAFF),
    **dict.fromkeys(("api-organization", "api-calendar", "api-calendar-file"), (SEE, SEE)),
    **dict.fromkeys(("api-organization-limits", "api-usage", "api-members", "api-member"), (READ, SEE)),
    **dict.fromkeys(("api-organization-limits PUT", "api-organization-limits-preview"), (STAFF, SEE)),
    "api-organization-cluster": (STAFF, SEE),
    "api-time-zone": (SEE, SEE),
    "api-time-zone PUT": (ADMINS, SEE),
    **dict.fromkeys(("api-member PATCH", "api-member DELETE", "api-invitations", "api-invitation"), (ADMINS, SEE)),
    **dict.fromkeys(("api-accounts", "api-account", "api-account-tokens"), (ADMINS, SEE)),
    **dict.fromkeys(("api-organization-audit", "api-registries", "api-registry"), (ADMINS, SEE)),
    **dict.fromkeys(("api-organization-audit-record", "api-organization-audit-table"), (ADMINS, SEE)),
    **dict.fromkeys(("api-member-ending", "api-invitation-send"), (ADMINS, SEE)),
    "api-invitation-accept": MINE,  # the token in the body is the key
    **dict.fromkeys(("api-audit-record", "api-audit-table"), (STAFF, STAFF)),
    **dict.fromkeys(("api-audit", "api-clusters", "api-cluster", "api-cluster-credentials"), (STAFF, STAFF)),
    **dict.fromkeys(("api-cluster-check", "api-cluster-open"), (STAFF, STAFF)),
    "api-starting-points": MINE,
    "api-starting-points POST": (STAFF, STAFF),
    "api-starting-point": MINE,
    **dict.fromkeys(("api-starting-point-card", "api-starting-point-offer"), (STAFF, STAFF)),
    "api-starting-point-versions": (STAFF, STAFF),
    **dict.fromkeys(("api-starting-point-version", "api-starting-point-diff"), (STAFF, STAFF)),
    **dict.fromkeys(("api-schema-hubspec", "api-schema-fields", "api-institutions"), MINE),
    **dict.fromkeys(("api-notifications", "api-notifications-read", "api-notification-choices"), MINE),
    "api-notification-read": (frozenset({"ines"}), frozenset({"ines"})),  # Ines' own
    "api-calendar-address": (SEE, SEE),
    "api-webhooks": MINE,  # people's own; POST names the organisation in its body: test_api_webhooks.py
    **dict.fromkeys(("api-webhook", "api-webhook-rotate", "api-webhook-test", "api-webhook-pause"), (ADMINS, SEE)),
    **dict.fromkeys(("api-webhook-resume", "api-webhook-resend", "api-webhook-deliveries"), (ADMINS, SEE)),
    **dict.fromkeys(("api-webhook-delivery", "api-webhook-delivery-resend"), (ADMINS, SEE)),
}


@pytest.fixture
def places(world):
    """Return the values of the parameters in addresses."""
    ines = world["people"]["ines"]
    mine, _ = tokens.create(person=ines, by=ines, name="mine", scopes=["read"], days=3)
    ids = world["pk"]
    run = ProvisioningRun.objects.create(hub=Hub.objects.get(uid=world["uid"]["hub"]), kind="create", generation=1)
    return {
        **{
            key: world["kwargs"][key]
            for key in ("entry", "slug", "cluster", "rule", "point", "image", "name", "event")
        },
        "token": mine.pk, "member": ids["member"], "invitation": ids["invitation-revoke"],
        "username": world["kwargs"]["username"], "notification": ids["inbox-read"],
        "webhook": world["kwargs"]["webhook"], "delivery": world["kwargs"]["delivery"],
        "key": world["keys"]["hub-content-link-qr"],
        "number": 1, "other": 1, "user": "mia", "host": "registry.example.org", "run": run.pk,
    }  # fmt: skip


def address(name, world, places, uids=None):
    given = {}
    for key in ALL[name].pattern.converters:
        about_request = "<uuid:uid>" in str(ALL[name].pattern)
        given[key] = (uids or world["uid"])["request" if about_request else "hub"] if key == "uid" else places[key]
    return reverse(name, kwargs=given)


def methods(name):
    view = getattr(ALL[name].callback, "cls", None)
    return (
        [m for m in METHODS if hasattr(view, m.lower()) and m.lower() in view.http_method_names] if view else ["HEAD"]
    )


def ask(client, method, path, **headers):
    """Make one call and roll it back."""
    with transaction.atomic():
        answer = client.generic(method, path, "{}" if method != "GET" else "", "application/json", headers=headers)
        came_with = tokens.prefix_of(headers["Authorization"].removeprefix("Bearer ")) if headers else "session"
        for line in AuditEvent.objects.filter(request_id=answer["X-Request-ID"]):
            assert line.address == "127.0.0.1", line
            by_link = path.startswith("/mail/stop/") and line.via == ""  # the link in the mail replaces a sign-in
            assert by_link or line.via.partition("…")[0] == (came_with if line.actor else ""), line
        transaction.set_rollback(True)
    return answer


def test_every_address_is_in_the_table():
    assert {name for name in DOORS if " " not in name} == set(API)


def right(name, role, method):
    enter, know = DOORS.get(f"{name} {method}", DOORS[name])
    if role == "anonymous":
        return (401,)
    if role in enter:
        # An endpoint reports what its call lacks. The token of an invitation is in the body.
        return (200, 201, 204, 409, 422, 428, 503)
    return (403,) if role in know else (404,)


def test_every_address_and_every_role(world, places, as_):
    """All calls share one set of rows, because each is rolled back."""
    clients = {role: as_(world["people"][role]) for role in ROLES}
    before, wrong = AuditEvent.objects.count(), []
    for name in API:
        path = address(name, world, places)
        for role, client in clients.items():
            for method in methods(name):
                with reads() as found:
                    answer = ask(client, method, path)
                if method == "GET":
                    wrong += [f"{role} {method} {path}: {words}" for words in read_twice(found)]
                if answer.status_code not in right(name, role, method):
                    wrong.append(f"{role} {method} {path}: {answer.status_code}")
                wrong += [f"{role} {method} {path}: {words}" for words in kept(name, answer)]
    assert not wrong, "\n".join(wrong)
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("who", ["ada", "stan"])
def test_every_address_and_every_scope(who, world, places):
    """A leaked token allows only what its scopes name, no matter who created it."""
    person, texts, wrong = world["people"][who], {scope: tokens.new_text() for scope in Scope.values}, []
    client = Client()
    for scope, text in texts.items():
        ApiToken.objects.create(
            person=person, created_by=person, name=scope, prefix=tokens.prefix_of(text), scopes=[scope],
            digest=tokens._digest(text), expires_at=timezone.now() + timezone.timedelta(days=1),
        )  # fmt: skip
    for name in API:
        path = address(name, world, places)
        cls = getattr(ALL[name].callback, "cls", None)
        for method in methods(name):
            need = cls.scopes[method] if cls else Scope.READ
            for scope, text in texts.items():
                answer = ask(client, method, path, Authorization=f"Bearer {text}")
                refused = answer.status_code == 403 and (method == "HEAD" or answer.json()["type"].endswith("/scope/"))
                if refused != (scope != need):
                    wrong.append(f"{scope} {method} {path}: {answer.status_code}")
    assert not wrong


def test_what_does_not_exist_is_404(world, places, as_):
    clients = {role: as_(world["people"][role]) for role in ("zoe", "ada", "stan")}
    nothing, wrong = {"hub": "h23456789abc", "request": uuid.uuid4()}, []
    for name in [name for name in API if "uid" in ALL[name].pattern.converters]:
        path = address(name, world, places, nothing)
        for role, client in clients.items():
            statuses = {method: ask(client, method, path).status_code for method in methods(name)}
            wrong += [f"{role} {method} {path}: {status}" for method, status in statuses.items() if status != 404]
    assert not wrong


def test_documents_are_for_everybody(client):
    for name in OPEN:
        assert client.get(reverse(name)).status_code == 200
