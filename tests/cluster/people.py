"""What people do in these tests beside the tested pages: have a hub, open its notebook, run a cell."""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from hubs.models import Hub, Organization, User
from hubs.requests.services import decisions, requests
from provisioning import names
from tests.browser.conftest import Visitor
from tests.browser.looks import DESKTOP
from tests.cluster.conftest import IMAGES
from tests.cluster.kube import Kube
from tests.cluster.portal import ClusterPortal
from tests.stack.portal import until

STARTING = float(os.environ.get("HUBPORTAL_E2E_SECONDS") or 180)  # for a hub or a server; an idle machine takes 20


def image_name() -> tuple[str, str]:
    """Return (name, tag) of the image of people's servers."""
    name, _, tag = IMAGES["singleuser"].rpartition(":")
    return name, tag


def have_hub(organization: str, by: str, slug: str, **typed: str) -> Hub:
    """Return an approved hub, which workers create meanwhile; in a second attempt, the existing one. `typed`:
    singleuser__internet="closed"."""
    if there := Hub.objects.select_related("cluster").filter(slug=slug).first():
        return there
    author, name = User.objects.get(username=by), image_name()
    request = requests.begin(
        organization=Organization.objects.get(slug=organization), starting_point="class", by=author
    )
    values = {"about.title": slug.replace("-", " ").title(), "about.heads": "10", "singleuser.storage.capacity": "1",
              "singleuser.image.name": name[0], "singleuser.image.tag": name[1],
              **{path.replace("__", "."): text for path, text in typed.items()}}  # fmt: skip
    request = requests.save(request=request, by=author, values=values, slug=slug, reason="For the course.")
    requests.submit(request=request, by=author)
    request.refresh_from_db()
    if request.state != "approved":
        stan = User.objects.get(username="stan")
        decisions.approve(request=request, by=stan, seen=request.content_hash)
    return Hub.objects.select_related("cluster").get(slug=slug)


def is_ready(hub: Hub) -> bool:
    hub.refresh_from_db()
    return hub.settled and hub.status == Hub.Status.READY


@dataclass
class Working:
    """A person whose server is running."""

    hub: Hub
    user: str
    visitor: Visitor
    namespace: str
    lab: Page


@contextmanager
def at_work(browser: Browser, portal_url: str, hub: Hub, user: str) -> Iterator[Working]:
    """Sign in at the portal and open the hub. The server may still be starting: `wait_for_lab`."""
    context = browser.new_context(viewport=DESKTOP, base_url=portal_url, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(30_000)
    visitor = Visitor(context, portal_url)
    try:
        visitor.sign_in(user)
        visitor.goto(f"/hubs/{hub.uid}/")
        yield Working(hub, user, visitor, names.namespace(hub.slug, hub.uid), open_hub(visitor.page))
    finally:
        context.close()


@contextmanager
def all_at_work(
    browser: Browser, portal: ClusterPortal, kube: Kube, hubs: Mapping[str, Hub]
) -> Iterator[list[Working]]:
    """Each person in a JupyterLab of their hub; its page is closed, and their server goes on."""
    for hub in hubs.values():
        until(lambda hub=hub: is_ready(hub), f"{hub} is ready; {portal.log('worker')}", STARTING)
    with ExitStack() as open_:
        working = [open_.enter_context(at_work(browser, portal.url, hub, user)) for user, hub in hubs.items()]
        for side in working:
            wait_for_lab(side.lab, side.user, lambda side=side: kube.log(side.namespace, "hub"))
            side.lab.close()
        yield working


def open_hub(page: Page) -> Page:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open hub").first.click()
    return opened.value


def wait_for_lab(lab: Page, user: str, tell: Callable[[], str]) -> None:
    """Go through the sign-in, the page of the starting server and its redirect, in any order. A hub that was stopping
    the server offers a button to start it; after a restart of the hub, the page has to be loaded again."""
    patience = time.monotonic() + 30
    end, launch = time.monotonic() + STARTING, lab.get_by_text("Launch Server", exact=True)
    while not re.search(f"/user/{user}/lab", lab.url):
        if time.monotonic() > end:
            shown = lab.locator("body").inner_text()[:2000]
            raise AssertionError(f"no JupyterLab, but {lab.url}\n{shown}\n\nThe hub says:\n{tell()}")
        if launch.is_visible():
            launch.click()
        elif time.monotonic() > patience:
            patience += 30
            lab.goto(lab.url.replace("/spawn-pending/", "/spawn/"))  # starts it again, if the hub gave it up
        lab.wait_for_timeout(250)
