"""The device flow (RFC 8628): a program asks, a person decides in the browser, the program fetches its token once."""

import json
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hubs.accounts.api.devices import GRANT
from hubs.accounts.services import devices, tokens
from hubs.errors import Conflict
from hubs.models import ApiToken, AuditEvent, DeviceGrant
from portal.tasks import forget

from .project.redis import redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
AUTHORIZE, TOKEN = "/api/v1/device/authorize/", "/api/v1/device/token/"
FORM = "application/x-www-form-urlencoded"


def post(path, body, **more):
    return Client().post(path, urlencode(body), FORM, **more)


@pytest.fixture
def redis(settings):
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        yield url


class Program:
    """A program that has no token yet."""

    def __init__(self, scope="read operate", **more):
        answer = post(AUTHORIZE, {"client_id": "hubportal", "scope": scope, **more})
        assert answer.status_code == 200, answer.content
        assert answer["Cache-Control"] == "no-store"
        self.told = answer.json()
        self.code = self.told["user_code"]

    def ask(self, **changes):
        body = {"grant_type": GRANT, "device_code": self.told["device_code"], "client_id": "hubportal", **changes}
        return post(TOKEN, body)

    def error(self, **changes):
        answer = self.ask(**changes)
        assert answer.status_code == 400
        return answer.json()["error"]

    @property
    def row(self):
        return DeviceGrant.objects.get(user_code=self.code.replace("-", ""))


def decide(client, program, decision="allow", **changes):
    body = {"user_code": program.code, "decision": decision, "scopes": ["read", "operate"], "days": "30", **changes}
    return client.post(reverse("device"), body)


def test_a_program_gets_a_token_that_a_person_allows(as_, ines):
    program = Program()
    assert program.error() == "authorization_pending"
    client = as_(ines)
    page = urlsplit(program.told["verification_uri_complete"])
    shown = client.get(f"{page.path}?{page.query}").content.decode()
    assert program.code in shown
    assert "127.0.0.1" in shown
    assert decide(client, program).status_code == 302
    with time_machine.travel(timezone.now() + timedelta(seconds=6)):
        made = program.ask().json()
        assert (made["token_type"], made["scope"]) == ("Bearer", "read operate")
        assert abs(made["expires_in"] - 30 * 86400) < 5
        told = {"Authorization": f"Bearer {made['access_token']}"}
        assert Client().get("/api/v1/me/", headers=told).json()["username"] == "ines"
        assert program.error() == "invalid_grant", "a code gives one token"
    assert "Command line on 127.0.0.1" in client.get(reverse("tokens")).content.decode()
    assert ApiToken.objects.count() == 1
    assert list(AuditEvent.objects.order_by("pk").values_list("verb", "actor")) == [
        ("device.allow", "ines"), ("token.create", "ines"),
    ]  # fmt: skip


def test_neither_code_nor_token_is_kept(as_, ines):
    program = Program()
    decide(as_(ines), program)
    made = program.ask().json()
    kept = json.dumps(
        [*DeviceGrant.objects.values(), *ApiToken.objects.values(), *AuditEvent.objects.values()], default=str
    )
    assert program.told["device_code"] not in kept
    assert made["access_token"] not in kept


def test_fewer_rights_than_requested_can_be_allowed(as_, ines, river, lake):
    program = Program(scope="read operate administer")
    decide(as_(ines), program, scopes=["read"], organization="river")
    made = program.ask().json()
    assert made["scope"] == "read"
    row = ApiToken.objects.get()
    assert (row.scopes, row.organization, row.person) == (["read"], river, ines)


@pytest.mark.parametrize(
    "changes",
    [{"scopes": ["administer"]}, {"scopes": []}, {"days": "9999"}, {"days": ""}, {"organization": "lake"}],
    ids=str,
)
def test_more_rights_than_requested_can_not_be_allowed(changes, as_, ines, lake):
    program = Program()
    answer = decide(as_(ines), program, **changes)
    assert answer.status_code == 422
    assert program.code in answer.content.decode()
    assert program.row.state == "waiting"
    assert program.error() == "authorization_pending"


def test_deciding_requests_is_allowed_by_staff_alone(as_, ines, stan):
    program = Program(scope="read approve")
    assert decide(as_(ines), program, scopes=["read", "approve"]).status_code == 422
    decide(as_(stan), program, scopes=["read", "approve"])
    assert program.ask().json()["scope"] == "read approve"


def test_a_denied_program_gets_no_token(as_, ines, ada):
    program = Program()
    assert decide(as_(ines), program, "deny").status_code == 302
    assert program.error() == "access_denied"
    decide(as_(ada), program)
    assert program.error() == "access_denied", "no other person can allow it afterwards"
    assert not ApiToken.objects.exists()
    assert AuditEvent.objects.get().verb == "device.deny"


@pytest.mark.parametrize("decision", ["", "yes"])
def test_an_unclear_answer_decides_nothing(decision, as_, ines):
    program = Program()
    assert "Your app shows the same code" in decide(as_(ines), program, decision).content.decode()
    assert program.row.state == "waiting"


def test_the_first_decision_counts(as_, ines, ada):
    program = Program()
    seen = program.row
    decide(as_(ines), program)
    with pytest.raises(Conflict):
        devices.allow(grant=seen, by=ada, scopes=["read"], days=3)
    program.ask()
    assert ApiToken.objects.get().person == ines


def test_a_code_ends_after_ten_minutes(as_, ines):
    program, late = Program(), Program()
    decide(as_(ines), late)
    with time_machine.travel(timezone.now() + devices.LIFE + timedelta(seconds=1)):
        assert "code is not valid" in as_(ines).get(reverse("device"), {"user_code": program.code}).content.decode()
        decide(as_(ines), program)
        assert program.error() == "expired_token"
        assert late.error() == "expired_token"
    assert not ApiToken.objects.exists()
    with time_machine.travel(timezone.now() + devices.LIFE + devices.KEPT + timedelta(seconds=1)):
        forget()
    assert not DeviceGrant.objects.exists()


def test_a_program_that_polls_too_often_waits_longer(ines):
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        program = Program()
        assert program.error() == "authorization_pending"
        clock.shift(4)
        assert program.error() == "slow_down"
        clock.shift(2)
        assert program.error() == "slow_down", "ten seconds since the first question now, and then fifteen"
        clock.shift(9)
        assert program.error() == "authorization_pending"


def test_a_closed_account_can_not_allow_a_program(as_, ines):
    program = Program()
    decide(as_(ines), program)
    ines.is_active = False
    ines.save()
    assert program.error() == "access_denied"
    assert not ApiToken.objects.exists()


def test_a_token_loses_its_approval_scope_with_the_staff_role(as_, stan):
    program = Program(scope="approve")
    decide(as_(stan), program, scopes=["approve"])
    stan.is_staff = False
    stan.save()
    assert program.error() == "access_denied"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_request"),
        ({"client_id": "somebody-else"}, "invalid_client"),
        ({"client_id": "hubportal", "scope": "root"}, "invalid_scope"),
        ({"client_id": "x" * 500}, "invalid_request"),
    ],
)
def test_errors_of_a_device_request_follow_the_standard(body, error):
    answer = post(AUTHORIZE, body)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert not DeviceGrant.objects.exists()


def test_errors_of_fetching_a_token(as_, ines):
    program = Program(unknown="is ignored")
    decide(as_(ines), program)
    assert program.error(grant_type="password") == "unsupported_grant_type"
    assert program.error(device_code="guessed") == "invalid_grant"
    assert program.error(client_id="other") == "invalid_grant"
    assert program.error(device_code="") == "invalid_request"
    assert Client().post(TOKEN, "{}", "application/json").status_code == 415
    assert Client().get(TOKEN).status_code == 405
    assert program.ask().status_code == 200


def test_codes_for_one_address_are_limited():
    for _ in range(devices.AT_A_TIME):
        Program()
    assert post(AUTHORIZE, {"client_id": "hubportal"}).json()["error"] == "slow_down"
    assert post(AUTHORIZE, {"client_id": "hubportal"}, REMOTE_ADDR="10.1.1.1").status_code == 200


def test_a_code_is_read_however_it_is_typed(as_, ines):
    program = Program()
    client = as_(ines)
    for typed in (program.code.lower(), program.code.replace("-", ""), f" {program.code.replace('-', ' ')} "):
        assert "Your app shows the same code" in client.get(reverse("device"), {"user_code": typed}).content.decode()
    for wrong in ("", "BBBB-BBB", "AEIOUAEI", "ÄÖÜ", "B" * 9, "\0"):
        answer = client.get(reverse("device"), {"user_code": wrong})
        assert answer.status_code == 422
        assert "Your app shows the same code" not in answer.content.decode()


def test_guessing_codes_is_limited(as_, ines, ada, redis):
    program, client = Program(), as_(ines)
    for number in range(20):
        assert client.get(reverse("device"), {"user_code": f"BBBB-{number:04}"}).status_code == 422
    assert client.get(reverse("device"), {"user_code": program.code}).status_code == 429
    assert decide(client, program).status_code == 429
    assert program.row.state == "waiting"
    assert as_(ada).get(reverse("device"), {"user_code": program.code}).status_code == 200


def test_a_decision_needs_a_signed_in_person_and_the_same_origin(ines):
    program = Program()
    assert decide(Client(), program)["Location"].startswith(reverse("sign-in"))
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines)
    assert decide(client, program).status_code == 403
    told = {"Authorization": f"Bearer {tokens.create(person=ines, by=ines, name='t', scopes=['read'], days=1)[1]}"}
    assert Client().post(reverse("device"), {"user_code": program.code}, headers=told).status_code == 302
    assert program.row.state == "waiting"
