"""Signing in and out with a password, the rate limit on guessing, and people's own profile."""

import pytest
from django.contrib.auth import get_user
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs.demo import PASSWORD as DEMO_PASSWORD
from hubs.demo import make as make_demo
from hubs.live import rate_limit
from hubs.models import AuditEvent, Membership, Organization, User

from .conftest import PASSWORD
from .project.redis import redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.processes]


def errors(response):
    return {name: [str(e) for e in found] for name, found in response.context["form"].errors.items()}


@pytest.mark.parametrize("typed", ["ines", "INES", " ines "])
def test_a_person_signs_in_and_out(typed, ines, as_):
    browser = as_(None)
    assert browser.post("/sign-in/", {"username": typed, "password": PASSWORD}).url == "/"
    assert get_user(browser) == ines
    assert browser.post("/sign-out/").url == "/sign-in/"
    assert not get_user(browser).is_authenticated
    assert "signed out of the portal" in browser.get("/sign-in/").content.decode()


def test_the_session_gets_another_key_at_the_sign_in(ines, as_):
    browser = as_(None)
    session = browser.session  # creates a session, and the browser keeps its key
    session["planted"] = "by somebody else"
    session.save()
    before = browser.session.session_key
    browser.post("/sign-in/", {"username": "ines", "password": PASSWORD})
    assert browser.session.session_key != before


@pytest.mark.parametrize(
    ("username", "password"), [("ines", "wrong"), ("nobody", PASSWORD), ("ines@river.example.edu", PASSWORD)]
)
def test_a_failed_sign_in_does_not_say_whether_the_name_or_the_password_is_wrong(username, password, ines, as_):
    browser = as_(None)
    answer = browser.post("/sign-in/", {"username": username, "password": password, "next": "/profile/"})
    assert answer.status_code == 422
    assert errors(answer) == {"__all__": ["Wrong user name or password."]}
    page = answer.content.decode()
    assert f'value="{username}"' in page  # what was typed is kept,
    assert password not in page.replace(username, "")  # except the password
    assert 'name="next" value="/profile/"' in page
    assert not get_user(browser).is_authenticated


def test_a_disabled_person_does_not_get_in(ines, as_):
    User.objects.filter(pk=ines.pk).update(is_active=False)
    answer = as_(None).post("/sign-in/", {"username": "ines", "password": PASSWORD})
    assert answer.status_code == 422


@pytest.mark.parametrize("field", ["username", "password"])
def test_a_missing_value_is_named_beside_its_field(field, as_):
    typed = {"username": "ines", "password": "x", field: ""}
    assert set(errors(as_(None).post("/sign-in/", typed))) == {field}


@pytest.mark.parametrize("typed", ["x\0y", "x" * 100_000, "🦉" * 80])
def test_hostile_names_are_only_wrong(typed, as_):
    assert as_(None).post("/sign-in/", {"username": typed, "password": typed[:500]}).status_code == 422


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:///evil"]
)
def test_the_sign_in_never_leads_out(evil, ines, as_):
    browser = as_(None)
    assert "evil" not in browser.get("/sign-in/", {"next": evil}).content.decode()
    assert browser.post("/sign-in/", {"username": "ines", "password": PASSWORD, "next": evil}).url == "/"
    assert browser.get("/sign-in/", {"next": evil}).url == "/"


def test_the_way_back_is_kept(ines, as_):
    browser = as_(None)
    asked = browser.get("/profile/")
    assert asked.url == "/sign-in/?next=/profile/"
    assert 'name="next" value="/profile/"' in browser.get(asked.url).content.decode()
    answer = browser.post("/sign-in/", {"username": "ines", "password": PASSWORD, "next": "/profile/"})
    assert answer.url == "/profile/"


def test_where_passwords_are_off_there_is_no_form_and_no_sign_in_by_password(settings, ines, as_):
    settings.PASSWORD_SIGN_IN = False
    browser = as_(None)
    page = browser.get("/sign-in/").content.decode()
    assert "password" not in page.lower()
    assert "Sign-in is not set up yet" in page
    assert browser.post("/sign-in/", {"username": "ines", "password": PASSWORD}).status_code == 403
    assert not get_user(browser).is_authenticated


def test_the_demo_accounts_are_shown_where_they_are_and_never_in_production(settings, as_):
    assert DEMO_PASSWORD not in as_(None).get("/sign-in/").content.decode()
    make_demo()
    assert DEMO_PASSWORD in as_(None).get("/sign-in/").content.decode()
    settings.PRODUCTION = True
    assert DEMO_PASSWORD not in as_(None).get("/sign-in/").content.decode()


@pytest.mark.parametrize(("method", "path"), [("get", "/sign-out/"), ("put", "/sign-in/"), ("delete", "/profile/")])
def test_the_wrong_method_is_refused(method, path, ines, as_):
    browser = as_(ines)
    assert getattr(browser, method)(path).status_code == 405
    assert get_user(browser) == ines


# --- the rate limit -------------------------------------------------------------------------------------------------


@pytest.fixture
def redis(settings):
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        yield url


@pytest.fixture(params=["redis", "no-redis"])
def counted(request):
    """The rate limit holds with Redis and without."""
    if request.param == "redis":
        request.getfixturevalue("redis")


def test_guessing_is_slowed_down_for_that_name_and_not_for_others(counted, ines, mia, as_):
    browser = as_(None)
    for _ in range(rate_limit.MOST):
        assert browser.post("/sign-in/", {"username": "ines", "password": "guess"}).status_code == 422
    braked = browser.post("/sign-in/", {"username": "INES", "password": PASSWORD})
    assert braked.status_code == 429
    assert 0 < int(braked["Retry-After"]) <= rate_limit.FIRST
    assert errors(braked)["__all__"][0].startswith("Too many attempts. Try again in ")
    assert not get_user(browser).is_authenticated
    assert browser.post("/sign-in/", {"username": "mia", "password": PASSWORD}).status_code == 302


def test_a_sign_in_that_worked_forgets_the_failures(redis, ines, as_):
    for _ in range(rate_limit.MOST - 1):
        as_(None).post("/sign-in/", {"username": "ines", "password": "guess"})
    assert as_(None).post("/sign-in/", {"username": "ines", "password": PASSWORD}).status_code == 302
    for _ in range(rate_limit.MOST - 1):
        as_(None).post("/sign-in/", {"username": "ines", "password": "guess"})
    assert as_(None).post("/sign-in/", {"username": "ines", "password": PASSWORD}).status_code == 302


def test_the_old_password_is_guessed_no_faster_than_at_the_sign_in(counted, ines, as_):
    browser = as_(ines)
    typed = {"old": "guess", "new": "four quiet herons wading"}
    for _ in range(rate_limit.MOST):
        assert "This is not your current password." in browser.post("/profile/", typed).content.decode()
    braked = browser.post("/profile/", {**typed, "old": PASSWORD})
    assert "Too many attempts" in braked.content.decode()
    ines.refresh_from_db()
    assert ines.check_password(PASSWORD), "the right one was not even tried"
    assert as_(None).post("/sign-in/", {"username": "ines", "password": PASSWORD}).status_code == 302


# --- the profile ----------------------------------------------------------------------------------------------------


def test_the_profile_shows_who_is_signed_in_and_which_hubs_open(mia, ready_hub, enrol, as_):
    enrol(ready_hub, mia)
    page = as_(mia).get("/profile/").content.decode()
    for word in ("mia@river.example.edu", "River University", "Member", "Statistics 101", "Verified"):
        assert word in page, word


def test_an_address_that_is_not_confirmed_is_called_so(mia, as_):
    User.objects.filter(pk=mia.pk).update(email_verified=False)
    assert "Not verified" in as_(mia).get("/profile/").content.decode()


def test_a_new_person_reads_what_to_do_first(as_):
    page = as_(User.objects.create_user("new")).get("/profile/").content.decode()
    assert "No organisation yet" in page


def test_a_person_changes_their_name_and_nothing_else(mia, as_):
    answer = as_(mia).post(
        "/profile/", {"name": "  Mia   Lind ", "username": "root", "is_staff": "1", "email": "x@y.z"}
    )
    assert answer.url == "/profile/"
    mia.refresh_from_db()
    assert (mia.name, mia.username, mia.is_staff, mia.email) == ("Mia Lind", "mia", False, "mia@river.example.edu")
    event = AuditEvent.objects.get(verb="account.name")
    assert (event.actor, event.changes) == ("mia", {"name": ["Mia Lindqvist", "Mia Lind"]})


@pytest.mark.parametrize("name", ["", "   ", "x" * 151, "a\0b", "a\u202eb", "a\x07b"])
def test_an_invalid_name_is_refused_beside_the_field(name, mia, as_):
    answer = as_(mia).post("/profile/", {"name": name})
    assert answer.status_code == 422
    assert answer.context["name_form"].errors["name"]
    mia.refresh_from_db()
    assert mia.name == "Mia Lindqvist"


def test_a_new_password_signs_out_every_other_browser(mia, as_):
    here, there = as_(mia), as_(mia)
    new = "four quiet herons wading"
    assert here.post("/profile/", {"old": PASSWORD, "new": new}).url == "/profile/"
    assert here.get("/profile/").status_code == 200
    assert there.get("/profile/").status_code == 302
    mia.refresh_from_db()
    assert mia.check_password(new)
    event = AuditEvent.objects.get(verb="account.password")
    assert new not in str(event.changes) + event.note + event.subject


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"old": "wrong", "new": "four quiet herons wading"}, "old"),
        ({"old": "", "new": "four quiet herons wading"}, "old"),
        ({"old": PASSWORD, "new": "short"}, "new"),
        ({"old": PASSWORD, "new": "password123"}, "new"),
        ({"old": PASSWORD, "new": "mia lindqvist"}, "new"),
        ({"old": PASSWORD, "new": ""}, "new"),
    ],
)
def test_an_invalid_password_is_refused_beside_the_field(typed, field, mia, as_):
    answer = as_(mia).post("/profile/", typed)
    assert answer.status_code == 422
    assert set(answer.context["password_form"].errors) == {field}
    mia.refresh_from_db()
    assert mia.check_password(PASSWORD)
    assert not AuditEvent.objects.filter(verb="account.password").exists()


def test_an_account_without_password_gets_none(mia, as_):
    mia.set_unusable_password()
    mia.save(update_fields=["password"])
    browser = as_(mia)
    assert "Change your password" not in browser.get("/profile/").content.decode()
    answer = browser.post("/profile/", {"old": "x", "new": "four quiet herons wading"})
    assert answer.status_code in (302, 403)
    mia.refresh_from_db()
    assert not mia.has_usable_password()


def test_anonymous_visitors_have_no_profile(as_):
    browser = as_(None)
    assert browser.post("/profile/", {"name": "x"}).url == "/sign-in/?next=/profile/"
    assert not list(get_messages(browser.get("/sign-in/").wsgi_request))


def test_the_profile_needs_the_same_number_of_queries_for_any_number_of_organisations(mia, cluster, as_):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert as_(mia).get("/profile/").status_code == 200
        return len(queries)

    def belong(numbers):
        rows = [Organization(slug=f"org-{n}", name=f"Org {n}", cluster=cluster) for n in numbers]
        rows = Organization.objects.bulk_create(rows)
        Membership.objects.bulk_create([Membership(organization=row, user=mia) for row in rows])

    belong(range(3))
    few = asked()
    belong(range(3, 300))
    assert asked() == few
