"""Successful and failed sign-ins: recorded, bounded, and shown only to the person and to staff."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hubs import request_context
from hubs.accounts.services import sign_ins, tokens
from hubs.models import Event, KnownPlace, SignIn
from hubs.request_context import Origin

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
How = SignIn.How
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


def sign_in(username="ines", password=PASSWORD, address="192.0.2.7", agent=FIREFOX):
    typed = {"username": username, "password": password}
    return Client().post("/sign-in/", typed, REMOTE_ADDR=address, HTTP_USER_AGENT=agent)


@pytest.fixture
def coming():
    """Return a function that signs in from an address: `coming("192.0.2.1")`."""
    yield lambda address, browser=FIREFOX: request_context.origin.set(Origin(address=address, browser=browser))
    request_context.origin.set(request_context.NOWHERE)


def test_a_sign_in_and_a_failed_one_are_recorded(ines):
    sign_in(password="wrong")
    sign_in(password="wrong")
    sign_in()
    failed, worked = SignIn.objects.order_by("worked")
    assert (failed.person, failed.how, failed.count, failed.address) == (ines, How.PASSWORD, 2, "192.0.2.7")
    assert (worked.person, worked.how, worked.count, worked.browser) == (ines, How.PASSWORD, 1, "Firefox on Linux")


def test_an_unknown_user_name_is_not_stored(ines):
    for number in range(3):
        sign_in(f"{PASSWORD}{number}", "x")
    (row,) = SignIn.objects.values()
    assert (row["person_id"], row["count"]) == (None, 3)
    assert PASSWORD not in str(row)


def test_guessing_does_not_fill_the_database(ines, mia, coming):
    """With any number of names, addresses and browsers, the rows in an hour are bounded."""
    for number in range(3 * sign_ins.MOST_FAILED):
        coming(f"10.{number // 250}.{number % 250}.1", f"Browser/{number}")
        sign_ins.failed(how=How.PASSWORD, person=(ines, mia, None)[number % 3])
    windows = SignIn.objects.values("window").distinct().count()
    assert SignIn.objects.count() <= windows * 2 * sign_ins.MOST_FAILED
    assert sum(SignIn.objects.values_list("count", flat=True)) == 3 * sign_ins.MOST_FAILED, "each is counted"
    for person in (ines, mia):
        rows = SignIn.objects.of_person(person)
        assert rows.count() <= windows * (sign_ins.MOST_OF_PERSON + 1)
        assert sum(rows.values_list("count", flat=True)) == sign_ins.MOST_FAILED, "no attempt is hidden by the flood"


def test_signing_in_from_many_places_does_not_fill_it_either(ines, coming):
    for number in range(3 * sign_ins.MOST_OF_PERSON):
        coming(f"10.0.{number}.1")
        sign_ins.worked(person=ines, how=How.PASSWORD)
    windows = SignIn.objects.values("window").distinct().count()
    assert SignIn.objects.count() <= windows * (sign_ins.MOST_OF_PERSON + 1)
    assert KnownPlace.objects.count() == KnownPlace.MOST


def test_the_person_and_staff_see_it_and_the_organisations_admins_do_not(ines, ada, stan, as_):
    sign_in(password="wrong", address="203.0.113.77")
    assert "203.0.113.77" in as_(ines).get("/profile/").content.decode()
    page = as_(stan).get("/staff/audit/sign-ins/?person=ines&failed=on").content.decode()
    assert "203.0.113.77" in page
    assert "Failed" in page
    assert as_(ada).get("/staff/audit/sign-ins/").status_code == 404
    for path in ("/organizations/river/audit/", "/profile/"):
        assert "203.0.113.77" not in as_(ada).get(path).content.decode()
    assert [row["address"] for row in as_(ines).get("/api/v1/me/sign-ins/").json()["results"]] == ["203.0.113.77"]
    assert as_(ada).get("/api/v1/me/sign-ins/").json()["results"] == []
    assert as_(stan).get("/api/v1/audit/sign-ins/?failed=true").json()["results"][0]["person"] == "ines"
    assert as_(ada).get("/api/v1/audit/sign-ins/").status_code == 404


def test_a_token_for_one_organisation_does_not_read_its_persons_sign_ins(ines, river):
    _, text = tokens.create(person=ines, by=ines, name="bound", scopes=["read"], days=3, organization=river)
    answer = Client().get("/api/v1/me/sign-ins/", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 403


def test_the_first_use_of_a_token_and_another_network_are_recorded(ines):
    token, text = tokens.create(person=ines, by=ines, name="script", scopes=["read"], days=3)
    told = {"Authorization": f"Bearer {text}"}
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.99", "198.51.100.1"):
        assert Client().get("/api/v1/me/", headers=told, REMOTE_ADDR=address).status_code == 200
    rows = SignIn.objects.filter(how=How.TOKEN, worked=True).order_by("pk")
    assert [(row.address, row.subject) for row in rows] == [("192.0.2.1", str(token)), ("198.51.100.1", str(token))]
    tokens.revoke(token=token, by=ines)
    assert Client().get("/api/v1/me/", headers=told).status_code == 401
    assert SignIn.objects.get(worked=False).person == ines, "use of a revoked token"


def test_old_sign_ins_are_deleted(ines, settings):
    sign_in()
    now = timezone.now()
    assert sign_ins.forget(now + timedelta(days=settings.SIGN_IN_DAYS - 1)) == 0
    assert sign_ins.forget(now + timedelta(days=settings.SIGN_IN_DAYS + 1)) == 1
    assert KnownPlace.objects.exists(), "a place does not become new with time"


def announced_places() -> int:
    return Event.objects.filter(type="account.place").count()


@pytest.mark.parametrize(
    ("address", "agent", "new"),
    [
        ("192.0.2.7", FIREFOX, False),
        ("192.0.2.200", FIREFOX.replace("140", "141"), False),
        ("198.51.100.1", FIREFOX, True),
        ("192.0.2.7", PHONE, True),
        ("2001:db8::1", FIREFOX, True),
    ],
)
def test_a_new_place_is_another_network_or_another_browser(address, agent, new, ines):
    sign_in()
    assert announced_places() == 0, "the very first sign-in is not announced"
    sign_in(address=address, agent=agent)
    sign_in(address=address, agent=agent)
    assert announced_places() == (1 if new else 0)


def test_signing_in_from_many_places_does_not_flood_the_mailbox(ines, coming):
    for number in range(40):
        coming(f"10.0.{number}.1")
        sign_ins.worked(person=ines, how=How.PASSWORD)
    assert announced_places() == sign_ins.PLACES_A_DAY
