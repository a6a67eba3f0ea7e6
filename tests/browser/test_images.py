"""Ines types an image and reads at once whether it exists; Omar enters the password of a registry."""

import pytest
from playwright.sync_api import expect

from hubs import demo
from hubs.models import Organization, RegistryLogin, User
from hubs.requests.services import requests
from hubs.spec import STARTING_POINTS
from tests.browser.looks import DESKTOP, PHONE, reads_well
from tests.browser.test_pages import look
from tests.clusters import teaching_cluster
from tests.registry.images import Pusher
from tests.registry.server import PASSWORD, USER, registry, with_password
from tests.words import IMAGE_TAG, USER_NAME

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAME, TAG = "singleuser.image.name", "singleuser.image.tag"


@pytest.fixture
def shop(tmp_path):
    (tmp_path / "open").mkdir()
    with registry(tmp_path / "open") as address:
        push = Pusher(address)
        push.image("river/scipy", "2026-10", layers=(3 * 1024 * 1024,), created="2026-10-05T07:08:09Z")
        push.image("river/scipy", "latest")
        yield address


@pytest.fixture
def safe(tmp_path):
    (tmp_path / "safe").mkdir()
    with registry(tmp_path / "safe", with_password(tmp_path / "safe")) as address:
        yield address


@pytest.fixture
def asking(portal, shop, safe):
    """The portal with a cluster, and a draft of Ines' whose hub would run there."""
    portal.env |= {
        "HUBPORTAL_CHECK_IMAGES": "true",
        "HUBPORTAL_ALLOWED_PRIVATE_HOSTS": f"http://{shop},http://{safe}",
    }
    portal.start("redis", "web")
    people = {user.username: user for user in User.objects.all()}
    cluster = teaching_cluster(people["stan"])
    Organization.objects.filter(slug="river").update(cluster=cluster)
    river = Organization.objects.get(slug="river")
    row = requests.begin(organization=river, starting_point="class", by=people["ines"])
    values = {
        **STARTING_POINTS["class"].draft(),
        "about.title": "Statistics",
        NAME: f"{shop}/river/scipy",
        TAG: "2026-10",
    }
    portal.row = requests.save(
        request=row, by=people["ines"], values=values, slug="statistics", reason="For the course."
    )
    return portal


def test_the_page_says_beside_the_image_whether_it_exists(asking, visit):
    ines = visit(asking.url, size=PHONE)
    page = ines.sign_in("ines")
    ines.goto(f"/requests/{asking.row.uid}/edit/software/")
    found = page.locator("#image-found")
    expect(found).to_contain_text("Found")
    expect(found).to_contain_text("3 MiB")
    reads_well(page)
    tag = page.get_by_label(IMAGE_TAG, exact=True)
    tag.press("End")
    tag.press_sequentially("-x")
    expect(found).to_contain_text("has no tag 2026-10-x. Available tags: 2026-10.")
    expect(tag).to_be_focused()
    reads_well(page)
    tag.fill("latest")
    expect(found).to_contain_text("Moving tag")
    reads_well(page)
    page.get_by_label("Image", exact=True).fill("127.0.0.1:1/river")
    expect(found).to_contain_text("does not connect")
    ines.goto(f"/requests/{asking.row.uid}/review/")
    expect(page.get_by_role("region", name="Image")).to_contain_text("127.0.0.1")
    look(ines, "request-image", f"/requests/{asking.row.uid}/image/")
    assert not ines.complaints, ines.complaints


def test_without_javascript_a_button_checks_it_and_nothing_is_lost(asking, chromium):
    context = chromium.new_context(java_script_enabled=False, base_url=asking.url, viewport=DESKTOP)
    page = context.new_page()
    try:
        page.goto("/sign-in/")
        page.get_by_label(USER_NAME).fill("ines")
        page.get_by_label("Password", exact=True).fill(demo.PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.goto(f"/requests/{asking.row.uid}/edit/software/")
        page.get_by_label(IMAGE_TAG, exact=True).fill("2026-11")
        page.get_by_role("button", name="Check image").click()
        expect(page.locator("#image-found")).to_contain_text("has no tag 2026-11")
        page.get_by_role("link", name="Back to Software").click()
        expect(page.get_by_label(IMAGE_TAG, exact=True)).to_have_value("2026-11")
    finally:
        context.close()


def test_an_admin_enters_a_registrys_password(asking, visit, safe):
    omar = visit(asking.url)
    page = omar.sign_in("omar")
    look(omar, "registries", "/organizations/river/registries/")
    page.get_by_label("Registry", exact=True).fill(safe)
    page.get_by_label(USER_NAME).fill(USER)
    page.get_by_label("Password or token").fill("guessed")
    page.get_by_role("button", name="Save registry").click()
    expect(page.get_by_text("does not accept it for this user name")).to_be_visible()
    page.get_by_role("link", name=f"Replace the password of {safe}").click()
    page.get_by_label("Password or token").fill(PASSWORD)
    page.get_by_role("button", name="Save registry").click()
    expect(page.get_by_text("accepts the password.")).to_be_visible()
    expect(page.get_by_role("row", name=safe)).to_contain_text("by Omar")
    look(omar, "registries", "/organizations/river/registries/")
    row = RegistryLogin.objects.get()
    look(omar, "registry-remove", f"/organizations/river/registries/{row.pk}/remove/")
    page.get_by_label(f"Type {safe}").fill(safe)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text(f"The password for {safe} was removed.")).to_be_visible()
    assert not omar.complaints, omar.complaints
