"""The page of all endpoints in a real browser: one is found, and called as the signed-in person."""

import pytest
from playwright.sync_api import expect

from hubs.models import ApiToken, User
from tests.browser.looks import PHONE, reads_well

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_endpoint_is_found_and_tried(portal, visit):
    portal.start("redis", "web")
    visitor = visit(portal.url, size=PHONE)
    page = visitor.sign_in("ines")
    page.goto(portal.url + "/api/v1/docs/")
    page.get_by_label("Find an endpoint").fill("token post")
    expect(page.get_by_role("heading", name="Audit", exact=True)).to_be_hidden()
    page.locator("#tokens_create summary").click()
    form = page.get_by_role("form", name="Try POST /api/v1/tokens/")
    form.get_by_label("Body").fill('{"name": "from the page", "scopes": ["read"]}')
    page.once("dialog", lambda dialog: dialog.dismiss())
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_be_empty()
    assert not ApiToken.objects.exists(), "the call was not confirmed"
    page.once("dialog", lambda dialog: dialog.accept())
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_contain_text("201 Created")
    assert ApiToken.objects.get().person == User.objects.get(username="ines")
    reads_well(page)
    page.get_by_label("Find an endpoint").fill("/api/v1/hubs/{uid}/ get")
    page.locator("#hubs_retrieve summary").click()
    form = page.get_by_role("form", name="Try GET /api/v1/hubs/{uid}/", exact=True)
    form.get_by_label("uid").fill("a/b?c")
    form.get_by_role("button").click()
    expect(form.get_by_role("status")).to_contain_text("404 Not Found")
    assert [text for text in visitor.complaints if "404" not in text] == []


def test_without_signing_in_the_page_is_read_only(portal, visit):
    portal.start("redis", "web")
    page = visit(portal.url).goto("/api/v1/docs/")
    page.locator("#hubs_list summary").click()
    expect(page.get_by_text("List the hubs visible to the caller")).to_have_count(2)
    expect(page.get_by_role("button", name="Send")).to_have_count(0)
    reads_well(page)
