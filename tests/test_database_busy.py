"""A busy database is not an error of the portal: 503 with Retry-After and a sentence, on pages and in the API."""

import contextlib
import sqlite3

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from hubs.database import BUSY, RETRY_AFTER, busy
from hubs.models import AuditEvent

from .callers import caller
from .test_api_doors import API, methods, places
from .test_api_doors import address as api_address
from .test_every_url import OURS, address, world

__all__ = ["places", "world"]
sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="needs SQLite, which has one lock for all")


@contextlib.contextmanager
def locked():
    """Another connection holds the file. The portal waits for 20 ms instead of 20 s."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 20")
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        holder.rollback()
        holder.close()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 20000")


@sqlite_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("who", ["ines", "stan"])
def test_every_write_to_a_locked_file_is_503(who, world, places, as_, caplog):
    """Every endpoint that writes answers 503; one that stops before (no right, bad input) answers as always."""
    client, told, wrong = as_(world["people"][who]), 0, []
    client.raise_request_exception = False
    writes = [("POST", address(name, world)) for name in OURS]
    writes += [(m, api_address(name, world, places)) for name in API for m in methods(name) if m not in ("GET", "HEAD")]
    before = AuditEvent.objects.count()
    with locked():
        for method, path in writes:
            answer = client.generic(method, path, "{}", "application/json", headers={"If-Match": "*"})
            if answer.status_code == 503 and "Retry-After" in answer and str(BUSY) in answer.content.decode():
                told += 1
            elif answer.status_code >= 500 and "Retry-After" not in answer:
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong
    assert told > 15
    assert AuditEvent.objects.count() == before
    assert not [record.message for record in caplog.records if record.exc_info], "a line, and no traceback"


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_a_page_and_the_api_say_what_to_do_and_work_a_moment_later(ready_hub, ines, as_):
    client = as_(ines)
    client.raise_request_exception = False
    call = caller(ines)
    with locked():
        page = client.post(f"/hubs/{ready_hub.uid}/suspend/")
        told = call("POST", f"hubs/{ready_hub.uid}/suspend/", {}, Idempotency_Key="one")
    assert page.status_code == told.status_code == 503
    assert page["Retry-After"] == told["Retry-After"] == str(RETRY_AFTER)
    assert str(BUSY) in page.content.decode()
    assert told.json()["detail"] == BUSY
    assert told["Content-Type"] == "application/problem+json"
    ready_hub.refresh_from_db()
    assert ready_hub.desired_state == "running"
    assert call("POST", f"hubs/{ready_hub.uid}/suspend/", {}, Idempotency_Key="one").status_code < 300


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_signing_in_while_the_file_is_locked(ines):
    """Middleware writes the session, outside all views."""
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    with locked():
        form = {"username": "ines", "password": "correct horse battery staple"}
        answer = client.post(reverse("sign-in"), form)
    assert answer.status_code == 503
    assert answer["Retry-After"] == str(RETRY_AFTER)


@pytest.mark.django_db
def test_a_programming_error_is_not_a_busy_database():
    with pytest.raises(OperationalError) as found, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM there_is_no_such_table")
    assert not busy(found.value)
    assert not busy(ValueError("database is locked"))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("40001", True),  # serialization_failure
        ("40P01", True),  # deadlock_detected
        ("53300", True),  # too_many_connections
        ("55P03", True),  # lock_not_available
        ("57P01", True),  # admin_shutdown
        ("57P03", True),  # cannot_connect_now
        ("08006", True),  # connection_failure
        ("57014", False),  # query_canceled: a retry would take as long
        ("58030", False),  # io_error
    ],
)
def test_which_errors_of_postgresql_are_temporary(state, expected):
    error = OperationalError("from PostgreSQL")
    error.__cause__ = psycopg.errors.lookup(state)("from PostgreSQL")
    assert busy(error) is expected


def test_an_unreachable_postgresql_is_temporary():
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("host=127.0.0.1 port=1 connect_timeout=2")
    error = OperationalError("connection refused")
    error.__cause__ = refused.value
    assert busy(error)
