"""An expired session or an outdated page loses nothing that was typed, and no error page is a dead end."""

import inspect
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.test import Client, RequestFactory
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from hubs.models import Membership, Role, RosterEntry
from hubs.requests.services import requests as services
from hubs.requests.services.secrets import ASKED
from portal.web.kept_forms import SECRET, kept
from portal.web.ways_on import ways_on, where_from
from tests.words import SIGNED_OUT

from .house import modules

pytestmark = pytest.mark.django_db
HERE = f"http://{settings.ALLOWED_HOSTS[0]}"
OURS: dict[str, Any] = {"HTTP_ORIGIN": HERE}
LIST = "Ana Kovač <ana@river.example.edu>\nTam Nu — late <tam@river.example.edu>\n" + "x" * 5000


class _Fields(HTMLParser):
    def __init__(self, page: str, action: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self.action, self.inside = action, False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "form":
            self.inside = said.get("action") == self.action
        if tag == "input" and self.inside and said.get("type") == "hidden":
            self.found.append((said["name"], said.get("value", "")))


def held(response, action: str) -> dict[str, str]:
    """Return the values that the page's own form would send again."""
    return dict(_Fields(response.content.decode(), action).found)


def careful(user=None) -> Client:
    """Return a client with CSRF checks, as in a browser."""
    client = Client(enforce_csrf_checks=True, SERVER_NAME=settings.ALLOWED_HOSTS[0])
    if user:
        client.force_login(user)
    return client


def token(client: Client) -> str:
    return client.get(reverse("session")).json()["csrf"]


def test_a_pasted_class_list_survives_the_end_of_the_session(ready_hub, ines, as_):
    address = reverse("hub-people", args=[ready_hub.uid])
    answer = as_(None).post(address, {"names": LIST, "role": "user"}, **OURS)
    assert answer.status_code == 403
    page = answer.content.decode()
    assert SIGNED_OUT in page
    assert "Tam Nu — late" in page
    assert f"{reverse('sign-in')}?next={reverse('signed-in')}" in page
    fields = held(answer, address)
    assert fields["names"] == LIST
    assert not RosterEntry.objects.filter(hub=ready_hub).exists()
    client = as_(ines)
    assert client.post(address, fields, **OURS).status_code in (200, 302, 422)
    assert "Kovač" in client.post(address, fields, **OURS).content.decode() or ready_hub.roster.count() == 2


def test_a_step_of_a_request_survives_the_end_of_the_session(draft, ines, as_):
    address = reverse("request-edit", args=[draft.uid, "about"])
    answer = as_(None).post(address, {"about.title": "Statistics — new", "about.heads": "12", "go": "next"}, **OURS)
    fields = held(answer, address)
    assert as_(ines).post(address, fields, **OURS).status_code == 302
    draft.refresh_from_db()
    assert (draft.title, draft.draft["about.heads"]) == ("Statistics — new", "12")


def test_signing_in_again_invalidates_the_old_token_and_loses_nothing(draft, ines):
    """Also without JavaScript: the second page has the new token."""
    client, address = careful(ines), reverse("request-edit", args=[draft.uid, "about"])
    old = token(client)
    client.logout()
    typed = {"about.title": "Statistics 102", "about.heads": "12", "csrfmiddlewaretoken": old}
    first = client.post(address, typed, **OURS)
    assert SIGNED_OUT in first.content.decode()
    client.force_login(ines)
    client.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32  # as after a sign-in in another tab
    second = client.post(address, held(first, address), **OURS)
    assert second.status_code == 403
    assert "Submit your form again" in second.content.decode()
    assert client.post(address, held(second, address), **OURS).status_code == 302
    draft.refresh_from_db()
    assert draft.title == "Statistics 102"


@pytest.mark.parametrize("headers", [{}, {"HTTP_ORIGIN": "https://evil.example"}, {"HTTP_ORIGIN": "null"},
                                     {"HTTP_ORIGIN": HERE.replace("http://", "https://")},
                                     {"HTTP_SEC_FETCH_SITE": "cross-site"}])  # fmt: skip
def test_a_post_from_another_site_is_not_shown_on_a_page(headers, ready_hub, ines):
    address = reverse("hub-retire", args=[ready_hub.uid])
    body = {"confirm": ready_hub.slug, "reason": "planted words"}
    answer = careful().post(address, body, **headers)
    assert answer.status_code in (302, 403)
    assert "planted" not in answer.content.decode()
    signed_in = careful(ines).post(address, body, **headers)
    assert signed_in.status_code == 403
    assert "planted" not in signed_in.content.decode()


def test_no_way_back_leads_to_another_site(rf):
    """//evil.example/ is another site in a link, whatever site the link is on."""
    host = settings.ALLOWED_HOSTS[0]
    came = rf.post("/x/", SERVER_NAME=host, HTTP_REFERER=f"http://{host}//evil.example/?a=b")
    assert where_from(came) == "/evil.example/?a=b"


def test_a_body_with_many_yaml_fields_is_searched_up_to_a_bound(rf):
    """Reading 250 times 9,000 brackets would take minutes, and sending them needs no sign-in."""
    began = time.process_time()
    fields, again = kept(rf.post("/x/", {"more": ["[" * 9000] * 100, "about.title": "Statistics"}))
    assert time.process_time() - began < 20, "about four of them"
    assert len([name for name, _ in fields if name == "more"]) == 4
    assert ("about.title", "Statistics") in fields
    assert again == ["more"]


def test_no_page_keeps_a_secret(river, ada, as_):
    address = reverse("registries", args=["river"])
    body = {"host": "registry.example.org", "username": "puller", "password": "correct-horse", "verb": "add"}
    page = as_(None).post(address, body, **OURS).content.decode()
    assert "registry.example.org" in page
    assert "correct-horse" not in page
    assert "Password" in page, "it names what to enter again"
    more = {
        "more": "hub:\n  config:\n    GitHubOAuthenticator:\n      client_secret: 0123456789abcdef0123456789abcdef\n"
    }
    request = services.begin(organization=river, starting_point="class", by=ada)
    page = as_(None).post(reverse("request-edit", args=[request.uid, "more"]), more, **OURS).content.decode()
    assert "GitHubOAuthenticator" in page
    assert "0123456789abcdef" not in page


def test_a_text_that_takes_long_to_search_for_secrets_is_named_and_not_kept(river, ada, as_):
    """This post needs no sign-in."""
    request = services.begin(organization=river, starting_point="class", by=ada)
    more = {"more": "singleuser:\n  extraEnv:\n    API_TOKEN: very-secret\n" + "# words\n" * 4000}
    page = as_(None).post(reverse("request-edit", args=[request.uid, "more"]), more, **OURS).content.decode()
    assert "More configuration" in page
    assert "very-secret" not in page


def _password_fields() -> set[str]:
    found = {one.path for one in ASKED}
    for module in modules("forms"):
        for _, form in inspect.getmembers(module, inspect.isclass):
            if issubclass(form, forms.Form):
                found |= {name for name, field in form.base_fields.items()
                          if isinstance(field.widget, forms.PasswordInput) or name == "kubeconfig"}  # fmt: skip
    return found


def test_every_password_field_is_recognised():
    assert {"password", "kubeconfig"} <= _password_fields()
    assert not [name for name in _password_fields() if not SECRET.search(name)]


@how(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1).filter(str.strip)
)
def test_every_text_is_read_back_unchanged(text, as_, ready_hub):
    address = reverse("hub-people", args=[ready_hub.uid])
    answer = as_(None).post(address, {"names": text}, **OURS)
    assert held(answer, address)["names"] == text


@pytest.mark.parametrize("headers", [{"HTTP_HX_REQUEST": "true"}, {"HTTP_SEC_FETCH_DEST": "empty"}])
def test_a_script_is_told_that_the_session_has_ended(headers, draft, as_):
    """The script asks the person to sign in, on the page that has their text."""
    answer = as_(None).post(reverse("request-save", args=[draft.uid]), {"step": "about"}, **{**OURS, **headers})
    assert (answer.status_code, answer["Content-Type"]) == (401, "text/plain")


def test_a_page_asks_whose_session_it_is(ines):
    client = careful()
    assert client.get(reverse("session")).json()["user"] == ""
    client.force_login(ines)
    answer = client.get(reverse("session"))
    assert answer.json()["user"] == "ines"
    assert "no-store" in answer["Cache-Control"]
    assert client.get(reverse("signed-in")).status_code == 200


def test_a_long_refused_text_is_shown_again(draft, ines, as_):
    """As if their role was taken away while they wrote."""
    address = reverse("request-edit", args=[draft.uid, "about"])
    Membership.objects.filter(user=ines).update(role=Role.MEMBER)
    words = "Two groups of forty share the room on Tuesdays and Thursdays, so forty at once are enough."
    answer = as_(ines).post(address, {"about.description": words}, **OURS, HTTP_REFERER=f"{HERE}{address}")
    assert answer.status_code == 404
    assert words in answer.content.decode()
    assert "Your form was not accepted" in answer.content.decode()


# --- no dead ends ---------------------------------------------------------------------------------------------------


def test_a_forbidden_page_links_to_pages_that_the_reader_may_open(ready_hub, mia, zoe, as_):
    page = as_(mia).get(reverse("hub-limits", args=[ready_hub.uid]))
    assert page.status_code == 403
    assert f'href="{reverse("hub", args=[ready_hub.uid])}"' in page.content.decode()
    assert "You are signed in as Mia Lindqvist" in page.content.decode()
    page = as_(zoe).get(reverse("hub-limits", args=[ready_hub.uid]))
    assert page.status_code == 404
    assert ready_hub.uid not in page.content.decode().replace(reverse("hub-limits", args=[ready_hub.uid]), "")


def test_every_link_of_an_error_page_works(ready_hub, waiting, cast, as_):
    """On an error page, each link opens for its reader."""
    addresses = [reverse("hub-limits", args=[ready_hub.uid]), reverse("staff-hubs"), "/hubs/nothing/", "/nowhere/",
                 reverse("request-decide", args=[waiting.uid]), reverse("people", args=["river"])]  # fmt: skip
    for person in cast.values():
        client = as_(person)
        for address in addresses:
            page = client.get(address)
            if page.status_code < 400:
                continue
            links = _Links(page.content.decode()).found
            assert links, (address, person)
            for link in links:
                assert client.get(link, follow=True).status_code == 200, (address, link, person)


class _Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = dict(attrs)
        if tag == "a" and "button" in (said.get("class") or "").split():
            self.found.append(said["href"])


def test_a_conflict_and_a_pause_lead_back_to_the_page():
    asked = RequestFactory().post("/x/", HTTP_REFERER="http://testserver/hubs/abc/?tab=1")
    for status in (409, 429, 503, 500):
        assert ways_on(asked, status)[0].href == "/hubs/abc/?tab=1"
    stranger = RequestFactory().post("/x/", HTTP_REFERER="https://evil.example/hubs/")
    assert ways_on(stranger, 409)[0].href == "/"
    assert ways_on(RequestFactory().get("/y/?page=2"), 503)[0].href == "/y/?page=2"
