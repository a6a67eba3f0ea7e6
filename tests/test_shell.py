"""What every page has around its content: the menu, one link to help, and whom to ask."""

import pytest

from .conftest import person

pytestmark = pytest.mark.django_db


def foot(page):
    return " ".join(page.content.decode().partition("<footer")[2].split())


def test_the_footer_names_whom_to_ask(as_, ada, omar, ines, mia, settings):
    settings.SUPPORT_CONTACT = "portal@river.example"
    for who in (ines, mia):
        assert 'Ask Ada Okafor and Omar Haddad (<a href="/organizations/river/">River University</a>)' in foot(
            as_(who).get("/")
        )
    for who in (ada, omar):
        assert "Write to <a href=" in foot(as_(who).get("/"))
    settings.SUPPORT_CONTACT = ""
    assert "Ask the staff of this portal." in foot(as_(omar).get("/"))


def test_who_is_in_no_organisation_asks_the_portals_contact(as_, client, settings):
    stranger = person("tam", "Tam Nu")
    settings.SUPPORT_CONTACT = "portal@river.example"
    for page in (as_(stranger).get("/"), client.get("/sign-in/")):
        assert "mailto:portal@river.example" in foot(page)
    settings.SUPPORT_CONTACT = ""
    assert "Ask the person who gave you this address." in foot(as_(stranger).get("/"))


def test_each_page_has_one_link_to_its_help_beside_the_menu(as_, ines, client):
    assert as_(ines).get("/requests/").content.decode().count('href="/help/instructor/#follow-your-request"') == 1
    assert client.get("/sign-in/").content.decode().count('href="/help/instructor/') == 1


def test_an_error_page_has_the_menu_for_those_who_are_signed_in(as_, ines, client):
    page = as_(ines).get("/no/such/page/")
    assert page.status_code == 404
    assert "nav-list" in page.content.decode()
    assert f"<code>{page['X-Request-ID'][:8]}</code>" in page.content.decode()
    assert "nav-list" not in client.get("/no/such/page/").content.decode()
