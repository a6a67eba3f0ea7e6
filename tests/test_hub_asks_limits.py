"""A hub queries a person's user limits: only the hub itself may, only about itself, and the answer lets it go on
without the portal. A browser session gives no right here."""

import base64
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hubs.models import Hub, HubSecret, UserLimit
from hubs.requests.services import requests
from provisioning.prepare import hub_secrets

pytestmark = pytest.mark.django_db


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@pytest.fixture
def asks(ready_hub):
    """Return `asks("mia")`, which sends the hub's query and returns the answer."""
    secret = hub_secrets(ready_hub)["oauth_client_secret"]

    def ask(user="mia", uid=ready_hub.uid, headers=None, **more):
        address = f"/api/hub/{uid}/limits/"
        return Client().get(address, {"user": user} | more, headers=headers or basic(ready_hub.uid, secret))

    ask.secret = secret
    return ask


@pytest.fixture
def rule(ready_hub, omar):
    def make(name="mia", since=None, **values):
        now = timezone.now()
        return UserLimit.objects.create(
            hub=ready_hub, kind="person", name=name, author=omar, since=since or now, made_at=now, **values
        )

    return make


def test_the_answer_has_the_effective_limits_in_sequence(asks, rule, ready_hub, omar):
    assert asks().json() | {"nobody": ""} == {"limits": {}, "groups": [], "nobody": ""}
    friday = timezone.now() + timedelta(days=4)
    rule(memory_mib=4096, until=friday)
    rule(cpu=1.5)
    UserLimit.objects.create(hub=ready_hub, kind="everybody", author=omar, since=timezone.now(), memory_mib=1536)
    answer = asks()
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert "no-store" in answer["Cache-Control"]
    measures = {"memory_mib": [[4096, friday.isoformat()], [1536, None]], "cpu": [[1.5, None]]}
    assert answer.json() | {"nobody": ""} == {"limits": measures, "groups": [], "nobody": ""}
    assert asks("MIA").json() == answer.json(), "a name is the same in capitals"
    assert asks("ines").json()["limits"] == {"memory_mib": [[1536, None]]}
    assert asks("nobody/at%all").json()["limits"] == {"memory_mib": [[1536, None]]}


def test_waiting_and_ended_limits_are_not_returned(asks, rule):
    UserLimit.objects.filter(pk=rule(memory_mib=4096).pk).update(since=None)
    rule(cpu=1, ended_at=timezone.now())
    rule(gpus=1, until=timezone.now() - timedelta(seconds=1))
    assert asks().json() | {"nobody": ""} == {"limits": {}, "groups": [], "nobody": ""}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
        {"Authorization": "Bearer x"},
        basic("", ""),
        basic("HUB", ""),
        basic("HUB", "0" * 64),
        basic("HUB", "é" * 64),
        basic("HUB", "-" * 64),
        basic("another", "SECRET"),
        {"Authorization": "token SECRET"},
    ],
)
def test_only_the_hub_itself_may_ask(asks, rule, ready_hub, headers):
    rule(memory_mib=4096)
    told = {k: v.replace("HUB", ready_hub.uid) for k, v in headers.items()}
    if "Basic" in told.get("Authorization", "") and headers == basic("another", "SECRET"):
        told = basic("another", asks.secret)
    answer = Client().get(f"/api/hub/{ready_hub.uid}/limits/", {"user": "mia"}, headers=told)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Basic ")
    assert "4096" not in answer.content.decode()


def test_no_session_is_accepted_not_even_of_staff(as_, cast, ready_hub, asks):
    for who in (None, *cast.values()):
        assert as_(who).get(f"/api/hub/{ready_hub.uid}/limits/", {"user": "mia"}).status_code == 401


def test_a_hub_asks_about_itself_only(asks, ask, zoe, lake):
    theirs = Hub.objects.get(pk=requests.submit(request=ask(zoe, lake, slug="lake-101"), by=zoe).hub_id)
    mine = asks.secret
    their_secret = hub_secrets(theirs)["oauth_client_secret"]
    assert asks(uid=theirs.uid).status_code == 401, "our name and secret at their address"
    assert asks(uid=theirs.uid, headers=basic(theirs.uid, mine)).status_code == 401
    assert asks(headers=basic(theirs.uid, their_secret)).status_code == 401
    assert asks(uid=theirs.uid, headers=basic(theirs.uid, their_secret)).status_code == 200
    assert asks(uid="h23456789abc", headers=basic("h23456789abc", "-" * 64)).status_code == 401, "no such hub"


def test_another_secret_of_the_same_hub_is_not_accepted(asks, ready_hub):
    for name, value in hub_secrets(ready_hub).items():
        status = asks(headers=basic(ready_hub.uid, value)).status_code
        assert status == (200 if name == "oauth_client_secret" else 401), name


@pytest.mark.parametrize("user", ["", "x" * 256, "a\0b"])
def test_an_invalid_user_name_is_refused(asks, user):
    assert asks(user).status_code == 400


def test_wrong_method_and_a_retired_hub(asks, ready_hub):
    address, headers = f"/api/hub/{ready_hub.uid}/limits/", basic(ready_hub.uid, asks.secret)
    for method in ("post", "put", "delete"):
        assert getattr(Client(), method)(address, headers=headers).status_code == 405
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="retired")
    assert asks().status_code == 404
    HubSecret.objects.all().delete()
    assert asks().status_code == 401


def test_queries_do_not_grow(asks, rule, ready_hub, omar, django_assert_max_num_queries):
    UserLimit.objects.bulk_create(
        UserLimit(hub=ready_hub, kind="person", name=f"p{i}", cpu=1, author=omar, since=timezone.now())
        for i in range(200)
    )
    with django_assert_max_num_queries(9):
        assert asks("p7").json()["limits"] == {"cpu": [[1.0, None]]}
