"""Every page, light and dark, on a desk and on a phone: axe finds nothing, nothing is wider than the screen, and the
strict Content-Security-Policy stops nothing of ours."""

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.models import Hub, Invitation, Organization, ProvisioningRun, RosterEntry, RunStep, User
from hubs.services import requests
from hubs.spec import STARTING_POINTS
from tests.browser.conftest import DESKTOP, PHONE, no_violations, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WHOLE = (
    "home", "hub", "hub-history", "hub-people", "hub-person", "hub-limits", "hub-audit", "hub-suspend", "hub-retire",
    "request-list", "catalogue", "request-edit-about", "request-edit-people", "request-edit-sizes",
    "request-edit-software", "request-review", "request", "request-returned", "organization-list", "organization",
    "organization-limits", "organization-audit", "people", "invite", "member", "invitation", "profile", "stalled",
    "none",
)  # fmt: skip
STAFF = (
    "home",
    "staff-hubs",
    "queue",
    "request",
    "hub",
    "organization-new",
    "organization-limits",
    "audit",
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
    return requests.save(
        request=request, by=by, values={**STARTING_POINTS["class"].draft(), **title, **values}, slug=slug
    )


def _hub(ines, river, slug, status) -> Hub:
    """A hub as reconcile would have left it."""
    hub = Hub.objects.get(pk=requests.submit(request=_ask(ines, river, slug), by=ines).hub_id)
    failed = status == "stalled"
    words = "The image cannot be had: nobody knows river/none:1." if failed else "People can work."
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
    RunStep.objects.create(run=run, name="prepare", title="Reserve address, keys and sign-in", state="done")
    state = "failed" if failed else "done"
    RunStep.objects.create(run=run, name="hub", title="Start the hub", state=state, message=run.message)
    return hub


@pytest.fixture
def world(portal):
    """A portal with something of everything, and the address of each page."""
    portal.start("redis", "web")
    river = Organization.objects.get(slug="river")
    people = {user.username: user for user in User.objects.all()}
    ines, stan, mia = people["ines"], people["stan"], people["mia"]
    hub = _hub(ines, river, "statistics-101", "ready")
    stalled = _hub(ines, river, "machine-learning", "stalled")
    _hub(ines, river, "physics-2", "updating")
    entry = RosterEntry.objects.create(hub=hub, user=mia)
    RosterEntry.objects.create(hub=hub, email="a.very.long.name.of.somebody@students.river.example.edu")
    draft = _ask(ines, river, "chemistry")
    waiting = requests.submit(request=_ask(ines, river, "big-data", **{"about.heads": "900"}), by=ines)
    requests.comment(request=waiting, by=stan, text="Is that one course or several?")
    returned = requests.submit(request=_ask(ines, river, "genomics", **{"singleuser.memory.limit": "64"}), by=ines)
    requests.send_back(request=returned, by=stan, reason="64 GiB a person is too much. Would 16 do?")
    invitation = Invitation.objects.create(organization=river, invited_by=people["ada"], role="member")
    member = river.memberships.get(user=mia)
    particular = {
        "hub-person": reverse("hub-person", args=[hub.uid, entry.pk]),
        "request-review": reverse("request-review", args=[draft.uid]),
        "request": reverse("request", args=[waiting.uid]),
        "request-returned": reverse("request", args=[returned.uid]),
        "member": reverse("member", args=["river", member.pk]),
        "invitation": reverse("invitation", args=[invitation.token]),
        "stalled": reverse("hub", args=[stalled.uid]),
        "none": "/nothing-is-here/",
    }
    for step in ("about", "people", "sizes", "software"):
        particular[f"request-edit-{step}"] = reverse("request-edit", args=[draft.uid, step])

    def path(name: str) -> str:
        if name in particular:
            return particular[name]
        kwargs = {"uid": hub.uid} if name.startswith("hub") else {"slug": "river"} if name in ORG else {}
        return reverse(name, kwargs=kwargs)

    return portal, {name: path(name) for name in {*WHOLE, *STAFF}}


ORG = ("organization", "organization-limits", "organization-audit", "people", "invite")


def look(visitor, name, path):
    page = visitor.goto(path)
    page.wait_for_load_state("load")
    no_violations(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px wider than the screen"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_reads_well(world, visit, dark, size):
    portal, paths = world
    anonymous = visit(portal.url, dark=dark, size=size)
    look(anonymous, "sign-in", "/sign-in/")
    look(anonymous, "invitation", paths["invitation"])
    ada, stan, mia = (visit(portal.url, dark=dark, size=size) for _ in range(3))
    ines = visit(portal.url, dark=dark, size=size)
    for visitor, username in ((ada, "ada"), (stan, "stan"), (mia, "mia"), (ines, "ines")):
        visitor.sign_in(username)
    for name in WHOLE:
        visitor = ines if name.startswith(("request", "catalogue", "home")) else ada
        look(visitor, name, paths[name])
        if name in NAMES and size == DESKTOP and not dark:
            picture(visitor.page, NAMES[name])
    if size == PHONE and dark:
        ines.goto(paths["hub"])
        picture(ines.page, "phone")
    for name in STAFF:
        look(stan, f"{name} for staff", paths[name])
    for name in ("home", "hub", "catalogue", "request-list"):
        look(mia, f"{name} for a member", paths[name])
    for visitor in (anonymous, ada, stan, mia, ines):
        assert not [c for c in visitor.complaints if "404" not in c and "403" not in c], visitor.complaints
