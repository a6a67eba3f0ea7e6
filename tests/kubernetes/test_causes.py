"""The id of a request is propagated from the browser to the cluster: to the logs of web and worker, and to the API
server's audit log."""

import json

import httpx
import pytest
from django.test import Client
from django.urls import reverse

from hubs.models import AuditEvent
from portal.doctor import Finding
from portal.doctor import services as doctor
from tests.stack.portal import Portal, until

pytestmark = [pytest.mark.kubernetes, pytest.mark.django_db(transaction=True)]
CLICK = "click-1234567890"


@pytest.fixture
def portal(cluster, tmp_path):
    stack = Portal(tmp_path, LOG_FORMAT="json", LOG_REQUESTS="true", HUBPORTAL_ALIVE_FILE=str(tmp_path / "alive"))
    stack.start("redis", "web", "worker")
    yield stack
    stack.stop()


def lines(portal, name, **wanted):
    """Return the log lines of a process that have these fields."""
    text = (portal.var / f"{name}.log").read_text()
    said = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return [one for one in said if wanted.items() <= one.items()]


def click(portal, person, path):
    """Post a form from that person's browser."""
    browser = Client()
    browser.force_login(person)
    csrf = "c" * 32
    cookies = {"portal-session": browser.cookies["portal-session"].value, "portal-csrf": csrf}
    headers = {"X-Request-ID": CLICK, "X-CSRFToken": csrf}
    return httpx.post(portal.url + path, cookies=cookies, headers=headers, timeout=30, trust_env=False)


def test_the_id_of_a_click_is_found_in_every_log(portal, hub, ines, kube):
    answer = click(portal, ines, reverse("hub-restart", args=[hub.uid]))
    assert (answer.status_code, answer.headers["X-Caller-Request-ID"]) == (302, CLICK)
    ours = answer.headers["X-Request-ID"]
    line = AuditEvent.objects.get(verb="hub.restart")
    assert (line.request_id, line.via, line.address) == (ours, "session", "127.0.0.1")

    (web,) = lines(portal, "web", logger="portal.web", request_id=ours, caller_request_id=CLICK)
    told = {name: web[name] for name in ("user", "method", "route", "status", "level")}
    assert told == {"user": "ines", "method": "POST", "route": "hub-restart", "status": 302, "level": "info"}
    assert web["duration_ms"] >= 0

    mine = {
        "logger": "portal.tasks",
        "request_id": ours,
        "caller_request_id": CLICK,
        "user": "ines",
        "task": "provisioning.reconcile",
    }
    worked = until(lambda: lines(portal, "worker", **mine), f"the worker works on it; {portal.log('worker')}")
    assert worked[0]["result"] == "success"

    calls = [json.loads(line) for line in kube.audit_log.read_text().splitlines() if ours in line]
    assert {call["userAgent"].partition("/")[0] for call in calls} == {"hubportal"}
    assert any(call["verb"] == "patch" and hub.uid in call["requestURI"] for call in calls)
    until((portal.var / "alive").exists, "the worker touches its file, for a probe")
    assert next(doctor.workers()) == Finding("Workers", "ok", "Workers that respond: 1.")
    for name in ("web", "worker"):
        assert "@river.example.edu" not in (portal.var / f"{name}.log").read_text()
