"""A teacher's journey with two session ends on the way, and one draft in two tabs: nothing typed is lost."""

import re

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from hubs import demo
from hubs.models import ChangeRequest, Hub
from tests.browser.conftest import begin_class, picture
from tests.browser.looks import PHONE, reads_well
from tests.stack.portal import until
from tests.words import (
    ADD_PEOPLE,
    CREATE_HUB,
    DRAFT_SAVED,
    GUARANTEED_MEMORY,
    MEMORY_LABEL,
    NOT_YET,
    PEOPLE_COUNT,
    SIGNED_OUT,
    USER_NAME,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = "Nu, Tam <tam@river.example.edu>; Müller, Zoë <zoe.mueller@river.example.edu>"


def session_ends() -> None:
    """End all sessions, as some hours or signing out everywhere would."""
    assert Session.objects.all().delete()[0]


def sign_in_beside(page: Page) -> None:
    """Sign in by the dialog's own link: in a second tab, which then says where to continue."""
    dialog = page.get_by_role("dialog", name=SIGNED_OUT)
    expect(dialog).to_be_visible()
    reads_well(page)
    picture(page, "signed-out")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    tab = opened.value
    tab.get_by_label(USER_NAME).fill("ines")
    tab.get_by_label("Password", exact=True).fill(demo.PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.get_by_role("heading", name="You are signed in")).to_be_visible()
    reads_well(tab)
    tab.close()
    expect(dialog).to_be_hidden()


def test_a_session_that_ends_twice_loses_nothing(portal, visit):
    portal.start("redis", "web")
    ines = visit(portal.url, size=PHONE, dark=True)
    page = ines.sign_in("ines")
    begin_class(page)
    page.get_by_label("Name", exact=True).fill("Statistics 101 — spring")
    expect(page.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()

    session_ends()  # within the form: the page notices at its autosave, and stays
    page.get_by_label(PEOPLE_COUNT, exact=True).fill("45")
    sign_in_beside(page)
    expect(page.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()
    expect(page.get_by_label(PEOPLE_COUNT, exact=True)).to_have_value("45")
    draft = ChangeRequest.objects.get()
    assert (draft.title, draft.draft["about.heads"]) == ("Statistics 101 — spring", "45")
    for step in ("Sign-in", "Resources", "Software", "Review"):
        page.get_by_role("button", name=f"Next: {step}").click()
    expect(page.get_by_text("45 people", exact=True)).to_be_visible()
    reads_well(page)
    page.get_by_role("button", name=CREATE_HUB, exact=True).click()
    page.wait_for_url(re.compile("/hubs/"))

    page.clock.install()
    page.goto(f"{portal.url}/hubs/{Hub.objects.get().uid}/people/")
    page.locator("textarea[name=names]").fill(LIST)
    session_ends()  # with a pasted class list, and a page that was open for a while
    page.clock.fast_forward(120_000)  # the page may notice by itself before the button is pressed
    page.get_by_role("button", name=ADD_PEOPLE).evaluate("button => button.form.requestSubmit(button)")
    sign_in_beside(page)
    expect(page.locator("textarea[name=names]")).to_have_value(LIST)
    page.get_by_role("button", name=ADD_PEOPLE).click()
    expect(page.get_by_text("Zoë Müller").first).to_be_visible()
    storage = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "river.example.edu" not in storage
    expected = ("401", "403")  # browsers report a save without a session
    assert not [one for one in ines.complaints if not any(code in one for code in expected)], ines.complaints


def test_a_folded_field_with_an_error_is_opened_and_named(portal, visit):
    portal.start("redis", "web")
    ines = visit(portal.url, size=PHONE)
    page = ines.sign_in("ines")
    begin_class(page)
    page.goto(page.url.replace("about", "sizes"))
    folded = page.get_by_label(GUARANTEED_MEMORY, exact=True)
    expect(folded).to_be_hidden()
    page.get_by_label(MEMORY_LABEL, exact=True).fill("0.1")
    panel = page.locator("#forecast")
    expect(panel).to_contain_text(NOT_YET)
    expect(panel.get_by_role("link", name=GUARANTEED_MEMORY)).to_be_visible()
    expect(folded).to_be_visible()
    reads_well(page)


def test_two_tabs_on_one_draft(portal, visit):
    portal.start("redis", "web")
    ines = visit(portal.url)
    page = ines.sign_in("ines")
    begin_class(page)
    page.get_by_label("Name", exact=True).fill("Two tabs")
    expect(page.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()
    other = ines.context.new_page()
    other.goto(page.url)
    other.get_by_label(PEOPLE_COUNT, exact=True).fill("31")
    other.locator("summary", has_text="More settings").click()
    other.get_by_label("Description").fill("From the other tab.")
    expect(other.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()

    page.bring_to_front()
    page.get_by_label(PEOPLE_COUNT, exact=True).fill("40")
    asked = page.get_by_role("group", name=re.compile("also changed in another tab"))
    expect(asked).to_be_visible()
    expect(asked).to_contain_text("31")
    expect(page.get_by_label("Description")).to_have_value("From the other tab.")
    expect(page.get_by_label(PEOPLE_COUNT, exact=True)).to_have_value("40")
    reads_well(page)
    picture(page, "two-tabs")
    asked.get_by_label("Keep your value").check()
    expect(asked).to_be_hidden()
    expect(page.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()
    assert ChangeRequest.objects.get().draft["about.heads"] == "40"

    other.bring_to_front()
    other.get_by_label(PEOPLE_COUNT, exact=True).fill("32")
    again = other.get_by_role("group", name=re.compile("also changed in another tab"))
    again.get_by_label(re.compile("Use the other value")).check()
    expect(again).to_be_hidden()
    expect(other.get_by_label(PEOPLE_COUNT, exact=True)).to_have_value("40")
    assert not ines.complaints, ines.complaints


def test_text_typed_before_the_scripts_have_loaded_is_kept_and_checked(portal, visit):
    """On a slow connection, people can type before the scripts have loaded; the scripts then read what was typed."""
    portal.start("redis", "web")
    ines = visit(portal.url)
    page = ines.sign_in("ines")
    begin_class(page)
    held, scripts = [], re.compile(r"/(?!theme)[\w.-]+\.js$")  # the theme's script runs before anything is drawn
    page.route(scripts, lambda route: held.append(route))
    page.goto(page.url.replace("about", "sizes"), wait_until="commit")
    page.get_by_label(MEMORY_LABEL, exact=True).fill("64")
    until(lambda: page.evaluate("1") and len(held) > 5, "the scripts are asked for")
    for one in held:
        one.continue_()
    page.unroute(scripts)
    expect(page.locator("#forecast")).to_contain_text("is above the limit of River University")
    expect(page.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()
    assert ChangeRequest.objects.get().draft["singleuser.memory.limit"] == "64"
    assert not ines.complaints, ines.complaints
