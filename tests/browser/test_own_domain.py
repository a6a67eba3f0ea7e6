"""A custom domain and a content link, as Ines finds them on a desktop and on a phone."""

import pytest
from django.urls import reverse

from hubs.models import Cluster, Hub, HubDomain, User
from hubs.requests.services import requests
from tests.browser.looks import PHONE, reads_well
from tests.words import REPOSITORY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hub(portal, class_draft) -> Hub:
    """A hub in a cluster that creates certificates; no worker runs."""
    portal.start("redis", "web")
    ines = User.objects.get(username="ines")
    river = ines.memberships.get().organization
    request = requests.begin(organization=river, starting_point="class", by=ines)
    request = requests.save(request=request, by=ines, values=class_draft, slug="stat-101")
    made = requests.submit(request=request, by=ines).hub
    assert made
    Cluster.objects.filter(pk=made.cluster_id).update(
        runtime="kubernetes", domain="hubs.example.net", routing="ingress", tls="issuer", tls_issuer="letsencrypt"
    )
    url = "https://stat-101.hubs.example.net/"
    Hub.objects.filter(pk=made.pk).update(status="ready", url=url, observed_generation=1, reconcile_after=None)
    return made


def test_a_domain_is_typed_and_its_records_are_shown(portal, visit, hub, tmp_path):
    visitor = visit(portal.url)
    page = visitor.sign_in("ines")
    visitor.goto(reverse("hub-domain", args=[hub.uid]))
    reads_well(page)
    page.get_by_label("Domain", exact=True).fill("hub")
    page.get_by_role("button", name="Add custom domain").click()
    page.get_by_text("This is not a valid domain name").first.wait_for()
    reads_well(page)
    page.get_by_label("Domain", exact=True).fill("hub.river.example.edu")
    page.get_by_role("button", name="Add custom domain").click()
    page.get_by_role("heading", name="First record").wait_for()
    assert page.locator("#txt-value").text_content() == HubDomain.objects.get().record_value
    reads_well(page)
    page.screenshot(path=tmp_path / "records.png", full_page=True)
    page.get_by_role("link", name="Remove…").click()
    page.get_by_role("heading", name="Remove hub.river.example.edu?").wait_for()
    reads_well(page)
    page.get_by_role("button", name="Remove domain").click()
    page.get_by_role("button", name="Add custom domain").wait_for()
    assert not HubDomain.objects.exists()


def test_a_content_link_is_created_while_typing(portal, visit, hub, tmp_path):
    revision = hub.revision  # with an image of which the portal does not know what it lacks
    revision.data.setdefault("singleuser", {}).setdefault("image", {})["name"] = "registry.example.edu/class"
    revision.save(update_fields=["data"])
    visitor = visit(portal.url, size=PHONE)
    page = visitor.sign_in("ines")
    visitor.goto(reverse("hub-content-link", args=[hub.uid]))
    reads_well(page)
    page.get_by_label(REPOSITORY).fill("https://git.example.edu/stats/course/pull/3")
    page.locator("#link-made .warning").wait_for()
    page.get_by_label(REPOSITORY).fill("https://git.example.edu/stats/course")
    page.get_by_label("File or folder to open").press_sequentially("week 1/start.ipynb")
    page.locator("#made", has_text="course%2Fweek%25201%2Fstart.ipynb").wait_for()
    assert page.locator("#link-made").count() == 1
    reads_well(page)
    page.screenshot(path=tmp_path / "link.png", full_page=True)
