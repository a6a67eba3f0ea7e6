"""The language of pages: as chosen in the profile, otherwise as the browser prefers."""

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import translation

from hubs.accounts.services import accounts, service_accounts
from hubs.errors import Invalid, NotAllowed
from hubs.models import AuditEvent, User

from .callers import caller, errors

pytestmark = pytest.mark.django_db
COOKIE = settings.LANGUAGE_COOKIE_NAME
GERMAN, ENGLISH = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}, {"Accept-Language": "en-GB,en"}
PROFILE = "/profile/"


@pytest.fixture(autouse=True)
def english():
    """Begin and end each test in English, because a request of the test client changes the language of the thread."""
    with translation.override("en"):
        yield


@pytest.fixture
def choose(ines, as_):
    """Return `choose("de")`, which selects the language in Ines' profile and returns her browser and the answer."""

    def chosen(language, client=None, **headers):
        client = client or as_(ines)
        answer = client.post(PROFILE, {"name": "Ines Duarte", "language": language}, headers=headers)
        return client, answer

    return chosen


def language_of(client, address=PROFILE, **headers):
    """Return the page's declared language."""
    page = client.get(address, headers=headers).content.decode()
    return page.split('<html lang="')[1].split('"')[0]


def test_the_profile_offers_the_languages_in_their_own_names(ines, as_):
    page = as_(ines).get(PROFILE).content.decode()
    assert "Name, language and time zone" in page
    select = page.split('<select name="language"')[1].split("</select>")[0]
    assert '<option value="" selected>As in the browser (English)</option>' in select
    assert [f'<option value="{code}">{name}</option>' in select for code, name in settings.LANGUAGES] == [True, True]


def test_the_next_page_is_in_the_chosen_language(ines, choose):
    client, answer = choose("de")
    assert answer.url == PROFILE
    assert answer.cookies[COOKIE].value == "de"
    assert answer.cookies[COOKIE]["samesite"] == "Lax"
    assert language_of(client) == "de"
    assert User.objects.get(pk=ines.pk).language == "de"
    event = AuditEvent.objects.get(verb="account.language")
    assert (event.actor, event.changes) == ("ines", {"language": ["", "de"]})
    assert COOKIE not in client.get(PROFILE, headers=ENGLISH).cookies, "the cookie is set once"


def test_the_name_and_the_language_are_saved_by_one_form(ines, as_):
    as_(ines).post(PROFILE, {"name": "Inês D.", "language": "de"})
    ines.refresh_from_db()
    assert (ines.name, ines.language) == ("Inês D.", "de")
    assert {"account.name", "account.language"} <= set(AuditEvent.objects.values_list("verb", flat=True))


def test_a_form_without_a_choice_leaves_the_language(ines, choose, as_):
    choose("de")
    as_(ines).post(PROFILE, {"name": "Inês D."})
    assert User.objects.get(pk=ines.pk).language == "de"


def test_without_a_choice_pages_are_in_the_browsers_language(ines, as_):
    assert language_of(as_(ines), **GERMAN) == "de"
    assert language_of(as_(ines), **ENGLISH) == "en"
    assert language_of(as_(ines), **{"Accept-Language": "fr"}) == "en"
    assert COOKIE not in as_(ines).get(PROFILE, headers=GERMAN).cookies


def test_the_choice_wins_over_the_browser(ines, as_, choose):
    client, _ = choose("en", **GERMAN)
    assert language_of(client, **GERMAN) == "en"
    User.objects.filter(pk=ines.pk).update(language="de")  # in another browser
    assert client.get(PROFILE, headers=ENGLISH).cookies[COOKIE].value == "de"
    assert language_of(client, **ENGLISH) == "de"


@pytest.mark.parametrize(("headers", "then"), [(ENGLISH, "en"), (GERMAN, "de")])
def test_choosing_the_browsers_language_removes_the_cookie(headers, then, ines, choose):
    client, _ = choose("de", **headers)
    _, answer = choose("", client, **headers)
    assert answer.cookies[COOKIE]["max-age"] == 0
    assert COOKIE not in client.cookies or not client.cookies[COOKIE].value
    assert language_of(client, **headers) == then
    assert User.objects.get(pk=ines.pk).language == ""


def test_the_message_is_in_the_language_of_the_next_page(choose):
    client, answer = choose("de", **ENGLISH)
    german = [str(one) for one in get_messages(answer.wsgi_request)]
    _, answer = choose("", client, **ENGLISH)
    assert [str(one) for one in get_messages(answer.wsgi_request)][-1] == "Your profile was saved."
    assert german[-1] not in ("", "Your profile was saved.")


def test_an_unknown_language_is_refused_beside_the_field(ines, choose):
    _, answer = choose("xx")
    assert answer.status_code == 422
    assert set(answer.context["name_form"].errors) == {"language"}
    assert User.objects.get(pk=ines.pk).language == ""


@pytest.mark.parametrize("address", ["sign-out", "sign-out-everywhere"])
def test_signed_out_pages_follow_the_browser(address, as_, choose):
    client, _ = choose("de", **ENGLISH)
    client.post(reverse(address), headers=ENGLISH)
    assert language_of(client, "/sign-in/", **ENGLISH) == "en"
    assert language_of(client, "/sign-in/", **GERMAN) == "de"


# --- the API --------------------------------------------------------------------------------------------------------
def test_the_api_changes_the_language(ines, as_):
    call = caller(ines)
    assert call("GET", "me/").json()["language"] == ""
    told = call("PATCH", "me/", {"language": "de"}).json()
    assert (told["language"], told["name"]) == ("de", ines.display_name)
    assert language_of(as_(ines), **ENGLISH) == "en", "the cookie follows with this answer"
    told = call("PATCH", "me/", {"language": "", "name": "Inês D."}).json()
    assert (told["language"], told["name"]) == ("", "Inês D.")
    assert AuditEvent.objects.filter(verb="account.language").count() == 2


def test_the_api_refuses_unknown_languages(ines):
    call = caller(ines)
    assert set(errors(call("PATCH", "me/", {"language": "xx", "name": "Nobody"}))) == {"language"}
    assert set(errors(call("PATCH", "me/", {"language": None}))) == {"language"}
    errors(caller(ines, "read")("PATCH", "me/", {"language": "de"}), 403)
    ines.refresh_from_db()
    assert (ines.language, ines.name) == ("", "Ines Duarte")


# --- the service ----------------------------------------------------------------------------------------------------
def test_people_choose_only_their_own_language(ines, ada, stan, river):
    script = service_accounts.create(organization=river, by=ada, name="script", role="admin")
    for user, by in ((ines, ada), (ines, stan), (script, ada), (script, script)):
        with pytest.raises(NotAllowed):
            accounts.choose_language(user=user, by=by, language="de")
    assert not User.objects.exclude(language="").exists()


def test_a_language_is_one_of_the_portal(ines):
    for wrong in ("fr", "DE", "de-AT", "x" * 300):
        with pytest.raises(Invalid) as refused:
            accounts.choose_language(user=ines, by=ines, language=wrong)
        assert set(refused.value.errors) == {"language"}
    accounts.choose_language(user=ines, by=ines, language="de")
    accounts.choose_language(user=ines, by=ines, language="de")  # again: nothing to record
    assert AuditEvent.objects.filter(verb="account.language").count() == 1


# --- at the bottom of each page ---------------------------------------------------------------------------------------
def test_a_language_can_be_chosen_before_sign_in_and_is_kept_after(client, ines):
    page = client.get("/sign-in/", headers=ENGLISH).content.decode()
    assert [f'lang="{code}"' in page.partition("<footer")[2] for code, _ in settings.LANGUAGES] == [True, True]
    here = "http://testserver/sign-in/?next=/profile/"
    answer = client.post(reverse("language"), {"language": "de"}, headers={**ENGLISH, "Referer": here})
    assert answer.url == here
    assert language_of(client, "/sign-in/", **ENGLISH) == "de"
    client.force_login(ines)
    assert language_of(client, **ENGLISH) == "de"
    assert User.objects.get(pk=ines.pk).language == "", "only this browser"


def test_a_language_chosen_while_signed_in_is_that_of_the_profile(ines, as_):
    client = as_(ines)
    answer = client.post(reverse("language"), {"language": "de"}, headers={"Referer": "//evil.example/"})
    assert answer.url == "/"
    assert User.objects.get(pk=ines.pk).language == "de"
    assert language_of(client, **ENGLISH) == "de"


def test_a_language_that_there_is_not_is_no_cookie(client):
    answer = client.post(reverse("language"), {"language": "xx"})
    assert answer.status_code == 400
    assert COOKIE not in answer.cookies


def test_a_word_that_a_library_translates_too_is_ours():
    """Django REST framework has "Created", too."""
    with translation.override("de"):
        assert translation.gettext("Created") == "Erstellt"
