"""Inside a hub, and a hub in an unreachable cluster: a live log, and pages that do not wait for the cluster."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from hubs.hub.services import hubs as hub_services
from hubs.models import Cluster, Hub, Organization, User
from hubs.requests.services import requests
from hubs.spec import STARTING_POINTS
from tests.browser.looks import PHONE, reads_well
from tests.stack.portal import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Nothing listens on port 9, and the token is invalid.
NOWHERE = """
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://127.0.0.1:9"}}]
users: [{name: u, user: {token: none}}]
"""


def _asked(slug, **values):
    ines, river = User.objects.get(username="ines"), Organization.objects.get(slug="river")
    row = requests.begin(organization=river, starting_point="class", by=ines)
    typed = {**STARTING_POINTS["class"].draft(), "about.title": slug.title(), **values}
    return requests.submit(
        request=requests.save(request=row, by=ines, values=typed, slug=slug, reason="For class."), by=ines
    )


def _ready_hub() -> Hub:
    """A hub as reconcile would have left it."""
    hub = _asked("chemistry").hub
    servers = [{"user": "mia", "name": "", "ready": True, "started": "", "last_activity": ""}]
    Hub.objects.filter(pk=hub.pk).update(
        status="ready", observed_generation=1, observed_at=timezone.now(), reconcile_after=None, servers=servers
    )
    return Hub.objects.get(pk=hub.pk)


@pytest.fixture
def unreachable(portal):
    """The organisation's hubs run in an unreachable cluster."""
    campus = Cluster.objects.create(
        slug="campus", name="Campus", runtime="kubernetes", domain="hubs.example.edu", kubeconfig=NOWHERE
    )
    Organization.objects.filter(slug="river").update(cluster=campus)
    portal.start("redis", "web")
    return portal


def test_the_log_is_live_until_it_is_paused(portal, visit):
    hub = _ready_hub()
    folder = portal.var / "hubs" / hub.uid
    folder.mkdir(parents=True)
    (folder / "hub.part.json").write_text("{}")  # where the local runtime keeps the log of a part
    (folder / "secrets.json").write_text(json.dumps({"token": "open-sesame-please"}))

    def write(line: str) -> None:
        with (folder / "hub.log").open("a") as log:
            log.write(line + "\n")

    write("\n".join(f"line {n}" for n in range(200)))
    portal.start("redis", "web")
    ines = visit(portal.url)
    ines.sign_in("ines")
    page = ines.goto(reverse("hub-logs", args=[hub.uid]))
    page.get_by_text("line 199").wait_for()
    box = page.locator("#log-box")
    assert box.evaluate("box => Math.abs(box.scrollTop) < 2 && box.scrollHeight > box.clientHeight"), "opens at its end"
    box.evaluate("box => { box.scrollTop = -400; }")
    write("written meanwhile with open-sesame-please")
    page.get_by_text("written meanwhile with …").wait_for()
    assert box.evaluate("box => box.scrollTop") == pytest.approx(-400, abs=40), "the view stays where the reader is"
    reads_well(page)

    held = page.get_by_role("button", name="Pause")
    held.click()
    page.evaluate("""() => { window.held = 0; document.addEventListener("htmx:beforeRequest",
        event => { if (event.defaultPrevented) window.held += 1; }); }""")
    write("while it is held")
    until(lambda: page.evaluate("window.held"), "a question was held back")
    assert page.get_by_text("while it is held").count() == 0
    held.click()
    page.get_by_text("while it is held").wait_for()
    portal.kill("web")
    assert page.get_by_text("line 199").count() == 1, "the log stays"
    assert not [c for c in ines.complaints if "ERR_" not in c], ines.complaints


def test_an_unreachable_cluster_delays_no_page(unreachable, visit):
    portal = unreachable
    hub, waiting = _ready_hub(), _asked("big-data", **{"about.heads": "900"})
    kept = _asked("history").hub
    hub_services.retire(hub=kept, by=User.objects.get(username="ada"), typed="history", keep_days=9)
    stan = visit(portal.url)
    stan.sign_in("stan")
    page = stan.goto(reverse("request", args=[waiting.uid]))
    page.get_by_text("The cluster is not available").wait_for()
    assert page.get_by_role("button", name="Approve").is_enabled(), "the request can be decided anyway"
    reads_well(page)
    for name, words in (
        ("hub", "Restart hub"),
        ("hub-logs", "The log can’t be read now"),
        ("hub-objects", "The objects can’t be read now"),
        ("hub-retire", "Keep for some days"),
        ("hub-pause", "All repairs and requested changes"),
        ("hub-stop-servers", "Stop 1 server"),
    ):
        page = stan.goto(reverse(name, args=[hub.uid]))
        page.get_by_text(words).first.wait_for()
        reads_well(page)
    page = stan.goto(reverse("hub-delete-files", args=[kept.uid]))
    page.get_by_text("All files that people had").wait_for()
    reads_well(page)


def test_staff_pause_a_hub_and_its_teacher_sees_it_without_a_reload(portal, visit):
    hub = _ready_hub()
    portal.start("redis", "web")
    ines, stan = visit(portal.url, size=PHONE), visit(portal.url)
    ines.sign_in("ines")
    stan.sign_in("stan")
    teacher = ines.goto(reverse("hub", args=[hub.uid]))
    teacher.get_by_text("live", exact=True).wait_for()
    page = stan.goto(reverse("hub-pause", args=[hub.uid]))
    page.get_by_label("Reason").fill("We try another image.")
    page.get_by_role("button", name="Pause repairs").click()
    teacher.get_by_text("We try another image.").wait_for()
    reads_well(teacher)
    reads_well(page)
    page.get_by_role("button", name="Resume repairs").click()
    teacher.get_by_text("We try another image.").wait_for(state="detached")
    until(lambda: Hub.objects.get(pk=hub.pk).paused_at is None, "the pause is over")


def test_on_a_phone_activity_comes_before_actions_and_details(portal, visit):
    hub = _ready_hub()
    portal.start("redis", "web")
    ines = visit(portal.url, size=PHONE)
    ines.sign_in("ines")
    page = ines.goto(reverse("hub", args=[hub.uid]))
    top = {name: page.get_by_role("heading", name=name, exact=True).bounding_box()["y"] for name in
           ("Running servers", "Activity", "Actions", "Details")}  # fmt: skip
    assert list(top) == sorted(top, key=top.__getitem__)
