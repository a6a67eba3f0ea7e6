"""Every URL x every role. The URLs are found, not listed: a new page that nobody put in the table fails here."""

import uuid

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from hubs.models import AuditEvent, ChangeRequest, Hub, Invitation, Membership, Role, RosterEntry, User
from hubs.services import requests as request_services

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "zoe", "student", "mia", "ines", "omar", "ada", "stan")
SIGNED_IN = frozenset(ROLES) - {"anonymous"}
ENTER = SIGNED_IN - {"zoe"}
SEE = ENTER - {"student"}
OPERATE = SEE - {"mia"}  # Ines made the hub
ADMINS = frozenset({"omar", "ada", "stan"})
STAFF = frozenset({"stan"})

# name -> (who is let in, who may know that it exists). Everybody else gets 404, anonymous people the sign-in page.
DOORS = {
    "home": (SIGNED_IN, SIGNED_IN),
    "staff-hubs": (STAFF, STAFF),
    "hub": (ENTER, ENTER),
    "hub-history": (SEE, ENTER),
    "hub-people": (OPERATE, ENTER),
    "hub-person": (OPERATE, ENTER),
    "hub-limits": (ADMINS, ENTER),
    "hub-audit": (OPERATE, ENTER),
    "hub-change": (OPERATE, ENTER),
    "hub-suspend": (OPERATE, ENTER),
    "hub-resume": (OPERATE, ENTER),
    "hub-retry": (OPERATE, ENTER),
    "hub-retire": (OPERATE, ENTER),
    "request-list": (SIGNED_IN, SIGNED_IN),
    "catalogue": (SIGNED_IN, SIGNED_IN),
    "request": (OPERATE, OPERATE),
    "request-edit": (OPERATE - STAFF, OPERATE),
    "request-save": (OPERATE - STAFF, OPERATE),
    "request-review": (OPERATE - STAFF, OPERATE),
    "request-rebase": (OPERATE - STAFF, OPERATE),
    "request-take-back": (OPERATE - STAFF, OPERATE),
    "request-withdraw": (OPERATE - STAFF, OPERATE),
    "request-comment": (OPERATE, OPERATE),
    "request-decide": (STAFF, OPERATE),
    "queue": (STAFF, STAFF),
    "organization-list": (SIGNED_IN, SIGNED_IN),
    "organization-new": (STAFF, STAFF),
    "organization": (SEE, SEE),
    "organization-limits": (SEE, SEE),
    "organization-audit": (ADMINS, SEE),
    "people": (SEE, SEE),
    "invite": (ADMINS, SEE),
    "member": (ADMINS, SEE),
    "invitation-revoke": (ADMINS, SEE),
    "invitation": (frozenset(ROLES), frozenset(ROLES)),  # the secret link is the key
    "sign-in": (frozenset(ROLES), frozenset(ROLES)),
    "sign-out": (SIGNED_IN, SIGNED_IN),
    "profile": (SIGNED_IN, SIGNED_IN),
    "audit": (STAFF, STAFF),
    "styleguide": (STAFF, STAFF),
    "api-hubs": (SIGNED_IN, SIGNED_IN),
    "api-hub": (SEE, ENTER),
    "api-requests": (SIGNED_IN, SIGNED_IN),
    "api-request": (OPERATE, OPERATE),
    "api-schema-hubspec": (SIGNED_IN, SIGNED_IN),
    "live-hubs": (SIGNED_IN, SIGNED_IN),
    "live-hub": (ENTER, ENTER),
    "live-requests": (SIGNED_IN, SIGNED_IN),
    "live-request": (OPERATE, OPERATE),
    "healthz": (frozenset(ROLES), frozenset(ROLES)),
    "readyz": (frozenset(ROLES), frozenset(ROLES)),
}
# Not ours: social-auth's and the OpenID Connect provider's own doors, tried in tests/signin/.
ELSEWHERE = ("social:", "oauth2_provider:", "oidc:")
STREAMS = ("live-hubs", "live-hub", "live-requests", "live-request")


def urls(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from urls(
                pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            )
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern


ALL = dict(urls(get_resolver().url_patterns))
OURS = sorted(name for name in ALL if not name.startswith(ELSEWHERE))


def test_every_url_has_a_name_and_a_door():
    assert set(OURS) - set(DOORS) == set(), "put the new page into DOORS"
    assert set(DOORS) - set(OURS) == set(), "a page is gone: take it out of DOORS"


@pytest.fixture
def world(cast, ready_hub, ask, class_draft, river):
    student = User.objects.create_user("student", "student@river.example.edu", email_verified=True)
    entry = RosterEntry.objects.create(hub=ready_hub, user=student)
    waiting = request_services.submit(
        request=ask(cast["ines"], river, slug="big-data", **{"about.heads": "900"}), by=cast["ines"]
    )
    spare = Membership.objects.create(
        organization=river, user=User.objects.create_user("sam", "sam@river.example.edu"), role=Role.MEMBER
    )
    invitation = Invitation.objects.create(organization=river, invited_by=cast["ada"], role=Role.MEMBER)
    return {
        "people": {**cast, "student": student, "anonymous": None},
        "request": waiting,
        "kwargs": {
            "entry": entry.pk, "slug": river.slug, "step": "about", "token": invitation.token,
        },
        "pk": {"member": spare.pk, "invitation-revoke": invitation.pk},
        "uid": {"hub": ready_hub.uid, "request": waiting.uid},
    }  # fmt: skip


def address(name, world):
    kwargs = {}
    for key in ALL[name].pattern.converters:
        if key == "uid":
            kind = "request" if ("request" in name) else "hub"
            kwargs[key] = world["uid"][kind]
        elif key == "pk":
            kwargs[key] = world["pk"][name]
        else:
            kwargs[key] = world["kwargs"][key]
    return reverse(name, kwargs=kwargs)


def expected(name, role, method):
    """The statuses that are right for somebody at this door."""
    enter, know = DOORS[name]
    if role in enter:
        return (
            {200, 204, 302, 400, 403, 404, 405, 409, 410, 415, 422, 429, 503}
            if method == "post"
            else {200, 302, 405, 409, 503}
        )
    if role == "anonymous":
        return {302, 401, 403, 405}
    return {403, 405} if role in know else {404, 405}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", OURS)
def test_every_url_and_every_role(name, role, method, world, as_):
    if name in STREAMS and method == "get" and role in DOORS[name][0]:
        method = "head"  # an open stream does not end; test_live.py reads it
    client = as_(world["people"][role])
    client.raise_request_exception = True
    before = AuditEvent.objects.count()
    address_ = address(name, world)
    response = getattr(client, method)(address_)
    assert response.status_code in expected(name, role, "get" if method == "head" else method), response.status_code
    if role not in DOORS[name][0]:
        assert AuditEvent.objects.count() == before
        if role == "anonymous" and response.status_code == 302:
            assert response["Location"].startswith(reverse("sign-in"))
        content = response.content.decode()
        assert "Statistics 101" not in content
        assert "big-data" not in content or role in DOORS[name][1]


@pytest.mark.parametrize("name", sorted(n for n in OURS if "uid" in ALL[n].pattern.converters))
def test_what_does_not_exist_is_404_for_everybody(name, world, as_):
    world["uid"] = {"hub": "h23456789abc", "request": uuid.uuid4()}
    for role in ("zoe", "ada", "stan"):
        client = as_(world["people"][role])
        assert client.get(address(name, world)).status_code in (404, 405)
        assert client.post(address(name, world)).status_code in (404, 405)


def test_strangers_cannot_change_a_hub_by_guessing(world, as_):
    hub, zoe = Hub.objects.get(), as_(world["people"]["zoe"])
    for name in [n for n in OURS if n.startswith(("hub-", "request-"))]:
        zoe.post(
            address(name, world), {"typed": hub.slug, "decision": "approve", "seen": world["request"].content_hash}
        )
    hub.refresh_from_db()
    assert hub.desired_state == "running"
    assert ChangeRequest.objects.get(pk=world["request"].pk).state == "submitted"
