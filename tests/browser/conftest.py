"""A real browser and the real portal. Pictures for docs/ are taken here when HUBPORTAL_PICTURES is set."""

import os
import re
import shutil
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.test import override_settings
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from hubs import demo
from hubs.models import User
from portal.settings import PASSWORD_HASHERS
from tests.stack.portal import Portal, this_machine

from .looks import DESKTOP
from .profiles import choices, draft

__all__ = ["choices", "draft"]  # fixtures

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # Playwright's loop runs in this thread; the test makes its own queries
)
PICTURES = Path(django_settings.BASE_DIR) / "docs" / "pictures"
PATIENCE = 20_000  # milliseconds; nothing is asserted on time
expect.set_options(timeout=PATIENCE)
# Debian's headless shell first: the same engine with two thirds of the processor time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")  # while it runs, its event loop disturbs other tests of this process
def chromium():
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert path, "There is no Chromium here. On Debian: apt-get install chromium-headless-shell"
    with sync_playwright() as playwright:
        sandbox = [] if os.geteuid() else ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=path, args=[*sandbox, *QUIET])
        yield browser
        browser.close()


class Visitor:
    """One person with one browser: their cookies, their page's errors, and their requests."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.sent: list[tuple[str, str]] = []  # (address, Cookie header)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("requestfinished", self._keep)

    def _heard(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def _keep(self, request) -> None:
        self.sent.append((request.url, request.all_headers().get("cookie", "")))

    def goto(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, username: str, password: str = demo.PASSWORD) -> Page:
        self.goto("/sign-in/")
        form = self.page.locator("form:has([name=password])")  # by name: in any language
        form.locator("[name=username]").fill(username)
        form.locator("[name=password]").fill(password)
        form.locator("button[type=submit]").click()
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)
        return self.page


def begin_class(page: Page) -> None:
    """Go from a teacher's start page to the first step of a request for a class."""
    page.get_by_role("link", name=re.compile("^Request (a|your first) hub")).first.click()
    page.get_by_role("button", name=re.compile("^Class")).click()
    page.wait_for_url("**/about/")


@pytest.fixture
def visit(chromium):
    """Return `visit(portal, dark=True, size=PHONE)`: a new person with a browser of their own."""
    contexts = []

    def come(url: str, *, dark: bool = False, size: dict[str, int] = DESKTOP, locale: str = "en-GB") -> Visitor:
        context = chromium.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            base_url=url,
            reduced_motion="reduce",
            locale=locale,
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return Visitor(context, url)

    yield come
    for context in contexts:
        context.close()


def picture(page: Page, name: str) -> None:
    """Take a screenshot for docs/, if requested (`make pictures`); it changes nothing else."""
    if os.environ.get("HUBPORTAL_PICTURES"):
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


@pytest.fixture(scope="session")
def hashed():
    """The demo's password as the web process hashes it: once, because it takes a third of a second by design."""
    with override_settings(PASSWORD_HASHERS=PASSWORD_HASHERS):
        return make_password(demo.PASSWORD)


@pytest.fixture
def portal(transactional_db, tmp_path, settings, hashed):
    """The whole portal with the demo's people: Redis, web, worker, beat."""
    this_machine()
    demo.make()
    User.objects.filter(username__in=[username for username, _, _ in demo.ACCOUNTS]).update(password=hashed)
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    running = Portal(tmp_path, HUBPORTAL_DRIFT_SECONDS="3")
    yield running
    running.stop()
