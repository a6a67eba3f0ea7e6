"""“More configuration” is written with suggested keys of the schema, with only the keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from hubs.models import Organization, User
from tests.browser.looks import reads_well
from tests.browser.test_pages import _ask
from tests.stack.portal import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WRITTEN = "singleuser:\n  memory:\n    limit: 2G\n    guarantee: 1G"


def test_keys_are_offered_where_they_belong(portal, visit):
    portal.start("redis", "web")
    ines = User.objects.get(username="ines")
    row = _ask(ines, Organization.objects.get(slug="river"), "chemistry")
    visitor = visit(portal.url)
    visitor.sign_in("ines")
    slow = []  # typed before the keys have loaded
    visitor.page.route("**/values/keys/", lambda route: slow.append(route))
    page = visitor.goto(reverse("request-edit", args=[row.uid, "more"]))
    area = page.locator("textarea[data-keys]")
    with page.expect_request("**/values/keys/"):
        area.focus()
    offered = page.locator("[role=listbox][aria-label=Keys] [role=option]")
    keys = page.keyboard
    keys.type("singleu")
    until(lambda: page.evaluate("1") and slow, "the keys were asked for")
    slow[0].continue_()
    expect(offered).to_have_text(["singleuser"])
    reads_well(page)
    keys.press("ArrowDown")
    keys.press("Enter")
    expect(area).to_have_value("singleuser:\n  ")
    keys.type("mem")
    keys.press("ArrowDown")
    keys.press("Enter")
    keys.type("lim")
    expect(offered).to_have_text(["limit"])
    keys.press("ArrowUp")
    keys.press("Enter")
    keys.type("2G")
    keys.press("Enter")
    keys.type("    l")
    expect(page.get_by_role("listbox", name="Keys")).to_be_hidden()
    keys.press("Backspace")
    keys.type("g")
    expect(offered).to_have_text(["guarantee"])
    keys.press("ArrowDown")
    keys.press("Escape")
    expect(page.get_by_role("listbox", name="Keys")).to_be_hidden()
    keys.type("uarantee: 1G")
    expect(area).to_have_value(WRITTEN)

    def kept() -> bool:
        row.refresh_from_db()
        return row.draft["more"].strip() == WRITTEN

    until(kept, "the draft has it")
    assert not visitor.complaints, visitor.complaints
