"""Ines chooses software by its name, and types an invalid image; Stan and Omar manage the catalogue."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hubs import demo
from hubs.models import CatalogueImage, ChangeRequest, Organization, User
from hubs.requests.services import requests
from hubs.spec import STARTING_POINTS
from tests.browser.looks import DESKTOP, PHONE, reads_well
from tests.browser.test_pages import look
from tests.clusters import teaching_cluster
from tests.words import ANOTHER_IMAGE, IMAGE_TAG, NOT_YET, PYTHON_IMAGE, SHORT_NAME, USER_NAME

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, TAG = "singleuser.image.name", "singleuser.image.tag"


@pytest.fixture
def row(portal):
    """A draft of Ines'."""
    portal.start("redis", "web")
    cluster = teaching_cluster(User.objects.get(username="stan"))  # this machine pulls no images and offers no profiles
    Organization.objects.filter(slug="river").update(cluster=cluster)
    ines, river = User.objects.get(username="ines"), Organization.objects.get(slug="river")
    made = requests.begin(organization=river, starting_point="class", by=ines)
    values = {**STARTING_POINTS["class"].draft(), "about.title": "Statistics"}
    contents = {"python": "3.12.7", "jupyterlab": "4.4.9", "jupyterhub": "5.3.0", "git": "2.43.0"}
    CatalogueImage.objects.filter(slug="python").update(contents=contents, probe_state="starts", newer="2026-11-02")
    card = {"name": "R with RStudio", "image": "docker.io/rocker/binder", "tag": "4.4.2", "languages": ["R"]}
    CatalogueImage.objects.create(slug="rstudio", **card)
    return requests.save(request=made, by=ines, values=values, slug="statistics", reason="For the course.")


def kept(row):
    draft = ChangeRequest.objects.get(pk=row.pk).draft
    return draft[NAME], draft[TAG]


def test_a_card_fills_the_form_and_an_invalid_image_gets_a_suggestion(row, portal, visit):
    ines = visit(portal.url, size=PHONE, dark=True)
    page = ines.sign_in("ines")
    ines.goto(reverse("request-edit", args=[row.uid, "software"]))
    name = page.get_by_label("Image", exact=True)
    expect(page.get_by_label(PYTHON_IMAGE)).to_be_checked()
    expect(name).to_be_hidden()
    reads_well(page)
    with page.expect_response(lambda answer: answer.url.endswith("/save/")):
        page.locator("label", has_text="R with RStudio").click()
    assert kept(row) == ("docker.io/rocker/binder", "4.4.2")
    page.locator("label", has_text=ANOTHER_IMAGE).click()
    expect(name).to_be_visible()
    name.fill("R with RStudio")
    found = page.locator("#image-found")
    expect(found).to_contain_text("contain spaces")
    expect(page.locator("#forecast")).to_contain_text(NOT_YET)
    reads_well(page)
    with page.expect_response(lambda answer: answer.url.endswith("/save/")):
        found.get_by_role("button", name="R with RStudio").click()
    expect(page.get_by_label("R with RStudio")).to_be_checked()
    expect(name).to_be_hidden()
    assert kept(row) == ("docker.io/rocker/binder", "4.4.2")
    page.reload()
    expect(page.get_by_label("R with RStudio")).to_be_checked()
    assert not ines.complaints, ines.complaints


def test_without_javascript_a_card_counts(row, portal, chromium):
    context = chromium.new_context(java_script_enabled=False, base_url=portal.url, viewport=DESKTOP)
    page = context.new_page()
    try:
        page.goto("/sign-in/")
        page.get_by_label(USER_NAME).fill("ines")
        page.get_by_label("Password", exact=True).fill(demo.PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(reverse("request-edit", args=[row.uid, "software"]))
        page.locator("label", has_text="Python, R and Julia").click()
        page.get_by_role("button", name="Next").click()
        assert kept(row) == ("quay.io/jupyter/datascience-notebook", "2026-10-05")
    finally:
        context.close()


def test_staff_and_admins_manage_the_catalogue(row, portal, visit):
    stan = visit(portal.url)
    page = stan.sign_in("stan")
    look(stan, "image-list", reverse("image-list"))
    page.get_by_role("link", name="R in notebooks").click()
    page.get_by_label("Replaced by").select_option(label="R with RStudio")
    reads_well(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="R in notebooks")).to_contain_text("Deprecated")
    reads_well(page)
    omar = visit(portal.url)
    page = omar.sign_in("omar")
    look(omar, "organization-image-list", reverse("organization-image-list", args=["river"]))
    page.get_by_role("link", name="Add image").first.click()
    page.get_by_label("Name", exact=True).fill("Our statistics")
    expect(page.get_by_label(SHORT_NAME)).to_have_value("our-statistics")
    page.get_by_label("Image", exact=True).fill("quay.io/river/statistics")
    page.get_by_label(IMAGE_TAG).fill("2026-10")
    reads_well(page)
    page.get_by_role("button", name="Add image").click()
    expect(page.get_by_role("row", name="Our statistics")).to_contain_text("Test requested")
    reads_well(page)
    assert not stan.complaints + omar.complaints
