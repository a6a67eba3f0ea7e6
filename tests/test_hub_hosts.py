"""A hub's own address while the hub is not running: the portal answers there, in the same way for everyone."""

from datetime import date

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from hubs.hub.services import hubs as services
from hubs.models import Hub
from tests.pages import read

pytestmark = pytest.mark.django_db
HOST = "stat-101.hubs.example.net"


@pytest.fixture
def there(ready_hub, teaching, settings):
    """Ines' hub in a cluster, with an address of its own."""
    type(teaching).objects.filter(pk=teaching.pk).update(domain="hubs.example.net:8443")
    Hub.objects.filter(pk=ready_hub.pk).update(cluster=teaching, url=f"https://{HOST}:8443/")
    ready_hub.refresh_from_db()
    return ready_hub


@pytest.fixture
def browser(ines):
    """A browser that would send the person's session to the hub's address."""
    client = Client()
    client.force_login(ines)
    client.cookies[django_settings.SESSION_COOKIE_NAME]["domain"] = HOST
    return client


def text(response):
    return read(response)


@pytest.mark.parametrize("path", ["/", "/hub/user/mia/lab?x=1", "/sign-in/", "/o/authorize/", "/api/v1/hubs/"])
def test_a_suspended_hub_says_so_and_names_a_contact(browser, there, ines, path):
    services.suspend(hub=there, by=ines)
    response = browser.get(path, HTTP_HOST=f"{HOST}:8443")
    page = text(response)
    assert response.status_code == 503
    for part in ("Statistics 101 is suspended", "Ines Duarte", "River University", f"/hubs/{there.uid}/"):
        assert part in page
    assert f'href="{django_settings.PORTAL_URL}/hubs/' in page
    assert "@river" not in page, "addresses of people are for those who sign in"
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["get", "head", "post", "put", "delete", "options"])
def test_no_cookie_is_ever_set_there(browser, there, ines, method):
    services.suspend(hub=there, by=ines)
    response = getattr(browser, method)("/", HTTP_HOST=HOST)
    assert response.status_code == 503
    assert not response.cookies
    assert "csrf" not in text(response).lower()


def test_a_hub_past_its_last_day_says_when_it_ended(browser, there, ines):
    services.suspend(hub=there, by=ines)
    Hub.objects.update(ends_on=date(2026, 1, 31), ended_at=timezone.now())
    assert "The hub ended on 31 January 2026. The hub is not running." in text(browser.get("/", HTTP_HOST=HOST))


def test_a_teacher_who_left_is_not_named(browser, there, ines):
    services.suspend(hub=there, by=ines)
    ines.is_active = False
    ines.save()
    page = text(Client().get("/", HTTP_HOST=HOST))
    assert "Ines" not in page
    assert "The admins of River University" in page


def test_what_people_typed_is_text(browser, there, ines):
    services.suspend(hub=there, by=ines)
    Hub.objects.update(title="<script>alert(1)</script>")
    page = text(browser.get("/", HTTP_HOST=HOST))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;" in page


def test_a_hub_that_should_run_is_not_there_yet(browser, there):
    response = browser.get("/", HTTP_HOST=HOST.upper())
    assert response.status_code == 503
    assert "is not available yet" in text(response)
    assert response["Retry-After"] == "10"


@pytest.mark.parametrize("host", ["other.hubs.example.net", "stat-101x.hubs.example.net"])
def test_an_address_without_a_hub(browser, there, host):
    response = browser.get("/", HTTP_HOST=host)
    assert response.status_code == 404
    assert "There is no hub at this address" in text(response)
    assert "Statistics" not in text(response)


def test_a_retired_hub_is_gone(browser, there):
    Hub.objects.update(desired_state="retired")
    assert browser.get("/", HTTP_HOST=HOST).status_code == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "stat-101.evil.example", "net", "hubs.example.net.evil.example", "stat-101", "10.0.0.1"]
)
def test_any_other_host_is_refused_without_details(browser, there, ines, host):
    services.suspend(hub=there, by=ines)
    response = browser.get("/", HTTP_HOST=host)
    assert response.status_code == 400
    assert "Statistics" not in text(response)
    assert not response.cookies


@pytest.mark.parametrize("host", ["a b", "<script>", "stat-101.hubs.example.net/..", "[::1"])
def test_an_invalid_host_is_refused(browser, there, host):
    assert browser.get("/", HTTP_HOST=host).status_code == 400


def test_the_portals_own_pages_still_work(as_, there, ines):
    assert as_(ines).get("/").status_code == 200
    assert as_(None).get("/healthz", HTTP_HOST=HOST).status_code == 200
