"""The whole workflow at once, in a browser: nothing is simulated."""

import contextlib
import re

import pytest
from playwright.sync_api import Page, expect

from hubs.models import Hub, HubPort
from tests.browser.conftest import begin_class, picture
from tests.browser.looks import reads_well
from tests.stack.portal import until
from tests.words import ADD_PEOPLE, MEMORY_LABEL, NEEDS_REVIEW, PEOPLE_COUNT, SEND_REQUEST

pytestmark = [pytest.mark.browser, pytest.mark.local, pytest.mark.django_db(transaction=True)]


def run_a_cell(page: Page, code: str, output: str) -> None:
    """Run one cell of a new notebook in JupyterLab, and wait for its output."""
    page.locator('.jp-LauncherCard[data-category="Notebook"]').first.click(timeout=60_000)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for(timeout=60_000)  # its kernel is ready
    cell = page.locator(".jp-Notebook .jp-CodeCell .cm-content").first
    cell.click(timeout=30_000)
    page.keyboard.type(code)
    expect(cell).to_contain_text(code)
    shown = page.locator(".jp-Notebook .jp-OutputArea-output").first
    for _ in range(6):  # JupyterLab opens its kernel's channel twice, and loses messages in between: press again
        cell.click()
        page.keyboard.press("Shift+Enter")
        with contextlib.suppress(AssertionError):
            expect(shown).to_be_visible(timeout=10_000)
            break
    expect(shown).to_contain_text(output, timeout=30_000)


def ask_for_a_hub(page: Page) -> None:
    """Go from the start page to a sent request that is above a limit of Ines' organisation."""
    begin_class(page)
    page.get_by_label("Name", exact=True).fill("Statistics 101")
    page.get_by_label(PEOPLE_COUNT, exact=True).fill("80")
    page.get_by_role("button", name="Next: Sign-in").click()
    page.get_by_role("button", name="Next: Resources").click()
    picture(page, "request-form")
    page.get_by_role("button", name="Next: Software").click()
    page.get_by_role("button", name="Next: Review").click()
    expect(page.get_by_text(NEEDS_REVIEW).first).to_be_visible()
    page.get_by_label("Reason for the request").fill("80 students in two groups.")
    page.get_by_role("button", name=SEND_REQUEST, exact=True).click()


def open_hub(page: Page) -> Page:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open hub").first.click()
    return opened.value


def test_from_a_request_to_a_cell_and_to_the_end(portal, visit):
    portal.start("redis", "web", "worker", "beat")

    ines = visit(portal.url)
    ines.sign_in("ines")
    ask_for_a_hub(ines.page)
    expect(ines.page.get_by_text(NEEDS_REVIEW).first).to_be_visible()

    stan = visit(portal.url)
    stan.sign_in("stan")
    stan.goto("/staff/queue/")
    picture(stan.page, "queue")
    stan.page.get_by_role("link", name="Statistics 101").click()
    expect(stan.page.get_by_text("80 students in two groups.")).to_be_visible()
    picture(stan.page, "request")
    stan.page.get_by_role("button", name="Approve").click()

    # Ines' page is updated without a reload, and takes her to the hub.
    ines.page.get_by_role("link", name="View hub").click()
    ines.page.evaluate("window.sameDocument = true")
    expect(ines.page.locator("#hub-status")).to_have_text("Ready", timeout=60_000)
    assert ines.page.evaluate("window.sameDocument"), "the page was loaded again"
    hub = Hub.objects.get()
    assert (hub.status, hub.seats) == ("ready", 80)
    reads_well(ines.page)
    picture(ines.page, "hub-ready")

    lab = open_hub(ines.page)
    lab.wait_for_url(re.compile("/user/ines/lab"), timeout=60_000)
    run_a_cell(
        lab, "import os; print(6 * 7, os.environ['JUPYTERHUB_USER'], os.environ['MEM_LIMIT'])", f"42 ines {2**30}"
    )

    # Omar gives more memory; the running server keeps running, and the next one has it.
    omar = visit(portal.url)
    omar.sign_in("omar")
    omar.goto(f"/hubs/{hub.uid}/limits/")
    omar.page.get_by_label(MEMORY_LABEL, exact=True).fill("2")
    picture(omar.page, "limits")
    omar.page.get_by_role("button", name=re.compile("Save|Set")).click()
    expect(omar.page.get_by_text("Limits changed.")).to_be_visible()
    omar.goto(f"/hubs/{hub.uid}/")
    expect(omar.page.get_by_text("1 GiB → 2 GiB").first).to_be_visible()
    until(lambda: Hub.objects.get().settled and Hub.objects.get().status == "ready", "the new limit is in force")

    # A student on the roster has access; Zoe doesn't.
    ines.goto(f"/hubs/{hub.uid}/people/")
    ines.page.locator("textarea[name=names]").fill("mia")
    ines.page.get_by_role("button", name=ADD_PEOPLE).click()
    expect(ines.page.get_by_text("Mia Lindqvist").first).to_be_visible()
    picture(ines.page, "people")
    mia = visit(portal.url)
    mia.sign_in("mia")
    mia.goto(f"/hubs/{hub.uid}/")
    theirs = open_hub(mia.page)
    theirs.wait_for_url(re.compile("/user/mia/lab"), timeout=60_000)
    run_a_cell(theirs, "import os; print('limit', os.environ['MEM_LIMIT'])", f"limit {2 * 2**30}")
    zoe = visit(portal.url)
    zoe.sign_in("zoe")
    zoe.page.goto(hub.url)
    expect(zoe.page.get_by_role("heading", level=1)).to_contain_text("You don’t have access to")
    expect(zoe.page.get_by_text("ines@river.example.edu")).to_be_visible()
    assert zoe.page.goto(f"{portal.url}/hubs/{hub.uid}/").status == 404

    # No request to a hub or a server carried a cookie of the portal.
    for person in (ines, mia, zoe):
        to_hubs = [cookies for address, cookies in person.sent if address.startswith("http://localhost")]
        assert len(to_hubs) > 3
        assert not [cookies for cookies in to_hubs if "portal-" in cookies]
    assert any("portal-session" in cookies for _, cookies in ines.sent)

    # Retire it by typing its name; no process is left.
    ines.goto(f"/hubs/{hub.uid}/retire/")
    ines.page.locator("main input[name=confirm]").fill("statistics-101")
    ines.page.get_by_role("button", name="Retire hub").click()
    expect(ines.page.locator("#hub-status").filter(has_text="Retired").first).to_be_visible(timeout=60_000)
    until(lambda: not portal.hub_processes(), "no process is left")
    assert not HubPort.objects.exists()
    assert list((portal.var / "archive").rglob("*.ipynb")), "notebooks are in the archive"
    for person in (ines, stan, omar, mia):
        assert not [c for c in person.complaints if "Content Security Policy" in c or "Refused" in c], person.complaints
