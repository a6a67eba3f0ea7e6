"""A log line names its cause and the caller, as text or as JSON, and never contains a secret."""

import io
import json
import logging
import os
import subprocess
import sys

import pytest
import redis
from django.conf import settings as django_settings
from django.test import AsyncClient

from hubs import request_context
from portal.machine.children import die_with_parent
from portal.telemetry.logs import Json, Line, mask
from tests.project.redis import redis_server
from tests.stack.portal import until

pytestmark = pytest.mark.processes

SECRET = "s3cr3tV4lu3"


@pytest.fixture
def told():
    """Return `told(Json)`, a handler with this formatter; its lines are in `.getvalue()`."""
    handlers = []

    def listen(formatter, *names):
        handler = logging.StreamHandler(io.StringIO())
        handler.setFormatter(formatter())
        for name in names or ("tests.logs",):
            logger = logging.getLogger(name)
            handlers.append((logger, handler, logger.level))
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
        return handler.stream

    yield listen
    for logger, handler, level in handlers:
        logger.removeHandler(handler)
        logger.setLevel(level)


@pytest.fixture
def caused():
    """A context caused by Ines' click."""
    tokens = request_context.request_id.set("edge-12345"), request_context.asked_by.set(lambda: "ines")
    request_context.caller_id.set("")
    yield
    request_context.request_id.reset(tokens[0])
    request_context.asked_by.reset(tokens[1])


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer %s",
        "{'Authorization': 'Token %s', 'Accept': '*/*'}",
        "authorization=Basic %s1234567",
        "sent Bearer %s on",
        "the token hubp_%s ended",
        "signed with whsec_%s/+=",
        "GET /invitations/%s/ 200",
        "POST /mail/stop/%s/ 200",
        "GET /calendar/%s.ics 200",
        "redis://:%s@redis:6379/0 does not answer",
        "postgres://portal:%s@db/portal",
        "POST /o/token/?code=%s&state=x",
        "/x/?a=1&state=%s",
        "password='%s'",
        '{"client_secret": "%s"}',
        "SECRET_KEY=%s",
        "api_key=%s",
        "Cookie: portal-session=%s; portal-csrf=abc",
        "token eyJhbGciOi.%s.sig",
    ],
)
def test_values_that_look_like_secrets_are_hidden(text):
    assert SECRET in text % SECRET
    assert SECRET not in mask(text % SECRET)


@pytest.mark.parametrize(
    "text",
    [
        "refused a form without a valid token: CSRF cookie not set",
        "GET /invitations/ 200 12 ms",
        "GET /organizations/river/calendar.ics 200",
        "hub habcdefghijk: Unreachable: The cluster is not responding.",
        "basic ways to sign in",
        "https://portal.example.org:8443/hubs/x/?tab=2",
    ],
)
def test_ordinary_words_are_left_alone(text):
    assert mask(text) == text


def test_a_line_names_the_cause_and_the_caller(told, caused):
    out = told(Line)
    logging.getLogger("tests.logs").info("hello %s", "hubp_" + SECRET)
    assert out.getvalue() == "I tests.logs hello hubp_… [edge-12345 ines]\n"


def test_the_callers_id_has_a_field_of_its_own(told, caused):
    lines, objects = told(Line), told(Json)
    request_context.caller_id.set("hubp_" + SECRET)
    logging.getLogger("tests.logs").info("hello")
    request_context.caller_id.set("")
    assert lines.getvalue() == "I tests.logs hello [edge-12345 ines caller=hubp_…]\n"
    said = json.loads(objects.getvalue())
    assert (said["request_id"], said["caller_request_id"]) == ("edge-12345", "hubp_…")


def test_json_has_fields_and_no_secret_in_any(told, caused):
    out = told(Json)
    try:
        raise ValueError(f"password={SECRET}")
    except ValueError:
        facts = {"status": 200, "url": f"/invitations/{SECRET}/", "api_token": SECRET}
        logging.getLogger("tests.logs").exception("two\nlines %s", "ü", extra={"facts": facts})
    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert SECRET not in line
    assert said.pop("time").endswith("Z")
    assert "ValueError: password=…" in said.pop("exception")
    assert said == {
        "level": "error", "logger": "tests.logs", "message": "two\nlines ü", "request_id": "edge-12345",
        "user": "ines", "status": 200, "url": "/invitations/…/", "api_token": "…",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_request_makes_one_line_with_route_and_user(told, as_, ines, hub):
    out = told(Json, "portal.web")
    as_(ines).get(f"/hubs/{hub.uid}/?q=secret", headers={"X-Request-ID": "edge-12345"})
    (line,) = out.getvalue().splitlines()
    said = json.loads(line)
    assert (said["caller_request_id"], said["user"], said["route"]) == ("edge-12345", "ines", "hub")
    assert len(said["request_id"]) == 32
    assert said["message"].startswith(f"GET /hubs/{hub.uid}/ 200 ")
    assert "river.example.edu" not in line
    assert request_context.asked_by.get()() == "", "the context is reset"


@pytest.mark.django_db
def test_keys_in_paths_and_line_breaks_in_addresses_are_not_logged(told, as_):
    out = told(Line, "portal.web")
    as_(None).get(f"/invitations/{SECRET}/")
    as_(None).get("/x%0aI portal.web GET /faked/ 200")
    as_(None).get("/healthz")
    lines = out.getvalue().splitlines()
    assert len(lines) == 2, "probes are not logged"
    assert SECRET not in lines[0]
    assert "/invitations/…/" in lines[0]
    assert "%0A" in lines[1]


@pytest.mark.django_db(transaction=True)
async def test_in_the_event_loop_a_line_needs_no_query(told, ines, hub):
    out = told(Json, "portal.web")
    client = AsyncClient(headers={"host": "127.0.0.1"})
    await client.aforce_login(ines)
    await client.get(f"/hubs/{hub.uid}/")
    assert json.loads(out.getvalue())["user"] == "ines"


def test_beat_logs_once_that_redis_is_unreachable(tmp_path):
    log = tmp_path / "beat.log"
    argv = [sys.executable, "-m", "celery", "--quiet", "-A", "portal", "beat", "--pidfile", "", "-s", tmp_path / "b"]
    with redis_server() as (url, server), redis.Redis.from_url(url) as client, open(log, "wb") as out:
        env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(tmp_path), "REDIS_URL": url, "LOG_FORMAT": "json",
               "HUBPORTAL_TICK_SECONDS": "0.2"}  # fmt: skip
        beat = subprocess.Popen(argv, cwd=django_settings.BASE_DIR, env=env, stdout=out, stderr=out,
                                preexec_fn=die_with_parent())  # fmt: skip
        try:
            until(lambda: client.llen("celery") > 1, f"beat ticks; {log.read_text()}")
            server.stop()
            until(lambda: "Redis does not respond" in log.read_text(), "beat says that Redis is away")
            server.start()
            until(lambda: client.llen("celery") > 1, f"beat ticks again; {log.read_text()}")
        finally:
            beat.terminate()
            beat.wait(20)
    said = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
    away = [one["message"] for one in said if "no scheduled task starts until it does" in one["message"]]
    assert len(away) == 1
    assert not [one for one in said if "exception" in one]
    assert "Traceback" not in log.read_text()
