"""How many calls a program may make in a minute, how many queries a call takes, and no detours to more rights."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hubs.accounts.services import service_accounts, tokens
from hubs.errors import NotAllowed
from hubs.models import ApiToken, ChangeRequest, Role, StoredAnswer
from portal.tasks import forget

from .conftest import member
from .project.redis import redis_server

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
HUBS, REQUESTS = "/api/v1/hubs/", "/api/v1/requests/"


@pytest.fixture
def redis(settings):
    with redis_server() as (url, server):
        settings.REDIS_URL = url
        yield server


def bearer(person, *scopes, **more):
    by = more.pop("by", person)
    _, text = tokens.create(person=person, by=by, name="script", scopes=scopes or ["read"], days=3, **more)
    return {"Authorization": f"Bearer {text}"}


def test_too_many_calls_of_one_token_wait_and_others_go_on(redis, settings, ines, ada, as_):
    settings.API_CALLS_A_MINUTE = 3
    mine, second, hers = bearer(ines), bearer(ines), bearer(ada)
    for left in (2, 1, 0):
        answer = Client().get(HUBS, headers=mine)
        assert answer.status_code == 200
        assert answer["RateLimit"].startswith(f'"minute";r={left};t=')
        assert answer["RateLimit-Policy"] == '"minute";q=3;w=60'
    refused = Client().get(HUBS, headers=mine)
    assert refused.status_code == 429
    assert refused.json()["type"].endswith("/problems/too-many/")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert Client().get(HUBS, headers=second).status_code == 200, "each token has its own"
    assert Client().get(HUBS, headers=hers).status_code == 200
    assert as_(ines).get(HUBS).status_code == 200
    redis.stop()
    again = Client().get(HUBS, headers=mine)
    assert again.status_code == 200, "without Redis each process counts for itself, from then on"
    assert again["RateLimit"].startswith('"minute";r=2;t=')


def test_those_without_a_token_are_counted_by_address(redis, settings):
    settings.API_CALLS_A_MINUTE = 2
    ask = "/api/v1/device/token/"
    for status in (400, 400, 429):
        assert Client().post(ask, "", "application/x-www-form-urlencoded").status_code == status
    other = Client().post(ask, "", "application/x-www-form-urlencoded", REMOTE_ADDR="10.1.1.1")
    assert other.status_code == 400


@pytest.mark.parametrize("path", [HUBS, REQUESTS, "/api/v1/organizations/", "/api/v1/tokens/", "/api/v1/audit/"])
def test_a_list_costs_the_same_however_long_it_is(path, stan, ines, river, ask, ready_hub):
    told = bearer(stan, "read", "administer")
    costs = []
    for number in range(3):
        tokens.create(person=stan, by=stan, name=f"one-{number}", scopes=["read"], days=3, organization=river)
        ask(ines, river, slug=f"hub-{number}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = Client().get(path, headers=told)
        assert answer.status_code == 200
        costs.append(len(queries))
    assert costs[1] == costs[2], costs
    assert costs[2] <= 6, [query["sql"] for query in queries]


def test_service_accounts_and_members_cost_the_same(ada, river):
    told = bearer(ada, "read")
    Client().get("/api/v1/me/", headers=told)  # a token's first use writes a row
    for path in ("/api/v1/organizations/river/service-accounts/", "/api/v1/organizations/river/members/"):
        costs = []
        for number in range(2):
            row = service_accounts.create(organization=river, by=ada, name=f"x{len(path)}-{number}", role="member")
            tokens.create(person=row, by=ada, name="ci", scopes=["read"], days=3, organization=river)
            with CaptureQueriesContext(connection) as queries:
                assert Client().get(path, headers=told).status_code == 200
            costs.append(len(queries))
        assert costs[0] == costs[1], path


# --- no detours -------------------------------------------------------------------------------------------------------
def test_no_admin_gets_an_owners_rights_through_an_account(ada, omar, river):
    boss = service_accounts.create(organization=river, by=ada, name="boss", role="owner")
    kept, _ = tokens.create(person=boss, by=ada, name="ci", scopes=["read"], days=3)
    with pytest.raises(NotAllowed):
        tokens.create(person=boss, by=omar, name="mine", scopes=["read"], days=3)
    told = bearer(omar, "read", "administer")
    path = f"/api/v1/organizations/river/service-accounts/{boss.username}/tokens/"
    body = json.dumps({"name": "mine", "scopes": ["administer"]})
    assert Client().post(path, body, "application/json", headers=told).status_code == 403
    rotate = f"/api/v1/tokens/{kept.pk}/rotate/"
    assert Client().post(rotate, "{}", "application/json", headers=told).status_code == 403
    assert ApiToken.objects.filter(person=boss).count() == 1


def test_an_admin_makes_tokens_of_service_accounts_in_the_browser_except_an_owners(ada, omar, river, as_):
    body = {"name": "ci", "scopes": ["read"], "days": "30"}
    for role, status, made in (("admin", 200, 1), ("owner", 422, 0)):  # the form, with the refusal above it
        row = service_accounts.create(organization=river, by=ada, name=f"script-{status}", role=role)
        answer = as_(omar).post(f"/organizations/river/service-accounts/{row.username}/", body)
        assert (answer.status_code, row.tokens.count()) == (status, made)


def test_reading_is_not_enough_to_end_or_copy_an_accounts_token(ada, river):
    account = service_accounts.create(organization=river, by=ada, name="ci", role="instructor")
    kept, _ = tokens.create(person=account, by=ada, name="ci", scopes=["read"], days=3)
    mine, path = bearer(ada), f"/api/v1/tokens/{kept.pk}/"
    for refused in (Client().delete(path, headers=mine), Client().post(f"{path}rotate/", headers=mine)):
        assert refused.status_code == 403
        assert "administer" in refused.json()["detail"]
    kept.refresh_from_db()
    assert (kept.revoked_at, account.tokens.count()) == (None, 1)
    assert Client().delete(path, headers=bearer(ada, "read", "administer")).status_code == 204


def test_a_token_for_one_place_lists_those_for_the_same_place(ada, river, ready_hub):
    tokens.create(person=ada, by=ada, name="everywhere", scopes=["read"], days=3)
    here, there = bearer(ada, organization=river), bearer(ada, hub=ready_hub)
    for headers, places in ((here, [("river", None)]), (there, [(None, ready_hub.uid)])):
        rows = Client().get("/api/v1/tokens/", headers=headers).json()["results"]
        assert [(row["organization"], row["hub"]) for row in rows] == places


def test_a_token_for_another_place_reads_no_answer_of_this_one(river, lake):
    both = member(river, "both", "Both", Role.INSTRUCTOR)
    lake.memberships.create(user=both, role=Role.INSTRUCTOR)
    body = json.dumps({"organization": "river", "slug": "mine", "spec": {"about": {"title": "Mine", "heads": 5}}})
    here = {**bearer(both, "request", organization=river), "Idempotency-Key": "k"}
    there = {**bearer(both, "request", organization=lake), "Idempotency-Key": "k"}
    assert Client().post(REQUESTS, body, "application/json", headers=here).status_code == 201
    refused = Client().post(REQUESTS, body, "application/json", headers=there)
    assert refused.status_code == 422
    assert "Mine" not in refused.content.decode()
    assert ChangeRequest.objects.count() == 1


def test_answers_are_forgotten_after_some_days(ines, river):
    body = json.dumps({"organization": "river", "slug": "mine", "spec": {"about": {"title": "Mine", "heads": 5}}})
    told = {**bearer(ines, "request"), "Idempotency-Key": "k"}
    assert Client().post(REQUESTS, body, "application/json", headers=told).status_code == 201
    for days, left in ((1, 1), (3, 0)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            forget()
        assert StoredAnswer.objects.count() == left
