"""Staff make a starting point from a hub and publish a new version; a teacher gets a short form; her hub shows a
notice."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hubs.models import Hub, Organization, StartingPoint, User
from hubs.requests.services import requests
from hubs.spec import STARTING_POINTS
from tests.browser.looks import PHONE, reads_well
from tests.words import APPLY_CHANGE, CREATE_HUB, MEMORY_LABEL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MEMORY = "singleuser.memory.limit"


def _hub(**texts) -> Hub:
    """A running hub of Ines'."""
    ines, river = User.objects.get(username="ines"), Organization.objects.get(slug="river")
    row = requests.begin(organization=river, starting_point="class", by=ines)
    typed = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics 101", **texts}
    row = requests.save(request=row, by=ines, values=typed, slug="stat-101", reason="For the course.")
    row = requests.submit(request=row, by=ines)
    Hub.objects.filter(pk=row.hub_id).update(status="ready", observed_generation=1, reconcile_after=None)
    return Hub.objects.get(pk=row.hub_id)


def _make(stan, hub):
    """From the hub's page to the catalogue: only people and dates are asked."""
    page = stan.goto(reverse("hub", args=[hub.uid]))
    page.get_by_role("link", name="Create starting point…").click()
    page.get_by_label("Name", exact=True).fill("Statistics lab")
    expect(page.get_by_label("Short name", exact=True)).to_have_value("statistics-lab")
    page.get_by_label("Picture").select_option(label="Chart")
    page.locator("#id_description").fill("R and Python, with what every course of ours needs.")
    expect(page.locator("#card-preview h2")).to_have_text("Statistics lab")
    expect(page.locator("#card-preview")).to_contain_text("2 GiB of memory per person")
    expect(page.get_by_label("Organisations", exact=True)).to_be_hidden()
    page.get_by_label("Selected organisations").check()
    page.get_by_label("Organisations", exact=True).select_option(label="River University")
    for box in page.locator("input[name=asked]").all():
        box.evaluate("(box) => { box.checked = ['about.heads', 'about.starts'].includes(box.value); }")
    reads_well(page)
    page.get_by_role("button", name="Create starting point").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Statistics lab")
    reads_well(page)


def _begin(ines):
    """The short form: two pages and the review."""
    page = ines.goto(reverse("catalogue"))
    page.get_by_role("button", name="Statistics lab").click()
    page.get_by_label("Name", exact=True).fill("Statistics 102")
    page.locator('[name="about.heads"]').fill("24")
    expect(page.get_by_role("navigation", name="Steps").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Next: Review").click()
    expect(page.get_by_text("set by “Statistics lab”").first).to_be_visible()
    expect(page.get_by_text(CREATE_HUB, exact=True)).to_be_enabled()
    reads_well(page)
    page.get_by_role("button", name=CREATE_HUB).click()
    page.wait_for_url("**/hubs/**")


def test_from_a_hub_to_a_starting_point_and_a_hub_that_adopts_its_next_version(portal, visit):
    portal.start("redis", "web")
    hub = _hub(**{MEMORY: "2"})
    stan, ines = visit(portal.url), visit(portal.url)
    stan.sign_in("stan")
    ines.sign_in("ines")
    _make(stan, hub)
    _begin(ines)
    made = Hub.objects.select_related("starting_version__point", "revision").get(slug="statistics-102")
    assert (made.starting_version.point.slug, made.spec.singleuser.memory.limit) == ("statistics-lab", "2G")

    page = stan.goto(reverse("starting-point-edit", args=["statistics-lab"]))
    page.get_by_label(MEMORY_LABEL, exact=True).fill("3")
    page.get_by_role("button", name="Review changes").first.click()
    expect(page.locator(".diff ins")).to_have_text(["3 GiB"])
    page.get_by_label("What’s new in this version").fill("Three GiB, because two were not enough.")
    page.get_by_role("button", name="Publish new version").click()
    expect(page.get_by_text("Version 2 was published.")).to_be_visible()
    page.get_by_role("button", name="Show differences").click()
    expect(page.locator("#compared ins")).to_have_text(["3 GiB"])

    page = ines.goto(reverse("hub", args=[made.uid]))
    expect(page.locator("#newer")).to_contain_text("“Statistics lab” has a newer version")
    page.get_by_role("link", name="View changes").click()
    reads_well(page)
    page.get_by_role("button", name="Update to version 2…").click()
    expect(page.locator("ins").first).to_have_text("3 GiB")
    page.get_by_role("button", name=APPLY_CHANGE).click()
    page.wait_for_url(f"**/hubs/{made.uid}/")
    expect(page.locator("#newer")).to_have_count(0)
    made.refresh_from_db()
    assert made.starting_version == StartingPoint.objects.get(slug="statistics-lab").version
    for visitor in (stan, ines):
        assert not visitor.complaints


def test_limits_are_previewed_with_the_last_requests_while_typing(portal, visit):
    portal.start("redis", "web")
    _hub()
    stan = visit(portal.url, size=PHONE)
    stan.sign_in("stan")
    page = stan.goto(reverse("organization-limits", args=["river"]))
    page.get_by_label("Memory per person", exact=True).fill("0.5")
    panel = page.locator("#policy-preview")
    expect(panel).to_contain_text("0 of 1 would have been approved automatically")
    expect(panel).to_contain_text("Memory per person: 1 GiB is above the limit of River University (512 MiB).")
    reads_well(page)
    page.get_by_label("Memory per person", exact=True).fill("")
    expect(panel).to_contain_text("Correct the limits first")
    assert Organization.objects.get(slug="river").memory_per_user_mib == 4096
    assert not stan.complaints
