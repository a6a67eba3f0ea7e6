"""A teacher's whole journey: from nothing to a class of 45 people and the course's notebook open in their own server.

The browser itself counts clicks, and the session ends twice on the way. Typing needs no click.
"""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from hubs import demo
from hubs.models import ChangeRequest, Hub, StartingPoint
from tests.browser.conftest import Visitor, begin_class
from tests.browser.looks import PHONE, reads_well
from tests.browser.test_nothing_lost import session_ends
from tests.git_server import GitServer
from tests.stack.portal import until
from tests.words import ADD_PEOPLE, CREATE_HUB, DRAFT_SAVED, PEOPLE_COUNT, REPOSITORY, SIGNED_OUT, USER_NAME

pytestmark = [pytest.mark.browser, pytest.mark.local, pytest.mark.django_db(transaction=True)]
MOST_CLICKS = 15
CLASS = "\n".join(f"Student {n:02}, Tam <tam{n:02}@river.example.edu>" for n in range(45))
TITLE = "Week 1: means and medians"
CELLS = [{"cell_type": "markdown", "id": "first", "metadata": {}, "source": [f"# {TITLE}"]}]
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
NOTEBOOK = json.dumps({"cells": CELLS, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(portal, tmp_path_factory):
    """The class's repository. Its server uses no TLS, which the portal and people's servers accept as an operator
    configures it: by a setting, and by the starting point."""
    with GitServer(tmp_path_factory.mktemp("git")) as server:
        server.make("course", {"main": {"README.md": "# Course", "week-1/start.ipynb": NOTEBOOK}})
        portal.env["HUBPORTAL_ALLOWED_PRIVATE_HOSTS"] = server.url
        row = StartingPoint.objects.get(slug="class").version
        instead = [f"GIT_CONFIG_KEY_0=url.{server.url}/.insteadOf", f"GIT_CONFIG_VALUE_0=https://{server.host}/"]
        row.draft = {**row.draft, "singleuser.extraEnv": "\n".join(["GIT_CONFIG_COUNT=1", *instead])}
        row.save(update_fields=["draft"])
        yield server


def counting(person: Visitor) -> list[str]:
    """Return what was clicked, in every tab of this browser."""
    clicked: list[str] = []
    person.context.expose_function("wasClicked", lambda words: clicked.append(words))
    pressed = "event => event.isTrusted && event.detail && wasClicked(event.target.innerText)"  # Enter has no detail
    person.context.add_init_script(f"addEventListener('click', {pressed}, true)")
    return clicked


def sign_in(page: Page) -> None:
    """Sign in with only the keyboard."""
    page.get_by_label(USER_NAME).fill("ines")
    page.get_by_label("Password", exact=True).fill(demo.PASSWORD)
    page.keyboard.press("Enter")


def sign_in_beside(page: Page, link) -> None:
    with page.context.expect_page() as opened:
        link.click()
    tab = opened.value
    sign_in(tab)
    expect(tab.get_by_role("heading", name="You are signed in")).to_be_visible()
    tab.close()


def next_step(page: Page, button: str, step: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_url(f"**/{step}/")
    reads_well(page)


def test_from_nothing_to_a_class_and_its_notebook(portal, course, visit):
    portal.start("redis", "web", "worker", "beat")
    ines = visit(portal.url, size=PHONE, dark=True)
    clicked = counting(ines)
    page = ines.goto("/")
    sign_in(page)
    begin_class(page)
    page.get_by_label("Name", exact=True).fill("Statistics 101")
    expect(page.get_by_text(DRAFT_SAVED, exact=True)).to_be_visible()

    session_ends()  # within the form: the page notices at its autosave
    page.get_by_label(PEOPLE_COUNT, exact=True).fill("45")
    dialog = page.get_by_role("dialog", name=SIGNED_OUT)
    expect(dialog).to_be_visible()
    reads_well(page)
    sign_in_beside(page, dialog.get_by_role("link", name="Sign in"))
    expect(dialog).to_be_hidden()

    for title, step in (("Sign-in", "people"), ("Resources", "sizes"), ("Software", "software")):
        next_step(page, f"Next: {title}", step)
    next_step(page, "Content", "content")
    page.get_by_label(REPOSITORY).fill(f"{course.address()}/blob/main/week-1/start.ipynb")
    expect(page.locator("#repository-found")).to_contain_text("Publicly readable")  # without a click
    reads_well(page)
    next_step(page, "Next: Review", "review")
    expect(page.get_by_text("45 people", exact=True)).to_be_visible()
    expect(page.get_by_text("/lab/tree/course/week-1/start.ipynb")).to_be_visible()
    page.get_by_role("button", name=CREATE_HUB, exact=True).click()
    page.wait_for_url(re.compile("/hubs/"))
    reads_well(page)
    [sent], [hub] = ChangeRequest.objects.all(), Hub.objects.all()
    assert (sent.title, hub.seats, hub.spec.singleuser.content.branch) == ("Statistics 101", 45, "main")

    page.get_by_role("link", name=ADD_PEOPLE, exact=True).click()
    page.wait_for_url("**/people/**")
    page.locator("textarea[name=names]").fill(CLASS)
    session_ends()  # with a pasted class list, which is sent at once
    page.get_by_role("button", name=ADD_PEOPLE).click()
    expect(page.get_by_role("heading", name=SIGNED_OUT)).to_be_visible()
    reads_well(page)
    sign_in_beside(page, page.get_by_role("link", name="Sign in"))
    page.get_by_role("button", name="Submit again").click()
    expect(page.get_by_role("heading", name="45 new")).to_be_visible()
    reads_well(page)
    assert not hub.roster.exists(), "nothing has changed yet"
    until(lambda: Hub.objects.get().status == "ready", "the hub is ready")
    page.get_by_role("button", name="Apply changes").click()
    expect(page.get_by_text("45 people were added.")).to_be_visible()
    reads_well(page)
    rows = hub.roster.values_list("name", "email").order_by("email")
    assert [*rows] == [(f"Tam Student {n:02}", f"tam{n:02}@river.example.edu") for n in range(45)]

    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open hub").click()
    lab = opened.value
    lab.wait_for_url("**/user/ines/lab/tree/course/week-1/start.ipynb", timeout=60_000)
    notebook = lab.locator(".jp-NotebookPanel")
    expect(notebook.locator("h1")).to_contain_text(TITLE, timeout=60_000)
    expect(notebook).to_be_visible()
    assert len(clicked) <= MOST_CLICKS, clicked
    assert len(clicked) >= 12, "they are counted"
    # On a phone, JupyterLab's own list of files leaves little space for it.
    lab.locator(".jp-SideBar .lm-TabBar-tab[data-id=filebrowser]").click()
    expect(lab.get_by_role("heading", name=TITLE)).to_be_visible()
    expected = ("401", "403")  # browsers report a save without a session
    ours = [one for one in ines.complaints if "portal" in one or "Content Security Policy" in one]
    assert not [one for one in ours if not any(code in one for code in expected)], ines.complaints
