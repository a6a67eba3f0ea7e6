"""The API and its document agree: Schemathesis generates calls from the document, valid and invalid ones, and sends
them to a running portal with tokens of an outsider, an instructor, an org admin, an owner and staff. No answer is a
5xx, and the document describes every answer.

The effects of calls to one address are undone before the next. The generated calls are the same each time; set
HUBPORTAL_FUZZ to a number to generate that many for each address, with other ones each time.
"""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import schemathesis
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hubs.accounts.services import tokens
from hubs.api.schema import made
from hubs.models import ApiToken, DeviceGrant, Scope
from tests.test_api_doors import places
from tests.test_every_url import world

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["places", "world"]
CHECKS = (status_code_conformance, content_type_conformance, response_schema_conformance)
DOCUMENT = "/api/v1/openapi.json"
EXAMPLES = int(os.environ.get("HUBPORTAL_FUZZ", 0))
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
USUAL = 3  # calls of one address, by one role
RARELY = st.sampled_from([False, False, False, True])
ROLES = ("zoe", "ines", "omar", "ada", "stan")  # tests/test_api_doors.py tests the answers for each role
# Needs the hub itself, which does not run in this test: an answer that it is unreachable is right.
ASKS_THE_HUB = ("/servers/", "/logs/", "/restart/", "/objects/", "/dry-run/")


class Snapshot:
    """All rows of the test, to be restored."""

    def __init__(self) -> None:
        self.name = connection.settings_dict["NAME"]
        self.kept = sqlite3.connect(":memory:")
        with closing(sqlite3.connect(self.name)) as now:
            now.backup(self.kept)

    def back(self) -> None:
        with closing(sqlite3.connect(self.name, timeout=20)) as now:
            self.kept.backup(now)

    def forget(self) -> None:
        self.kept.close()


def bearer(person):
    text = tokens.new_text()
    scopes = [scope for scope in Scope.values if person.is_staff or scope != Scope.APPROVE]
    ApiToken.objects.create(
        person=person, created_by=person, name="fuzz", prefix=tokens.prefix_of(text), scopes=scopes,
        digest=tokens._digest(text), expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    return {"Authorization": f"Bearer {text}"}


def fits(case, answer):
    """Raise AssertionError when the document does not describe this answer, or on a server error."""
    away = answer.status_code == 503 and any(part in case.operation.path for part in ASKS_THE_HUB)
    case.validate_response(answer, checks=CHECKS if away else (not_a_server_error, *CHECKS))


def calls(operation, told, real):
    """Generate calls of one address, and compare each answer with the document. Raise at the first difference."""

    @settings(
        max_examples=EXAMPLES or USUAL, deadline=None, database=None, derandomize=not EXAMPLES,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES)), RARELY)
    def call(case, elsewhere):
        if not elsewhere:  # otherwise nearly everything is a 404
            case.path_parameters = {name: str(real[name]) for name in case.path_parameters or {}}
            if operation.method in ("put", "patch"):
                case.headers["If-Match"] = "*"
        fits(case, case.call(headers=told))

    call()


def all_of(document, told, places, uid, snapshot):
    """Return the errors by address, and the number of addresses."""
    tried, wrong = 0, []
    for found in document.get_all_operations():
        operation = found.ok()
        kind = "request" if "/requests/{uid}" in operation.path else "hub"
        try:
            calls(operation, told, {**places, "uid": str(uid[kind])})
        except BaseExceptionGroup as error:
            wrong += [f"{operation.label}: {one}" for one in error.exceptions]
        except AssertionError as error:
            wrong.append(f"{operation.label}: {error}")
        if operation.method != "get":
            snapshot.back()
        tried += 1
    return tried, wrong


@pytest.mark.processes
def test_answers_match_the_document(world, places, portal):
    running = portal(HUBPORTAL_API_CALLS_A_MINUTE="1000000")
    bearers = {role: bearer(world["people"][role]) for role in ROLES}
    snapshot = Snapshot()
    running.start("redis", "web")
    document = schemathesis.openapi.from_url(running.url + DOCUMENT)
    asked = sum(len(operations) for operations in made()["paths"].values())
    for role in ROLES:
        tried, wrong = all_of(document, bearers[role], places, world["uid"], snapshot)
        assert not wrong, f"as {role}:\n" + "\n\n".join(wrong)
        assert tried == asked
    snapshot.forget()
    assert not DeviceGrant.objects.exists(), "effects of calls are undone"
    assert "Traceback" not in running.log("web")
