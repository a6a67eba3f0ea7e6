"""Every URL with every role. The URLs are found, not listed: a new page that is not in the table fails here."""

import copy
import itertools
import uuid
from collections import Counter
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from hubs.accounts.services import service_accounts, tokens
from hubs.audit.services import audit
from hubs.calendar.services import links as calendar_links
from hubs.content.services import links as content_links
from hubs.live import counting
from hubs.models import (
    AuditEvent,
    CatalogueImage,
    ChangeRequest,
    Hub,
    Invitation,
    Membership,
    Notification,
    RegistryLogin,
    Role,
    RosterEntry,
    User,
    UserLimit,
)
from hubs.notify.services import mails
from hubs.requests.services import requests as request_services
from hubs.webhooks.services import webhooks

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "zoe", "student", "mia", "ines", "omar", "ada", "stan")
SIGNED_IN = frozenset(ROLES) - {"anonymous"}
ENTER = SIGNED_IN - {"zoe"}
SEE = ENTER - {"student"}
READ = SEE - {"mia"}  # members read no configuration: test_members.py
OPERATE = SEE - {"mia"}  # Ines created the hub
ADMINS = frozenset({"omar", "ada", "stan"})
STAFF = frozenset({"stan"})
FOR_ALL = ("values-keys",)  # names of the chart's settings, the same for everyone: only browsers may cache them

# name -> (roles that may open it, roles that may know that it exists). Others get 404, anonymous people the sign-in
# page.
DOORS = {
    "home": (SIGNED_IN, SIGNED_IN),
    "staff-hubs": (STAFF, STAFF),
    "hub": (ENTER, ENTER),
    "hub-configuration": (READ, ENTER),
    "hub-history": (READ, ENTER),
    "hub-people": (OPERATE, ENTER),
    "hub-person": (OPERATE, ENTER),
    "hub-profiles": (READ, ENTER),
    "hub-limits": (ADMINS, ENTER),
    "hub-limit-new": (ADMINS, ENTER),
    "hub-limit": (ADMINS, ENTER),
    "hub-limit-person": (ADMINS, ENTER),
    "hub-limit-file": (ADMINS, ENTER),
    "hub-limit-csv": (ADMINS, ENTER),
    "hub-domain": (OPERATE, ENTER),
    "hub-domain-check": (OPERATE, ENTER),
    "hub-domain-remove": (OPERATE, ENTER),
    "choose-username": (SIGNED_IN, SIGNED_IN),
    "hub-content-link": (READ, ENTER),
    "hub-content-link-qr": (READ, ENTER),
    "hub-content-link-remove": (OPERATE, ENTER),
    **dict.fromkeys(("hub-audit", "hub-audit-csv", "hub-audit-record"), (OPERATE, ENTER)),
    "hub-change": (OPERATE, ENTER),
    "hub-suspend": (OPERATE, ENTER),
    "hub-resume": (OPERATE, ENTER),
    "hub-extend": (OPERATE, ENTER),
    "hub-retry": (OPERATE, ENTER),
    "hub-retire": (OPERATE, ENTER),
    "hub-restart": (OPERATE, ENTER),
    "hub-start-server": (OPERATE, ENTER),
    "hub-stop-server": (OPERATE, ENTER),
    "hub-stop-servers": (OPERATE, ENTER),
    "hub-logs": (OPERATE, ENTER),
    "hub-copy": (OPERATE, ENTER),
    "hub-compare": (READ, ENTER),
    "hub-newer": (OPERATE, ENTER),
    "hub-take": (OPERATE, ENTER),
    "hub-download": (OPERATE, ENTER),
    "hub-secrets": (ADMINS, ENTER),
    "hub-objects": (STAFF, STAFF),
    "hub-code": (STAFF, STAFF),
    "hub-move": (STAFF, STAFF),
    "hub-pause": (STAFF, STAFF),
    "hub-unpause": (STAFF, STAFF),
    "hub-delete-files": (STAFF, STAFF),
    "request-list": (SIGNED_IN, SIGNED_IN),
    "catalogue": (SIGNED_IN, SIGNED_IN),
    "bring": (SIGNED_IN, SIGNED_IN),
    "request": (OPERATE, OPERATE),
    "request-edit": (OPERATE - STAFF, OPERATE),
    "request-save": (OPERATE - STAFF, OPERATE),
    "request-review": (OPERATE - STAFF, OPERATE),
    "request-rebase": (OPERATE - STAFF, OPERATE),
    "request-take-back": (OPERATE - STAFF, OPERATE),
    "request-withdraw": (OPERATE - STAFF, OPERATE),
    "request-comment": (OPERATE, OPERATE),
    "request-decide": (STAFF, OPERATE),
    "request-plan": (STAFF, OPERATE),
    "request-image": (OPERATE, OPERATE),
    "request-repository": (OPERATE - STAFF, OPERATE),
    "institutions": (SIGNED_IN, SIGNED_IN),
    "values-keys": (SIGNED_IN, SIGNED_IN),
    "profiles-read": (SIGNED_IN, SIGNED_IN),
    "profiles-ladder": (SIGNED_IN, SIGNED_IN),
    "queue": (STAFF, STAFF),
    "organization-list": (SIGNED_IN, SIGNED_IN),
    "organization-new": (STAFF, STAFF),
    "organization": (SEE, SEE),
    "organization-limits": (READ, SEE),
    "organization-calendar": (SEE, SEE),
    "organization-ics": (SEE, SEE),
    "organization-limits-preview": (STAFF, SEE),
    "organization-cluster": (STAFF, SEE),
    "organization-time-zone": (ADMINS, SEE),
    **dict.fromkeys(("organization-audit", "organization-audit-csv", "organization-audit-record"), (ADMINS, SEE)),
    **dict.fromkeys(("organization-image-list", "organization-image-new", "organization-image-edit"), (ADMINS, SEE)),
    **dict.fromkeys(("organization-image-offer", "organization-image-probe"), (ADMINS, SEE)),
    **dict.fromkeys(("image-list", "image-new", "image-edit", "image-offer", "image-probe"), (STAFF, STAFF)),
    "registries": (ADMINS, SEE),
    "registry-remove": (ADMINS, SEE),
    "people": (READ, SEE),
    "invite": (ADMINS, SEE),
    "member": (ADMINS, SEE),
    "invitation-revoke": (ADMINS, SEE),
    "invitation": (frozenset(ROLES), frozenset(ROLES)),  # the secret link replaces a sign-in
    "sign-in": (frozenset(ROLES), frozenset(ROLES)),
    **dict.fromkeys(("help", "help-guide"), (frozenset(ROLES), frozenset(ROLES))),  # guides, the same for everyone
    "language": (frozenset(ROLES), frozenset(ROLES)),
    "sign-out": (SIGNED_IN, SIGNED_IN),
    "session": (frozenset(ROLES), frozenset(ROLES)),  # returns only who is signed in
    "signed-in": (SIGNED_IN, SIGNED_IN),
    "sign-out-everywhere": (SIGNED_IN, SIGNED_IN),
    "profile": (SIGNED_IN, SIGNED_IN),
    "notification-choices": (SIGNED_IN, SIGNED_IN),
    "mail-stop": (frozenset(ROLES), frozenset(ROLES)),  # the link in a mail replaces a sign-in
    "inbox": (SIGNED_IN, SIGNED_IN),
    "inbox-count": (SIGNED_IN, SIGNED_IN),
    "inbox-read-all": (SIGNED_IN, SIGNED_IN),
    "inbox-go": (frozenset({"ines"}), frozenset({"ines"})),  # Ines' own
    "inbox-read": (frozenset({"ines"}), frozenset({"ines"})),
    "calendar-link": (SEE, SEE),
    "calendar-feed": (frozenset(ROLES), frozenset(ROLES)),  # the secret address replaces a sign-in
    "tokens": (SIGNED_IN, SIGNED_IN),
    "device": (SIGNED_IN, SIGNED_IN),
    "token-revoke": (frozenset({"ada"}), frozenset({"ada"})),
    "token-take-over": (frozenset({"ada"}), frozenset({"ada"})),  # Ada's own, and therefore refused with a sentence
    "service-accounts": (ADMINS, SEE),
    **dict.fromkeys(("webhooks", "webhooks-new"), (ADMINS, SEE)),
    **dict.fromkeys(("webhook", "webhook-change", "webhook-rotate", "webhook-test", "webhook-pause"), (ADMINS, SEE)),
    **dict.fromkeys(("webhook-resume", "webhook-resend", "webhook-remove"), (ADMINS, SEE)),
    **dict.fromkeys(("webhook-delivery", "webhook-delivery-resend"), (ADMINS, SEE)),
    **dict.fromkeys(("staff-webhooks", "staff-webhooks-new"), (STAFF, STAFF)),
    "service-account": (ADMINS, SEE),
    **dict.fromkeys(("audit", "audit-csv", "audit-record"), (STAFF, STAFF)),
    "audit-sign-ins": (STAFF, STAFF),
    "mail-gallery": (STAFF, STAFF),
    "mail-sample": (STAFF, STAFF),
    "mail-sample-html": (STAFF, STAFF),
    "cluster-list": (STAFF, STAFF),
    "cluster-new": (STAFF, STAFF),
    "cluster-new-machine": (STAFF, STAFF),
    "cluster": (STAFF, STAFF),
    "cluster-edit": (STAFF, STAFF),
    "cluster-credentials": (STAFF, STAFF),
    "cluster-check": (STAFF, STAFF),
    "cluster-open": (STAFF, STAFF),
    "cluster-delete": (STAFF, STAFF),
    "starting-point-list": (STAFF, STAFF),
    "starting-point-new": (STAFF, STAFF),
    "starting-point": (STAFF, STAFF),
    "starting-point-card": (STAFF, STAFF),
    "starting-point-edit": (STAFF, STAFF),
    "starting-point-offer": (STAFF, STAFF),
    "styleguide": (STAFF, STAFF),
    "problem": (frozenset(ROLES), frozenset(ROLES)),
    "live-hubs": (SIGNED_IN, SIGNED_IN),
    "live-inbox": (SIGNED_IN, SIGNED_IN),
    "live-hub": (ENTER, ENTER),
    "live-requests": (SIGNED_IN, SIGNED_IN),
    "live-request": (OPERATE, OPERATE),
    "healthz": (frozenset(ROLES), frozenset(ROLES)),
    "readyz": (frozenset(ROLES), frozenset(ROLES)),
    "metrics": (frozenset(ROLES), frozenset(ROLES)),  # by address or token, whatever the role: test_metrics.py
}
# URLs of social-auth and of the OpenID Connect provider are tested in tests/signin/. URLs for hubs, where no session
# counts, are tested in test_hub_asks_limits.py, and the API's in test_api_doors.py.
ELSEWHERE = ("social:", "oauth2_provider:", "oidc:", "hubside:")
STREAMS = ("live-hubs", "live-inbox", "live-hub", "live-requests", "live-request")


def urls(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from urls(
                pattern.url_patterns, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            )
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern


ALL = dict(urls(get_resolver().url_patterns))
OURS = sorted(name for name in ALL if not name.startswith((*ELSEWHERE, "api-")))


def test_every_url_has_a_name_and_is_in_the_table():
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
    rule = UserLimit.objects.create(hub=ready_hub, kind="person", name="mia", memory_mib=2048, author=cast["omar"])
    login = RegistryLogin.objects.create(
        organization=river, host="registry.example.org", username="robot", password="x", set_by=cast["ada"]
    )
    image = CatalogueImage.objects.create(
        organization=river, slug="python", name="Ours", image="quay.io/river/image", tag="1"
    )  # the portal has one of this short name, too
    own, _ = tokens.create(person=cast["ada"], by=cast["ada"], name="mine", scopes=["read"], days=3)
    script = service_accounts.create(organization=river, by=cast["ada"], name="script", role="instructor")
    invitation = Invitation.objects.create(organization=river, invited_by=cast["ada"], role=Role.MEMBER)
    hook, _ = webhooks.create(organization=river, by=cast["ada"], url="https://example.org/hook", types=["*"])
    delivery = webhooks.test(webhook=hook, by=cast["ada"])
    calendar = calendar_links.renew(organization=river, by=cast["ada"])
    kept = content_links.save(hub=ready_hub, by=cast["ines"], name="Week 1", repo="https://git.example.edu/uni/course")
    told = Notification.objects.create(
        person=cast["ines"], event=uuid.uuid4(), kind="hub", title="“Statistics 101” is ready", link="/", how="now"
    )
    line = audit.record(
        "hub.retry", by=cast["ines"], subject="Statistics 101", hub=ready_hub, whole={"people": ["mia"]}
    )
    return {
        "people": {**cast, "student": student, "anonymous": None},
        "request": waiting,
        "kwargs": {
            "entry": entry.pk, "slug": river.slug, "cluster": river.cluster.slug, "step": "about",
            "sample": "invitation", "token": invitation.token, "name": "values.yaml", "rule": rule.pk, "point": "class",
            "image": image.slug,
            "username": script.username, "webhook": hook.uid, "delivery": delivery.pk, "event": line.pk,
        },
        "keys": {
            "mail-stop": mails.stop_url(cast["ines"], "decision").rstrip("/").rpartition("/")[2],
            "hub-content-link-qr": kept.uid, "hub-content-link-remove": kept.uid,
            "calendar-feed": calendar_links.address(calendar).rpartition("/")[2].removesuffix(".ics"),
        },
        "pk": {
            "inbox-go": told.pk, "inbox-read": told.pk, "token-revoke": own.pk,
            "token-take-over": own.pk,
            "registry-remove": login.pk, "member": spare.pk, "invitation-revoke": invitation.pk,
        },
        "uid": {"hub": ready_hub.uid, "request": waiting.uid},
    }  # fmt: skip


def address(name, world):
    kwargs = {}
    for key in ALL[name].pattern.converters:
        if key == "uid":
            kind = "request" if ("request" in name) else "hub"
            kwargs[key] = world["uid"][kind]
        elif key == "key":
            kwargs[key] = world["keys"][name]
        elif name == "help-guide":
            kwargs[key] = "instructor"
        elif name in ("problem", "token-revoke", "token-take-over"):
            kwargs[key] = world["pk"].get(name, "stale")
        elif key == "pk":
            kwargs[key] = world["pk"][name]
        else:
            kwargs[key] = world["kwargs"][key]
    return reverse(name, kwargs=kwargs)


def from_elsewhere(response, role):
    """Yield audit lines of this request that don't say where it came from. Lines of the portal itself (such as
    automatic approval) and of a secret link (mail-stop) have an address and no session."""
    for line in AuditEvent.objects.filter(request_id=response["X-Request-ID"]):
        if (line.address, line.via) != ("127.0.0.1", "session" if line.actor == role else ""):
            yield f"audited as {line.verb} from {line.address!r} by {line.via!r}"


def expected(name, role, method):
    """Return the statuses that are right for this role."""
    enter, know = DOORS[name]
    if role in enter:
        return (
            {200, 204, 302, 400, 403, 404, 405, 409, 410, 415, 422, 429, 503}
            if method == "post"
            else {200, 302, 405, 409, 422, 503}  # 422: required values are missing
        )
    if role == "anonymous":
        return {302, 401, 403, 405}
    return {403, 405} if role in know else {404, 405}


@contextmanager
def asked(client, method, path):
    """Make one request and undo it: in the database, in the client's cookies and in the counters of rate limits."""
    counting.memory.clear()
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        yield getattr(client, method)(path)
        transaction.set_rollback(True)
    client.cookies = cookies


def kept(name, answer):
    """Yield what caches may wrongly store: an answer to a person may not be kept unless it is the same for all."""
    said = answer.get("Cache-Control", "")
    if "no-store" not in said and not (name in FOR_ALL and "private" in said):
        yield f"may be kept: {said!r}"


@contextmanager
def reads():
    """Count the reads of the database in this block: (SQL, values)."""
    found: Counter[tuple[str, str]] = Counter()

    def note(execute, sql, values, many, context):
        found[sql, str(values)] += sql.startswith("SELECT")
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        yield found


def read_twice(found):
    """Yield the queries that one answer makes more than once."""
    yield from (f"reads {number} times: {sql} {values}" for (sql, values), number in found.items() if number > 1)


def wrong_at(name, role, method, response, audited):
    """Yield everything that is wrong with this answer."""
    if response.status_code not in expected(name, role, method):
        yield f"answers {response.status_code}"
    yield from from_elsewhere(response, role)
    yield from kept(name, response)
    if role in DOORS[name][0]:
        return
    if AuditEvent.objects.count() != audited:
        yield "is refused and audited"
    if role == "anonymous" and response.status_code == 302 and not response["Location"].startswith(reverse("sign-in")):
        yield f"leads to {response['Location']}"
    content = response.content.decode()
    if "Statistics 101" in content or ("big-data" in content and role not in DOORS[name][1]):
        yield "is refused and shows what stands there"


@pytest.mark.parametrize("role", ROLES)
def test_every_url_and_every_role(role, world, as_):
    """All URLs share one set of rows, because each request is undone."""
    client, audited, wrong = as_(world["people"][role]), AuditEvent.objects.count(), []
    for name, method in itertools.product(OURS, ("get", "post")):
        # An open stream does not end; test_live.py reads it.
        meant = "head" if name in STREAMS and method == "get" and role in DOORS[name][0] else method
        with reads() as found, asked(client, meant, address(name, world)) as response:
            said = [*read_twice(found)] if method == "get" else []
            said += wrong_at(name, role, method, response, audited)
        wrong += [f"{role} {method} {name}: {words}" for words in said]
    assert not wrong, "\n".join(wrong)


def test_unknown_rows_are_404_for_everyone(world, as_):
    world["uid"], wrong = {"hub": "h23456789abc", "request": uuid.uuid4()}, []
    for role in ("zoe", "ada", "stan"):
        client = as_(world["people"][role])
        for name in [one for one in OURS if "uid" in ALL[one].pattern.converters]:
            for method in ("get", "post"):
                with asked(client, method, address(name, world)) as response:
                    if response.status_code not in (404, 405):
                        wrong.append(f"{role} {method} {name}: {response.status_code}")
    assert not wrong, "\n".join(wrong)


def test_strangers_cannot_change_a_hub_by_guessing(world, as_):
    hub, zoe = Hub.objects.get(), as_(world["people"]["zoe"])
    for name in [n for n in OURS if n.startswith(("hub-", "request-"))]:
        zoe.post(
            address(name, world), {"typed": hub.slug, "decision": "approve", "seen": world["request"].content_hash}
        )
    hub.refresh_from_db()
    assert hub.desired_state == "running"
    assert ChangeRequest.objects.get(pk=world["request"].pk).state == "submitted"
