"""A class list in a browser: upload it, preview the changes, import it, undo it."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import picture
from tests.browser.looks import reads_well
from tests.browser.test_inside import _ready_hub
from tests.words import ADD_PEOPLE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = (
    'Nachname;Vorname;E-Mail;Labor\n"Nu";Tam;tam@river.example.edu;Lab B\n'
    "Müller;Zoë;zoe.mueller@river.example.edu;Lab A\nNobody;Bo;;\n"
)


def test_a_class_list_is_uploaded_previewed_imported_and_undone(portal, visit):
    hub = _ready_hub()
    hub.roster.create(email="left@river.example.edu")
    portal.start("redis", "web")
    ines = visit(portal.url)
    page = ines.sign_in("ines")
    ines.goto(reverse("hub-people", args=[hub.uid]))
    reads_well(page)
    page.locator("#add-people summary").click()  # folded, because there is a list
    page.get_by_label("Or upload a file").set_input_files(
        {"name": "klasse.csv", "mimeType": "text/csv", "buffer": LIST.encode("cp1252")}
    )
    page.get_by_role("button", name=ADD_PEOPLE).click()
    expect(page.get_by_role("heading", name="2 new")).to_be_visible()
    expect(page.get_by_role("heading", name="1 not recognised")).to_be_visible()
    expect(page.get_by_text("Zoë Müller")).to_be_visible()
    reads_well(page)

    page.get_by_label("Labor").check()
    page.get_by_role("button", name="Update preview").click()
    expect(page.locator(".tag", has_text="Lab B")).to_be_visible()
    page.get_by_label("Remove people who are not in this list").check()
    picture(page, "class-list")
    page.get_by_role("button", name="Apply changes").click()
    expect(page.get_by_text("2 people were added. 1 person was removed.")).to_be_visible()
    expect(page.get_by_text("Tam Nu")).to_be_visible()
    reads_well(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Change undone. Removed again: 2. Restored: 1.")).to_be_visible()
    expect(page.get_by_text("left@river.example.edu").first).to_be_visible()
    assert not ines.complaints, ines.complaints
