"""The origin of an action: each audit line has the address, and the token or the browser session."""

import pytest
from celery.app.task import Context
from django.test import Client

from hubs import request_context
from hubs.accounts.services import service_accounts, tokens
from hubs.audit.services import audit
from hubs.models import AuditEvent
from portal.telemetry import propagation

pytestmark = pytest.mark.django_db
ADDRESS = "203.0.113.77"


def suspend(client, hub, **more):
    return client.post(f"/api/v1/hubs/{hub.uid}/suspend/", {}, "application/json", REMOTE_ADDR=ADDRESS, **more)


def line(verb="hub.suspend"):
    return AuditEvent.objects.filter(verb=verb).latest("pk")


def test_a_browser(ready_hub, ines, as_):
    as_(ines).post(f"/hubs/{ready_hub.uid}/suspend/", REMOTE_ADDR=ADDRESS)
    assert (line().via, line().address, line().made_by) == ("session", ADDRESS, "")


def test_a_token(ready_hub, ines):
    token, text = tokens.create(person=ines, by=ines, name="script", scopes=["read", "operate"], days=3)
    assert suspend(Client(), ready_hub, headers={"Authorization": f"Bearer {text}"}).status_code < 300
    assert (line().actor, line().via, line().address) == ("ines", str(token), ADDRESS)
    assert text not in str(AuditEvent.objects.values())


def test_a_service_account_says_who_made_its_token(ready_hub, river, ada, omar):
    account = service_accounts.create(organization=river, by=ada, name="nightly", role="admin")
    _, text = tokens.create(person=account, by=omar, name="ci", scopes=["read", "operate"], days=3)
    assert suspend(Client(), ready_hub, headers={"Authorization": f"Bearer {text}"}).status_code < 300
    assert (line().actor, line().made_by) == (account.username, "omar")


def test_one_request_leaves_nothing_for_the_next(ready_hub, ines, as_):
    as_(ines).get("/", REMOTE_ADDR=ADDRESS)
    audit.record("hub.restart", by=ines, subject="x", hub=ready_hub)
    assert (line("hub.restart").via, line("hub.restart").address) == ("", None)


def test_the_address_is_shown_to_staff_and_to_the_actor(ready_hub, ines, ada, stan, as_):
    as_(ines).post(f"/hubs/{ready_hub.uid}/suspend/", REMOTE_ADDR=ADDRESS)
    seen = {}
    for person in (ines, ada, stan):
        page = as_(person).get(f"/hubs/{ready_hub.uid}/audit/").content.decode()
        told = as_(person).get(f"/api/v1/hubs/{ready_hub.uid}/audit/?verb=hub.suspend").json()["results"][0]
        assert "In a browser" in page
        assert told["via"] == "session"
        assert (ADDRESS in page) == (told["address"] == ADDRESS)
        seen[person.username] = told["address"]
    assert seen == {"ines": ADDRESS, "ada": "", "stan": ADDRESS}


class Task:
    """What Celery passes to its signals: the name, and the headers as a worker receives them."""

    name = "tests.task"

    def __init__(self, headers):
        self.request = Context(headers)


@pytest.fixture
def in_worker():
    headers: dict[str, str] = {}

    def begin(user="ines", **origin):
        request_context.request_id.set("a" * 32)
        request_context.caller_id.set("edge-1")
        request_context.asked_by.set(lambda: user)
        request_context.origin.set(request_context.Origin(address=ADDRESS, **origin))
        propagation.take_along(headers=headers)
        request_context.origin.set(request_context.NOWHERE)
        propagation.unpack(task=Task(headers))

    yield begin
    propagation.tell(task=_begun(headers), state="SUCCESS")
    assert (request_context.caller_id.get(), request_context.origin.get()) == ("", request_context.NOWHERE), (
        "nothing is left for the next task"
    )


def _begun(headers):
    task = Task(headers)
    propagation.unpack(task=task)
    return task


def test_the_origin_is_propagated_to_the_worker(in_worker, ready_hub, ines):
    in_worker(via="hubp_abcdefgh… script", made_by="omar")
    audit.record("hub.restart", by=ines, subject="x", hub=ready_hub)
    row = line("hub.restart")
    assert (row.via, row.address, row.made_by) == ("hubp_abcdefgh… script", ADDRESS, "omar")
    assert request_context.caller_id.get() == "edge-1"


def test_lines_of_other_actors_in_the_worker_have_no_origin(in_worker, ready_hub, ada):
    """Ines' click makes a worker check the webhooks of others: their owners must not read her address."""
    in_worker()
    for by in (None, ada):
        audit.record("webhook.paused", by=by, subject="x", hub=ready_hub)
        row = line("webhook.paused")
        assert (row.via, row.address) == ("", None)
