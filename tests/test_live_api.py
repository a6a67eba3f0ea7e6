"""A program's stream of a hub's status, with a real web process and a real Redis: its contents, when it begins and
ends, and a reader that never reads."""

import json
import socket
import time
from datetime import timedelta

import httpx
import pytest
from django.test import Client as DjangoClient
from django.utils import timezone

from hubs.accounts.services import accounts, service_accounts, tokens
from hubs.hub.services import hubs as services
from hubs.live import channel as live
from hubs.models import ApiToken, RosterEntry, User
from hubs.organizations import services as organizations
from hubs.roster.services import roster
from tests.stack.portal import until
from tests.test_live import Reader, stack

__all__ = ["stack"]  # a fixture
pytestmark = pytest.mark.processes


@pytest.fixture
def program(stack):
    """Return `program(ines)`, a client with a person's token."""
    opened = []

    def make(user, *scopes):
        _, text = tokens.create(person=user, by=user, name="watcher", scopes=scopes or ["read"], days=1)
        opened.append(
            httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {text}"}, trust_env=False, timeout=20)
        )
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def path(hub):
    return f"/api/v1/hubs/{hub.uid}/events/"


def desired_states(reader):
    """Return the hub's desired state in each event."""
    return [json.loads(line[6:])["desiredState"] for _, line in reader.said if line.startswith("data: ")]


def test_each_event_holds_the_hub_and_a_reconnecting_program_continues(program, ready_hub, ines):
    client = program(ines)
    first = Reader(client, path(ready_hub)).open()
    until(lambda: desired_states(first) == ["running"], "how it is now, at once", 5)
    services.suspend(hub=ready_hub, by=ines)
    until(lambda: desired_states(first)[-1] == "suspended", "the change with its row", 5)
    again = Reader(client, path(ready_hub), **{"Last-Event-ID": first.last_id}).open()
    services.resume(hub=ready_hub, by=ines)
    until(lambda: desired_states(again), "what came after it", 5)
    assert desired_states(again) == ["running"], "nothing that was received before is repeated"


def test_it_opens_for_people_who_may_see_the_hub(stack, program, ready_hub, ines, zoe):
    assert program(zoe).get(path(ready_hub)).status_code == 404
    refused = program(ines, "request").get(path(ready_hub))
    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert httpx.get(stack.url + path(ready_hub), trust_env=False).status_code == 401
    stale = program(ines)
    ApiToken.objects.filter(person=ines).update(expires_at=timezone.now())
    assert stale.get(path(ready_hub)).status_code == 401


@pytest.mark.parametrize("end", ["revoked", "removed", "demoted", "off the list"])
def test_it_ends_when_the_permission_ends(end, program, ready_hub, ines, mia, ada, river):
    person = User.objects.create_user("kim", "kim@elsewhere.example", email_verified=True)
    entry = RosterEntry.objects.create(hub=ready_hub, user=person)
    user = {"off the list": person, "demoted": ines}.get(end, mia)
    client = program(user)
    stream = Reader(client, path(ready_hub)).open()
    other = Reader(program(ada), path(ready_hub)).open()
    until(lambda: desired_states(stream) and desired_states(other), "both listen", 5)
    match end:
        case "revoked":
            tokens.revoke(token=ApiToken.objects.get(person=mia), by=mia)
        case "removed":
            organizations.remove(membership=river.memberships.get(user=mia), by=ada)
        case "demoted":
            organizations.change_role(membership=river.memberships.get(user=ines), by=ada, role="member")
        case "off the list":
            roster.remove(entry=entry, by=ada)
    assert stream.ended.wait(5)
    services.suspend(hub=ready_hub, by=ada)
    until(lambda: desired_states(other)[-1] == "suspended", "others go on", 5)
    assert "suspended" not in desired_states(stream)
    assert client.get(path(ready_hub)).status_code in (401, 404) if end != "demoted" else True


@pytest.mark.parametrize("end", ["revoked", "maker removed", "account removed", "expired"])
def test_a_stream_ends_with_the_origin_of_its_token(end, stack, ready_hub, ada, omar, river):
    """Omar's token created a service account's token; its stream ends with Omar's token, his role, and the account."""
    mine, _ = tokens.create(person=omar, by=omar, name="mine", scopes=["administer", "read"], days=1)
    account = service_accounts.create(organization=river, by=ada, name="script", role="member")
    program = User.objects.get(pk=omar.pk)
    program.token = mine
    made, text = tokens.create(person=account, by=program, name="watcher", scopes=["read"], days=1)
    if end == "expired":
        ApiToken.objects.filter(pk__in=[mine.pk, made.pk]).update(expires_at=timezone.now() + timedelta(seconds=4))
    headers = {"Authorization": f"Bearer {text}"}
    with httpx.Client(base_url=stack.url, headers=headers, trust_env=False, timeout=20) as client:
        stream = Reader(client, path(ready_hub)).open()
        until(lambda: desired_states(stream), "it listens", 5)
        match end:
            case "revoked":
                tokens.revoke(token=mine, by=omar)
            case "maker removed":
                organizations.remove(membership=river.memberships.get(user=omar), by=ada)
            case "account removed":
                service_accounts.remove(account=account, by=ada)
        assert stream.ended.wait(10)
        assert client.get(path(ready_hub)).status_code == 401


def test_an_open_page_ends_when_its_person_is_signed_out_everywhere(stack, ready_hub, mia):
    browser = DjangoClient()
    browser.force_login(mia)
    cookies = {name: one.value for name, one in browser.cookies.items()}
    with httpx.Client(base_url=stack.url, cookies=cookies, trust_env=False, timeout=20) as client:
        stream = Reader(client, f"/live/hubs/{ready_hub.uid}/").open()
        accounts.sign_out_everywhere(user=mia, by=mia)
        assert stream.ended.wait(10)
        assert client.get(f"/live/hubs/{ready_hub.uid}/").status_code == 302


def test_a_reader_that_never_reads_harms_no_others(stack, program, ready_hub, ines, mia):
    client = program(ines)
    slow = [socket.create_connection(("127.0.0.1", stack.port), timeout=10) for _ in range(5)]
    for each in slow:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        head = f"GET {path(ready_hub)} HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\n"
        each.sendall(f"{head}Authorization: {client.headers['Authorization']}\r\n\r\n".encode())
        assert each.recv(12) == b"HTTP/1.1 200"
    fast = Reader(program(mia), path(ready_hub)).open()
    until(lambda: desired_states(fast), "the others listen", 5)
    for _ in range(3000):  # more than all buffers between two programs hold
        live.publish([f"hub:{ready_hub.pk}"])
    services.suspend(hub=ready_hub, by=ines)
    until(lambda: desired_states(fast)[-1] == "suspended", "who reads hears of it", 20)
    assert client.get("/api/v1/me/").status_code == 200
    began = time.monotonic()
    for each in slow:
        each.close()
    stack.kill("web", 15)
    assert time.monotonic() - began < 15, "stopping must not wait for them"
    assert "Traceback" not in stack.log("web")
