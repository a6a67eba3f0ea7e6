"""Later in the life of a hub, in a browser, on a desktop and on a phone: change an image and see the consequences, two
people at one hub, back to an earlier revision, four GiB for Mia until Friday."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from hubs.models import Hub, HubSecret, Organization, User, UserLimit
from hubs.requests.services import requests
from provisioning.hubside.common.user_limits import values_now
from tests.browser.looks import DESKTOP, PHONE, reads_well
from tests.browser.test_pages import _hub as made_hub
from tests.clusters import teaching_cluster
from tests.words import (
    ANOTHER_IMAGE,
    APPLY_CHANGE,
    AUTOMATIC,
    IMAGE_TAG,
    MEMORY_LABEL,
    NEEDS_REVIEW,
    OPENS_WITH,
    RESTARTS,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hub(portal):
    """Ines' Statistics 101, where Mia's server runs; its organisation has a limit of 8 GiB a person."""
    portal.start("redis", "web")
    people = {user.username: user for user in User.objects.all()}
    cluster = teaching_cluster(people["stan"])  # which pulls images
    Organization.objects.filter(slug="river").update(memory_per_user_mib=8192, cluster=cluster)
    hub = made_hub(people["ines"], Organization.objects.get(slug="river"), "statistics-101", "ready")
    hub.roster.create(user=people["mia"])
    return Hub.objects.get(pk=hub.pk)


@pytest.fixture
def come(portal, visit):
    def sign_in(username: str, size) -> Page:
        visitor = visit(portal.url, size=size)
        visitor.sign_in(username)
        return visitor.page

    return sign_in


def begin_change(page: Page, hub: Hub, step: str) -> None:
    page.goto(reverse("hub", args=[hub.uid]))
    page.locator("#do-change").click()
    page.wait_for_url("**/about/")
    page.goto(page.url.replace("/about/", f"/{step}/"))  # on a phone, the steps are a line without links


def send(page: Page, why: str) -> None:
    button = page.get_by_role("button", name=APPLY_CHANGE, exact=True)
    button.wait_for()
    if (folded := page.get_by_text("Add a reason", exact=True)).is_visible():
        folded.click()
    page.get_by_label("Reason for the change").fill(why)
    button.click()


def test_an_image_is_changed_with_its_consequences_and_changed_back(hub, come):
    page = come("ines", DESKTOP)
    begin_change(page, hub, "software")
    page.locator("label", has_text=ANOTHER_IMAGE).click()
    page.get_by_label(IMAGE_TAG).fill("2026-11-01")
    panel = page.locator("#forecast")
    expect(panel.get_by_text(RESTARTS, exact=True)).to_be_visible()
    expect(panel.locator("ins")).to_have_text("2026-11-01")
    expect(panel.get_by_text("1 server is running.")).to_be_visible()
    expect(panel.get_by_text(AUTOMATIC)).to_be_visible()
    reads_well(page)
    page.get_by_role("button", name="Next: Review").click()
    send(page, "The new term's packages.")
    expect(page.get_by_text("Approved automatically")).to_be_visible()
    assert Hub.objects.get(pk=hub.pk).spec.singleuser.image.tag == "2026-11-01"

    page.goto(reverse("hub-history", args=[hub.uid]))
    page.get_by_role("link", name="View settings of revision 1").click()
    page.locator("#compared").get_by_role("button", name="Restore revision 1").click()
    reads_well(page)
    expect(page.locator(".diff ins").first).to_have_text(hub.spec.singleuser.image.tag)
    send(page, "A package is missing.")
    expect(page.get_by_text("Approved automatically")).to_be_visible()
    now = Hub.objects.get(pk=hub.pk)
    assert (now.revision.number, now.spec) == (3, hub.spec)


def test_two_people_change_one_hub_and_nothing_is_lost(hub, come):
    page = come("ines", DESKTOP)
    begin_change(page, hub, "software")
    page.get_by_label(OPENS_WITH).fill("/tree")
    page.get_by_label("Announcement").fill("Welcome to spring")
    page.get_by_role("button", name="Next: Review").click()
    page.wait_for_url("**/review/")

    other = come("omar", PHONE)
    begin_change(other, hub, "software")
    other.get_by_label("Announcement").fill("Exam on Friday")
    other.get_by_role("button", name="Next: Review").click()
    other.wait_for_url("**/review/")
    send(other, "The exam.")
    expect(other.get_by_text("Approved automatically")).to_be_visible()

    page.reload()
    expect(page.get_by_text("The hub has changed")).to_be_visible()
    expect(page.locator("#clashes")).to_contain_text("Exam on Friday")
    reads_well(page)
    page.get_by_label("Exam on Friday").check()
    page.get_by_role("button", name="Bring up to date").click()
    send(page, "The file browser.")
    expect(page.get_by_text("Approved automatically")).to_be_visible()
    spec = Hub.objects.get(pk=hub.pk).spec
    assert (spec.singleuser.defaultUrl, spec.homePage.text) == ("/tree", "Exam on Friday")


def limits_at(portal, hub: Hub, name: str, at: datetime) -> dict[str, float]:
    """Return the limits that the hub receives at the start of a server, and that are effective at that moment."""
    secret = HubSecret.objects.get(hub=hub, name="oauth_client_secret").value
    answer = httpx.get(f"{portal.url}/api/hub/{hub.uid}/limits/", params={"user": name}, auth=(hub.uid, secret),
                       trust_env=False, timeout=10)  # fmt: skip
    return values_now(answer.raise_for_status().json()["limits"], at)


def test_mia_has_four_gib_until_friday(portal, hub, come):
    HubSecret.objects.create(hub=hub, name="oauth_client_secret", value="s" * 64)
    now = datetime.now(UTC)
    friday = now + timedelta(days=(4 - now.weekday()) % 7 or 7)
    page = come("omar", PHONE)
    page.goto(reverse("hub-limits", args=[hub.uid]))
    page.get_by_role("link", name="Add rule").click()
    page.get_by_label("People", exact=True).fill("mia")
    page.locator("#id_memory_mib").fill("4")
    page.get_by_label("Valid until").fill(f"{friday:%Y-%m-%d}")
    page.get_by_label("Reason").fill("Her thesis")
    reads_well(page)
    page.get_by_role("button", name="Add rule").click()
    page.wait_for_url("**/limits/")
    page.goto(reverse("hub-limit-person", args=[hub.uid]) + "?name=mia")
    expect(page.get_by_role("row", name="Memory")).to_contain_text("4 GiB")
    expect(page.get_by_role("link", name="Rule for mia", exact=True)).to_be_visible()
    reads_well(page)

    assert limits_at(portal, hub, "mia", now) == {"memory_mib": 4096}
    assert limits_at(portal, hub, "mia", friday.replace(hour=23, minute=59)) == {"memory_mib": 4096}
    assert limits_at(portal, hub, "mia", friday + timedelta(days=1)) == {}, "Friday has passed"
    assert limits_at(portal, hub, "omar", now) == {}
    assert UserLimit.objects.get().author.username == "omar"


def test_a_change_that_needs_review_says_so_while_typing(hub, come):
    page = come("ines", PHONE)
    begin_change(page, hub, "sizes")
    page.get_by_label(MEMORY_LABEL).fill("64")
    expect(page.locator("#forecast").get_by_text(NEEDS_REVIEW)).to_be_visible()
    assert not requests.ChangeRequest.objects.filter(hub=hub, state="submitted").exists()
