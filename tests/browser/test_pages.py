"""Every page, light and dark, on a desktop and on a phone: axe finds nothing, nothing is wider than the screen, and the
strict Content-Security-Policy blocks nothing of the portal's."""

import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.accounts.services import devices, service_accounts, tokens
from hubs.models import (
    Delivery,
    Hub,
    Invitation,
    Organization,
    ProvisioningRun,
    RosterEntry,
    RunStep,
    StartingPoint,
    User,
    UserLimit,
    Webhook,
)
from hubs.notify.services import mails
from hubs.requests.services import decisions, requests
from hubs.spec import STARTING_POINTS
from hubs.starting_points import services as starting_points
from hubs.webhooks.services import webhooks
from portal.tasks import tell
from tests.browser.conftest import picture
from tests.browser.looks import DESKTOP, PHONE, misfits, photograph, reads_well
from tests.words import START_HUB

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WHOLE = (
    "home", "hub", "hub-history", "hub-people", "hub-person", "hub-limits", "hub-limit-new",
    "hub-limit", "hub-limit-person", "hub-limit-file", "hub-domain", "hub-content-link", "hub-audit", "hub-suspend",
    "hub-retire", "hub-logs", "hub-stop-servers", "hub-extend", "hub-newer", "organization-calendar", "ended",
    "hub-take", "hub-copy", "hub-compare", "hub-profiles", "bring", "request-edit-choices", "request-edit-content",
    "request-edit-more", "request-edit-by-github",
    "request-list", "catalogue", "request-edit-about", "request-edit-people", "request-edit-sizes",
    "request-edit-software", "request-review", "request", "request-returned", "organization-list", "organization",
    "organization-limits", "organization-audit", "people", "invite", "member", "invitation", "profile", "stalled",
    "registries", "request-image", "tokens", "device", "device-asked", "service-accounts", "service-account",
    "webhooks", "webhooks-new", "webhook", "webhook-delivery",
    "api-docs", "problem", "inbox", "inbox-all", "notification-choices", "mail-stop", "none",
)  # fmt: skip
STAFF = (
    "home",
    "staff-hubs",
    "queue",
    "request",
    "hub",
    "hub-objects",
    "hub-code",
    "hub-move",
    "hub-pause",
    "hub-limit-asked",
    "organization-new",
    "organization-limits",
    "starting-point-list",
    "starting-point-new",
    "starting-point",
    "starting-point-card",
    "starting-point-edit",
    "staff-webhooks",
    "audit",
    "mail-gallery",
    "mail-sample",
    "styleguide",
)
NAMES = {
    "home": "dashboard",
    "catalogue": "catalogue",
    "people": "organization-people",
}  # pictures for docs/ that are taken here


def _ask(by, river, slug, **values):
    title = {"about.title": slug.replace("-", " ").capitalize()}
    request = requests.begin(organization=river, starting_point="class", by=by)
    typed = {**STARTING_POINTS["class"].draft(), **title, **values}
    return requests.save(request=request, by=by, values=typed, slug=slug, reason="For the course.")


def _hub(ines, river, slug, status) -> Hub:
    """Create a hub as reconcile would have left it."""
    hub = Hub.objects.get(pk=requests.submit(request=_ask(ines, river, slug), by=ines).hub_id)
    failed = status == "stalled"
    words = "The image cannot be had: nobody knows river/none:1." if failed else "The hub is ready."
    since = timezone.now().isoformat()
    ready = {"type": "Ready", "status": str(not failed), "reason": "Serving", "message": words, "since": since}
    server = {"user": "mia", "name": "", "ready": True, "started": "2026-11-20T08:00:00Z", "last_activity": ""}
    Hub.objects.filter(pk=hub.pk).update(
        status=status,
        url=f"http://localhost:18000/{slug}/",
        servers=[server],
        conditions=[ready],
        observed_generation=1 if status == "ready" else 0,
        observed_at=timezone.now(),
        reconcile_after=None,
    )
    run = ProvisioningRun.objects.create(
        hub=hub,
        kind="create",
        generation=1,
        result="failed" if failed else "succeeded",
        message=words if failed else "",
        finished_at=timezone.now(),
    )
    RunStep.objects.create(run=run, name="prepare", title="Prepare address, keys and sign-in", state="done")
    state = "failed" if failed else "done"
    RunStep.objects.create(run=run, name="hub", title=START_HUB, state=state, message=run.message)
    return hub


def _webhook(river, ada) -> tuple[Webhook, Delivery]:
    """Create a webhook that is failing, with a delivery in each state; return it with the waiting one."""
    hook, _ = webhooks.create(
        organization=river, by=ada, url="https://hooks.river.example.edu/a/long/path/with-a-secret-in-it",
        types=["hub.ready", "hub.stalled", "request.submit"], description="Tells the chat of the department",
    )  # fmt: skip
    Webhook.objects.filter(pk=hook.pk).update(failing_since=timezone.now(), failures=2)
    wrong = "The response status is 500. Only 200 to 299 means success."
    tried = [{"at": timezone.now().isoformat(), "status": 500, "seconds": 0.21, "problem": wrong}]
    more = {"waiting": {"attempts": tried, "tries": 1, "problem": wrong, "status": 500, "answer": "Oh no"}}
    rows = [
        Delivery.objects.create(
            webhook=hook, event=uuid.uuid4(), type="hub.ready", subject="Statistics 101", body='{"type":"hub.ready"}',
            state=state, **more.get(state, {"tries": 1})
        )
        for state in ("failed", "sent", "waiting")
    ]  # fmt: skip
    return hook, rows[-1]


@pytest.fixture
def world(portal):
    """A portal with something of everything, and the address of each page."""
    portal.start("redis", "web")
    river = Organization.objects.get(slug="river")
    people = {user.username: user for user in User.objects.all()}
    ines, stan, mia = people["ines"], people["stan"], people["mia"]
    hub = _hub(ines, river, "statistics-101", "ready")
    stalled = _hub(ines, river, "machine-learning", "stalled")
    ended = _hub(ines, river, "physics-2", "updating")
    now = timezone.now()
    today = now.date()
    Hub.objects.filter(pk=hub.pk).update(starts_on=today - timedelta(days=80), ends_on=today + timedelta(days=5))
    Hub.objects.filter(pk=ended.pk).update(
        ends_on=today - timedelta(days=3), ended_at=now, stopped_by_end=True, desired_state="suspended",
        status="suspended",
    )  # fmt: skip
    entry = RosterEntry.objects.create(hub=hub, user=mia)
    long = RosterEntry.objects.create(hub=hub, email="a.very.long.name.of.somebody@students.river.example.edu")
    long.groups.create(hub=hub, name="Tuesday morning", key="tuesday morning")
    rule = UserLimit.objects.create(hub=hub, kind="person", name="mia", memory_mib=4096, cpu=1.5, author=people["omar"],
                                    since=now, until=now + timedelta(days=4), reason="Her thesis")  # fmt: skip
    asked = UserLimit.objects.create(hub=hub, kind="group", name=":user", memory_mib=65536, author=people["omar"])
    draft = _ask(ines, river, "chemistry")
    waiting = requests.submit(request=_ask(ines, river, "big-data", **{"about.heads": "900"}), by=ines)
    requests.comment(request=waiting, by=stan, text="Is that one course or several?")
    returned = requests.submit(request=_ask(ines, river, "genomics", **{"singleuser.memory.limit": "64"}), by=ines)
    decisions.send_back(request=returned, by=stan, reason="64 GiB a person is too much. Would 16 do?")
    invitation = Invitation.objects.create(organization=river, invited_by=people["ada"], role="member")
    member = river.memberships.get(user=mia)
    script = service_accounts.create(organization=river, by=people["ada"], name="term-script", role="instructor")
    for person in (people["ada"], script):
        by = people["ada"]
        tokens.create(person=person, by=by, name="prepares each term", scopes=["read", "operate"], days=90)
    code, _ = devices.begin(client="hubportal", scope="read request operate", address="203.0.113.9")
    hook, delivery = _webhook(river, people["ada"])
    tell()
    particular = {
        "webhook": reverse("webhook", args=[hook.uid]),
        "webhook-delivery": reverse("webhook-delivery", args=[hook.uid, delivery.pk]),
        "inbox-all": reverse("inbox") + "?show=all",
        "mail-stop": mails.stop_url(people["ada"], "hub").removeprefix(portal.url),
        "mail-sample": reverse("mail-sample", args=["daily"]),
        "device-asked": reverse("device") + f"?user_code={code.shown_code}",
        "service-account": reverse("service-account", args=["river", script.username]),
        "problem": reverse("problem", args=["stale"]),
        "hub-person": reverse("hub-person", args=[hub.uid, entry.pk]),
        "request-review": reverse("request-review", args=[draft.uid]),
        "request-image": reverse("request-image", args=[draft.uid]),
        "request": reverse("request", args=[waiting.uid]),
        "request-returned": reverse("request", args=[returned.uid]),
        "hub-limit": reverse("hub-limit", args=[hub.uid, rule.pk]),
        "hub-limit-asked": reverse("hub-limit", args=[hub.uid, asked.pk]),
        "hub-limit-person": reverse("hub-limit-person", args=[hub.uid]) + "?name=mia",
        "member": reverse("member", args=["river", member.pk]),
        "invitation": reverse("invitation", args=[invitation.token]),
        "stalled": reverse("hub", args=[stalled.uid]),
        "ended": reverse("hub", args=[ended.uid]),
        "none": "/nothing-is-here/",
    }
    point = StartingPoint.objects.select_related("version").get(slug="class")
    newer = {**point.version.start(), "singleuser.memory.limit": "2", "homePage.text": "Welcome"}
    starting_points.publish(point=point, by=stan, seen=1, draft=newer, shown=["about.heads"], message="More memory")
    particular |= {name: reverse(name, args=["class"]) for name in STAFF if name.startswith("starting-point")
                   and name not in ("starting-point-list", "starting-point-new")}  # fmt: skip
    by_github = _ask(ines, river, "by-github", **{"signIn.method": "github"})
    particular["request-edit-by-github"] = reverse("request-edit", args=[by_github.uid, "people"]) + "?check=1"
    for step in ("about", "people", "sizes", "software", "choices", "content", "more"):
        particular[f"request-edit-{step}"] = reverse("request-edit", args=[draft.uid, step])

    def path(name: str) -> str:
        if name in particular:
            return particular[name]
        kwargs = {"uid": hub.uid} if name.startswith("hub") else {"slug": "river"} if name in ORG else {}
        return reverse(name, kwargs=kwargs)

    return portal, {name: path(name) for name in {*WHOLE, *STAFF}}


ORG = (
    "service-accounts",
    "webhooks",
    "webhooks-new",
    "registries",
    "organization",
    "organization-calendar",
    "organization-limits",
    "organization-audit",
    "people",
    "invite",
)


def look(visitor, name, path):
    """Load one page, and check it in all views."""
    page = visitor.goto(path)
    page.wait_for_load_state("load")
    reads_well(page, name)


def reader(name, ada, ines):
    return ines if name.startswith(("request", "catalogue", "home", "bring")) else ada


def test_every_page_reads_well(world, visit):
    portal, paths = world
    anonymous, ada, stan, mia, ines = (visit(portal.url) for _ in range(5))
    look(anonymous, "sign-in", "/sign-in/")
    look(anonymous, "invitation", paths["invitation"])
    for visitor, username in ((ada, "ada"), (stan, "stan"), (mia, "mia"), (ines, "ines")):
        visitor.sign_in(username)
    for name in WHOLE:
        visitor = reader(name, ada, ines)
        look(visitor, name, paths[name])
        if name in NAMES:
            picture(visitor.page, NAMES[name])
    for name in STAFF:
        look(stan, f"{name} for staff", paths[name])
    for name in ("home", "hub", "catalogue", "request-list"):
        look(mia, f"{name} for a member", paths[name])
    for visitor in (anonymous, ada, stan, mia, ines):
        assert not [c for c in visitor.complaints if "404" not in c and "403" not in c], visitor.complaints


def test_every_page_loads_on_a_phone_at_night_in_german(world, visit):
    """Scripts and server decide some things at the start for a screen and a language, whose words are longer: checks
    the pages, without axe."""
    portal, paths = world
    ada, stan, ines = (visit(portal.url, dark=True, size=PHONE, locale="de-DE") for _ in range(3))
    wrong: list[str] = []
    for visitor, username in ((ada, "ada"), (stan, "stan"), (ines, "ines")):
        visitor.sign_in(username)
    for name in dict.fromkeys((*WHOLE, *STAFF)):
        visitor = reader(name, ada, ines) if name in WHOLE else stan
        page = visitor.goto(paths[name])
        page.wait_for_load_state("load")
        assert page.get_attribute("html", "lang") == "de"
        for where, size in (("on a phone, dark", PHONE), ("on a desk", DESKTOP)):
            page.set_viewport_size(size)
            photograph(page, "German", name, where)
            wrong += misfits(page, f"{name} {where}")
        page.set_viewport_size(PHONE)
    assert not wrong, "\n".join(wrong)
    for visitor in (ada, stan, ines):
        assert not [c for c in visitor.complaints if "404" not in c and "403" not in c], visitor.complaints
