"""The API: what it returns, whom it refuses, and that bad input gets a problem document and never a 500."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.models import AuditEvent, ChangeRequest, Hub
from hubs.requests.services import requests as services

pytestmark = pytest.mark.django_db
REQUESTS = "/api/v1/requests/"
GOOD = {
    "organization": "river",
    "slug": "by-program",
    "spec": {"about": {"title": "By program", "heads": 12}},
    "reason": "A script asked.",
}


def post(client, body):
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(REQUESTS, data, content_type="application/json")


def problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    body = json.loads(answer.content)
    assert body["status"] == status
    assert "/problems/" in body["type"]
    assert body["title"]
    assert body["detail"]
    return body


# --- reading --------------------------------------------------------------------------------------------------------


def test_the_list_has_the_hubs_that_a_person_may_see(as_, ines, zoe, ready_hub):
    found = as_(ines).get("/api/v1/hubs/").json()
    assert [row["uid"] for row in found["results"]] == [ready_hub.uid]
    assert as_(zoe).get("/api/v1/hubs/").json() == {"results": [], "next": None, "previous": None}


def test_one_hub_with_everything(as_, ines, ready_hub):
    found = as_(ines).get(f"/api/v1/hubs/{ready_hub.uid}/").json()
    assert (found["status"], found["url"], found["conditions"]) == ("ready", ready_hub.url, [])
    assert found["generation"] == found["observedGeneration"] == 1
    assert found["spec"]["singleuser"]["memory"]["limit"] == "1G"
    assert found["self"].endswith(f"/api/v1/hubs/{ready_hub.uid}/")


def test_one_request(as_, ines, omar, ask, river):
    row = services.submit(request=ask(ines, river, **{"about.heads": "500"}), by=ines)
    found = as_(omar).get(f"{REQUESTS}{row.uid}/").json()
    assert (found["state"], found["turn"], found["slug"]) == ("submitted", "staff", "stat-101")
    assert found["spec"]["about"]["heads"] == 500
    assert found["policy"]["routine"] is False


def test_the_schema_refuses_unknown_fields(as_, ines):
    schema = as_(ines).get("/api/v1/schema/hubspec/").json()
    assert schema["additionalProperties"] is False
    assert "signIn" in schema["properties"]


def test_each_role_reads_and_writes_what_it_may(as_, ines, mia, zoe, stan, ask, river, ready_hub):
    draft = ask(ines, river, slug="secret-plan")
    paths = [f"/api/v1/hubs/{ready_hub.uid}/", f"{REQUESTS}{draft.uid}/"]
    for path in paths:
        problem(as_(zoe).get(path), 404)
        problem(as_(None).get(path), 401)
        problem(as_(ines).delete(path), 405)
    problem(as_(stan).get(paths[1]), 404)
    problem(post(as_(mia), GOOD), 403)
    problem(post(as_(zoe), GOOD), 404)
    problem(post(as_(None), GOOD), 401)
    problem(as_(ines).put(REQUESTS, "{}", content_type="application/json"), 405)
    assert not ChangeRequest.objects.filter(slug="by-program").exists()


def test_a_session_alone_does_not_write(ines, river):
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0], enforce_csrf_checks=True)
    client.force_login(ines)
    assert "CSRF" in problem(post(client, GOOD), 403)["detail"]
    assert not ChangeRequest.objects.exists()


# --- requests -------------------------------------------------------------------------------------------------------


def test_a_request_by_api_takes_the_same_way_as_by_form(as_, ines, river):
    answer = post(as_(ines), GOOD)
    assert answer.status_code == 201, answer.content
    hub = Hub.objects.get()
    assert answer.json()["hub"] == hub.uid
    assert answer.json()["state"] == "approved"
    assert (hub.slug, hub.spec.about.heads, hub.spec.about.title) == ("by-program", 12, "By program")
    assert AuditEvent.objects.filter(verb="request.submit", actor="ines").exists()


def test_beyond_the_limits_it_waits_like_any_other(as_, ines, river):
    body = {**GOOD, "spec": {"about": {"title": "Big", "heads": 5000}}}
    answer = post(as_(ines), body)
    assert (answer.status_code, answer.json()["state"], answer.json()["turn"]) == (201, "submitted", "staff")
    assert not Hub.objects.exists()


def test_the_same_uid_is_the_same_request(as_, ines, omar, river):
    body = {**GOOD, "uid": str(uuid.uuid4())}
    first, again = post(as_(ines), body), post(as_(ines), {**body, "slug": "other"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["uid"] == again.json()["uid"] == body["uid"]
    assert ChangeRequest.objects.count() == 1
    problem(post(as_(omar), {**body, "slug": "other"}), 409)
    assert ChangeRequest.objects.count() == 1


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_the_same_uid_sent_twice_at_once_is_one_request(as_, ines, river):
    body = {**GOOD, "uid": str(uuid.uuid4())}
    clients = [as_(ines) for _ in range(2)]

    def send(client):
        try:
            return post(client, body).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        statuses = set(pool.map(send, clients))
    assert statuses <= {200, 201, 409}
    assert 201 in statuses
    assert Hub.objects.count() == ChangeRequest.objects.count() == 1


def with_spec(**parts):
    return {**GOOD, "spec": {"about": {"title": "By program"}, **parts}}


@pytest.mark.parametrize(
    ("body", "path", "words"),
    [
        ({}, "organization", "Required for"),
        ({**GOOD, "slug": "Ä!"}, "slug", "lower-case letters"),
        ({**GOOD, "slug": "admin"}, "slug", "reserved"),
        ({**GOOD, "slug": 5}, "slug", "lower-case letters"),
        ({**GOOD, "slug": None}, "slug", "null"),
        ({**GOOD, "organization": "a b"}, "organization", "slug"),
        ({**GOOD, "organization": ["river"]}, "organization", "valid"),
        ({**GOOD, "startingPoint": "root"}, "startingPoint", "Choose one of this organisation’s starting points"),
        ({**GOOD, "uid": "7"}, "uid", "UUID"),
        ({**GOOD, "reason": "x" * 4001}, "reason", "4000"),
        ({**GOOD, "spec": []}, "spec", "dictionary"),
        ({**GOOD, "spec": {}}, "spec.about.title", "fill this in"),
        ({**GOOD, "approve": True}, "approve", "no such field"),
        (with_spec(version=2), "spec.version", "Choose one"),
        (with_spec(privileged=True), "spec.privileged", "no such field"),
        (with_spec(about={"title": "x", "heads": 1}), "spec.about.title", "too short"),
        (with_spec(about={"title": "Ours", "heads": 10**30}), "spec.about.heads", "at most 20000"),
        (with_spec(about={"title": ["Ours"]}), "spec.about.title", "can’t be used"),
        (with_spec(about={"title": "abc\u202edef"}), "spec.about.title", "characters"),
        (
            with_spec(singleuser={"memory": {"limit": "1e9G"}}),
            "spec.singleuser.memory.limit",
            "The maximum is 4,096 GiB",
        ),
        (with_spec(singleuser={"memory": {"limit": "-1G"}}), "spec.singleuser.memory.limit", "512M or 2G"),
        (with_spec(singleuser="all of it"), "spec.singleuser", "can’t be used"),
        (with_spec(signIn={"adminUsers": ["mallory"]}), "spec.signIn.adminUsers", "Not a member"),
        (with_spec(cull={"timeout": 1}), "spec.cull.timeout", "at least 1 minute"),
    ],
)
def test_errors_name_their_path_and_nothing_is_left_behind(as_, ines, river, body, path, words):
    found = problem(post(as_(ines), body), 422)
    assert path in found["errors"], found
    assert words in " ".join(found["errors"][path])
    assert not ChangeRequest.objects.exists()
    assert not AuditEvent.objects.filter(verb="request.start").exists()


@pytest.mark.database
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b'{"organization": "river"',
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe",
        b'{"organization": "river\\u0000"}',
        b'{"reason": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"slug": NaN}',
        b'{"spec": {"about": {"title": "Ours", "heads": 1e309}}, "organization": "river", "slug": "ours"}',
        b'{"spec": {"about": {"title": "Ours", "heads": '
        + b"9" * 6000
        + b'}}, "organization": "river", "slug": "ours"}',
        b'{"spec": {"a\\u202e": {}}, "organization": "river", "slug": "ours"}',
        b"[" * 100_000,
        b'{"spec": ' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_no_body_breaks_it(as_, ines, river, raw):
    answer = post(as_(ines), raw)
    assert answer.status_code in (400, 422), answer.content[:200]
    problem(answer, answer.status_code)
    assert not ChangeRequest.objects.exists()


def test_too_much_is_refused_unread(as_, ines, river):
    problem(post(as_(ines), b'{"reason": "' + b"x" * 1_100_000 + b'"}'), 413)


def test_another_format_is_refused(as_, ines, river):
    problem(as_(ines).post(REQUESTS, "<a/>", content_type="application/xml"), 415)


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["limit=-1", "limit=9999999", "limit=" + "9" * 40, "cursor=", "limit=a\x00b"])
def test_odd_pages_are_pages(as_, ines, ready_hub, query):
    assert as_(ines).get(f"/api/v1/hubs/?{query}").status_code == 200


def test_a_parameter_that_does_not_exist_is_named(as_, ines):
    refused = problem(as_(ines).get("/api/v1/hubs/?offset=5"), 422)
    assert "Unknown parameter" in refused["errors"]["offset"][0]


def test_lists_cost_the_same_with_3_and_with_300(as_, ines, hub):
    def fill(count, start):
        Hub.objects.bulk_create(
            Hub(
                organization=hub.organization, cluster=hub.cluster, slug=f"s-{n}", title="x", created_by=ines,
                revision=hub.revision, uid=f"h{n:011d}",
            )
            for n in range(start, start + count)
        )  # fmt: skip
        ChangeRequest.objects.bulk_create(
            ChangeRequest(organization=hub.organization, kind="create", requester=ines, hub=hub) for _ in range(count)
        )

    def cost():
        counts = []
        for path in ("/api/v1/hubs/?limit=100", REQUESTS + "?limit=100"):
            client = as_(ines)
            client.get(reverse("api-schema-hubspec"))
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            counts.append(len(captured))
        return counts

    fill(2, 0)
    few = cost()
    fill(297, 2)
    assert cost() == few
