"""The profile builder's page as Ines sees it, and helpers for it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from hubs.models import ChangeRequest, Organization, User
from hubs.requests.services import requests
from hubs.spec import yaml_text
from hubs.spec.draft import from_draft
from hubs.spec.profiles import as_values
from tests.clusters import teaching_cluster
from tests.stack.portal import until

PATH = "singleuser.profileList"
SAMPLE = Path(__file__).parents[1] / "data" / "z2jh" / "samples" / "research.yaml"
RESEARCH = yaml_text.load_map(SAMPLE.read_text())["singleuser"]["profileList"]


@pytest.fixture
def draft(portal):
    """Ines' request, and the portal to edit it in."""
    portal.start("redis", "web")
    cluster = teaching_cluster(User.objects.get(username="stan"))  # this machine pulls no images and offers no profiles
    Organization.objects.filter(slug="river").update(cluster=cluster)
    ines, river = User.objects.get(username="ines"), Organization.objects.get(slug="river")
    row = requests.begin(organization=river, starting_point="class", by=ines)
    return requests.save(request=row, by=ines, values={"about.title": "Research"}, slug="research")


@pytest.fixture
def choices(portal, draft, visit):
    """Return `choices(text, size=PHONE)`, the page with this list, as Ines sees it."""

    def come(text: str = "", **look) -> Page:
        requests.save(request=draft, by=draft.requester, values={PATH: text})
        ines = visit(portal.url, **look)
        ines.sign_in("ines")
        page = ines.goto(f"/requests/{draft.uid}/edit/choices/")
        page.locator(".profile-builder").wait_for(state="attached")
        return page

    return come


def area(page: Page):
    return page.locator("textarea[data-builder]")


def written(page: Page):
    return yaml_text.load(area(page).input_value())


def kept(row: ChangeRequest):
    row.refresh_from_db()
    return row.draft.get(PATH, "")


def profiles_of(row: ChangeRequest):
    row.refresh_from_db()
    return as_values(from_draft({"about.title": "Any", PATH: row.draft[PATH]}).singleuser.profileList)


def until_kept(page: Page, row: ChangeRequest) -> None:
    until(lambda: kept(row).strip() == area(page).input_value().strip(), "the draft has what the page shows")


def names(page: Page) -> list[str]:
    return page.locator(".pb-profile > .pb-head .pb-title").all_inner_texts()


# --- by keyboard ---
NAME_OF_FOCUS = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0];
  const own = (label) => [...label.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent).join("");
  const text = label ? own(label) : at.textContent;
  return text.replace(/\\s+/g, " ").trim();
}"""


def focused(page: Page) -> str:
    return page.evaluate(NAME_OF_FOCUS)


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until this has the focus, and fail if it can't be reached."""
    for _ in range(200):
        page.keyboard.press(key)
        if focused(page) == name:
            return
    raise AssertionError(f"{name} can't be reached with {key}; the focus is on “{focused(page)}”")


def press(page: Page, name: str, key: str = "Enter") -> None:
    tab_to(page, name)
    page.keyboard.press(key)


def write(page: Page, text: str) -> None:
    """Replace the text of the focused field."""
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def fill(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        tab_to(page, name.replace("_", " "))
        write(page, text)
