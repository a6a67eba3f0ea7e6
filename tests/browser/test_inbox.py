"""The inbox in a real browser: its count is updated on every page, and nothing typed is lost."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hubs.hub.services import hubs
from hubs.models import Hub, Notification, Organization, User
from hubs.requests.services import requests
from portal.tasks import tell
from tests.browser.looks import DESKTOP, PHONE, reads_well
from tests.browser.test_pages import _ask, _hub
from tests.stack.portal import until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def shot(page, name):
    if folder := os.environ.get("HUBPORTAL_LOOK"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_count_is_live_and_a_notification_leads_to_its_page(portal, visit):
    portal.start("redis", "web")
    river, ines = Organization.objects.get(slug="river"), User.objects.get(username="ines")
    ada, omar = User.objects.get(username="ada"), User.objects.get(username="omar")
    hub = _hub(ines, river, "statistics-101", "ready")
    tell()
    Notification.objects.all().delete()
    visitor = visit(portal.url, size=DESKTOP)
    page = visitor.sign_in("ada")
    count = page.locator("#inbox-count .badge")
    held = []
    page.route("**/live/inbox/", lambda route: held.append(route), times=1)
    page.goto(portal.url + "/profile/")
    expect(count).to_have_count(0)
    hubs.suspend(hub=hub, by=omar)
    tell()  # after the page was rendered, before it listens
    until(lambda: held or page.wait_for_timeout(20), "the page asks for its stream")
    held[0].continue_()
    expect(count).to_have_text(re.compile(r"^\s*1"))
    page.get_by_role("link", name=re.compile("^Inbox")).click()
    row = page.get_by_role("link", name="Omar Haddad suspended “Statistics 101”")
    expect(row).to_be_visible()
    reads_well(page)
    requests.submit(request=_ask(ines, river, "big-data", **{"about.heads": "900"}), by=ines)
    hubs.resume(hub=Hub.objects.get(pk=hub.pk), by=omar)
    tell()
    expect(page.get_by_role("link", name="Omar Haddad resumed “Statistics 101”")).to_be_visible()
    shot(page, "inbox")
    row.click()
    expect(page).to_have_url(re.compile(f"/hubs/{hub.uid}/"))
    expect(count).to_have_text(re.compile(r"^\s*1"))
    page.goto(portal.url + "/inbox/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("heading", name="No new notifications")).to_be_visible()
    assert not Notification.objects.filter(person=ada).unread().exists()
    for size, name in ((DESKTOP, "desk"), (PHONE, "phone")):
        page.set_viewport_size(size)
        for path in ("/inbox/?show=all", "/profile/notifications/", "/organizations/river/calendar/"):
            page.goto(portal.url + path)
            shot(page, f"{name}{path.replace('/', '-').replace('?', '-')}")
    assert not visitor.complaints


def test_settings_survive_an_error(portal, visit):
    portal.start("redis", "web")
    visitor = visit(portal.url)
    page = visitor.sign_in("ada")
    page.goto(portal.url + "/profile/notifications/")
    page.get_by_label("Hubs that become ready").select_option("daily")
    page.get_by_label("Quiet hours").check()
    page.get_by_label("From", exact=True).fill("07:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Start and end are the same").first).to_be_visible()
    reads_well(page)
    shot(page, "choices-wrong")
    assert page.get_by_label("Hubs that become ready").input_value() == "daily"
    page.get_by_label("From", exact=True).fill("20:00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def test_a_mail_is_shown_in_its_frame(portal, visit):
    portal.start("redis", "web")
    visitor = visit(portal.url)
    page = visitor.sign_in("stan")
    page.goto(portal.url + "/staff/mails/daily/")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="Open your inbox")).to_be_visible()
    colour = frame.get_by_role("link", name="Open your inbox").evaluate("e => getComputedStyle(e).backgroundColor")
    assert colour == "rgb(59, 91, 219)", "its styles count"
    shot(page, "mail")
    page.goto(portal.url + "/staff/mails/")
    shot(page, "gallery")
    assert not visitor.complaints
