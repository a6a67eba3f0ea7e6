"""An institution is found by its name and added to the form, with only the keyboard."""

import json

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hubs.models import Organization, User
from hubs.requests.services.institutions import load
from tests.browser.looks import PHONE, reads_well
from tests.browser.test_pages import _ask
from tests.stack.portal import until
from tests.test_institutions import LIST

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_institution_is_found_by_keyboard(portal, visit):
    portal.start("redis", "web")
    load(json.dumps(LIST))
    ines = User.objects.get(username="ines")
    row = _ask(ines, Organization.objects.get(slug="river"), "chemistry", **{"signIn.method": "cilogon"})
    visitor = visit(portal.url, size=PHONE)
    visitor.sign_in("ines")
    page = visitor.goto(reverse("request-edit", args=[row.uid, "people"]))
    box = page.get_by_role("combobox", name="Find an institution")
    box.focus()
    page.keyboard.type("univ")
    expect(page.locator("#institution-list [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#institution-list [aria-selected=true]")).to_contain_text("Université du Lac")
    reads_well(page)
    page.keyboard.press("Enter")
    area = page.locator("textarea[data-institutions]")
    expect(area).to_have_value("https://idp.lake.example.org/idp")
    expect(page.locator("#institution-list")).to_be_hidden()
    page.keyboard.type("river")
    expect(page.locator("#institution-list [role=option]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#institution-list")).to_be_hidden()

    def kept() -> bool:
        row.refresh_from_db()
        return row.draft["signIn.cilogon.institutions"] == "https://idp.lake.example.org/idp"

    until(kept, "the draft has it")
    assert "institution-search" not in json.dumps(row.draft)
    assert not visitor.complaints, visitor.complaints
