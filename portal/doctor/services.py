"""Checks of database, Redis, workers, mail and clusters: whether they respond, and whether clocks and tables match."""

import smtplib
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import redis
from celery import Celery
from django.conf import settings
from django.core.checks import WARNING, Tags, run_checks
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from hubs import crypto
from hubs.clusters import queries as operations
from hubs.clusters.rules import Finding as Checked
from hubs.live.connecting import opened
from hubs.models import Cluster
from portal.doctor.findings import Finding
from portal.telemetry import measures

SKEW = 2.0  # seconds by which two clocks may differ: leases last tens of seconds
PING = 3.0  # seconds that workers have to respond
AT_ONCE = 4  # clusters checked concurrently


def _away(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _clock(name: str, theirs: datetime) -> Finding:
    off = (theirs - datetime.now(UTC)).total_seconds()
    if abs(off) > SKEW:
        said = f"The clock of {name} is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} this machine’s."
        return Finding("Clocks", "mend", f"{said} Use NTP on both: leases and dates depend on it.")
    return Finding("Clocks", "ok", f"The clocks of {name} and this machine match.")


# --- database ---------------------------------------------------------------------------------------------------------
def database() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
        version = connection.get_database_version()
    except DatabaseError as error:
        said = f"The database does not respond: {_away(error)}. Is it running, and is DATABASE_URL correct?"
        yield Finding("Database", "mend", said)
        return
    name = f"{connection.display_name} {'.'.join(map(str, version))}"
    waiting = MigrationExecutor(connection).migration_plan(_latest())
    if waiting:
        yield Finding(
            "Database", "mend", f"{name} responds. Pending migrations: {len(waiting)}. Run manage.py migrate."
        )
    else:
        yield Finding("Database", "ok", f"{name} responds, and all migrations are applied.")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            yield _clock("the database", cursor.fetchone()[0])
    if not waiting:
        for one in run_checks(tags=[Tags.database], databases=["default"]):
            if one.level >= WARNING:
                yield Finding("Database", "mend" if one.is_serious() else "note", f"{one.msg} {one.hint} ({one.id})")


def _latest() -> list[tuple[str, str]]:
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


def keys() -> Iterator[Finding]:
    """Check which encryption keys are still needed, by reading every encrypted value."""
    used = crypto.keys_in_use()
    lost = sorted({name for name, key in used if key == crypto.UNREADABLE})
    older = sum(number for (_, key), number in used.items() if key > 1)
    if lost:
        said = f"Some values can’t be decrypted: {', '.join(lost)}. Add their key to HUBPORTAL_ENCRYPTION_KEYS."
        yield Finding("Keys", "mend", said)
    elif older:
        said = f"{older} values still need an older encryption key. Run manage.py encrypt before you remove the key."
        yield Finding("Keys", "note", said)
    elif len(settings.HUBPORTAL_ENCRYPTION_KEYS) > 1:
        said = "All values use the first encryption key. You can remove the others from HUBPORTAL_ENCRYPTION_KEYS."
        yield Finding("Keys", "note", said)
    else:
        yield Finding("Keys", "ok", "All encrypted values can be read.")


# --- Redis and workers ------------------------------------------------------------------------------------------------
def broker() -> Iterator[Finding]:
    where = urlsplit(settings.REDIS_URL)
    place = f"{where.hostname}:{where.port or 6379}"
    try:
        with opened(socket_connect_timeout=2, socket_timeout=2) as client:
            about: Any = client.info("server")
            seconds, micros = client.time()
    except (redis.RedisError, ValueError) as error:
        said = f"Redis does not respond at {place} ({type(error).__name__}). Start it, or correct REDIS_URL."
        yield Finding("Redis", "mend", f"{said} Until then, pages work but changes wait.")
        return
    yield Finding("Redis", "ok", f"Redis {about.get('redis_version', '?')} responds at {place}.")
    yield _clock("Redis", datetime.fromtimestamp(seconds + micros / 1e6, UTC))


def workers() -> Iterator[Finding]:
    """Check that a worker responds to a ping, and that ticks are recent, which shows that beat runs."""
    try:
        told = measures.broker()
    except (redis.RedisError, ValueError):
        yield Finding("Workers", "mend", "Workers can’t be checked without Redis.")
        return
    with Celery(set_as_current=False) as asking:
        asking.config_from_object({**settings.CELERY, "broker_url": settings.REDIS_URL})
        found = asking.control.ping(timeout=PING)
    if found:
        yield Finding("Workers", "ok", f"Workers that respond: {len(found)}.")
    else:
        yield Finding("Workers", "mend", f"No worker responds within {PING:.0f} s. Start one: celery -A portal worker.")
    age = told.tick_age(timezone.now())
    if age is None or age > measures.late_ticks():
        said = "There was no tick in the last hour." if age is None else f"The last tick was {age:.0f} s ago."
        todo = "Start exactly one beat: celery -A portal beat." if found else "Start a worker first."
        yield Finding("Beat", "mend", f"{said} {todo}")
    else:
        yield Finding("Beat", "ok", f"The last tick was {max(age, 0):.0f} s ago.")
    yield from _queue(told)


def _queue(told: measures.Broker) -> Iterator[Finding]:
    try:
        due = measures.due(timezone.now())
    except DatabaseError:
        return  # reported by the database check
    said = f"Waiting messages: {told.depth}, hubs: {due.count}"
    if due.oldest > measures.LAG_LATE:
        yield Finding("Queue", "mend", f"{said}, the oldest for {due.oldest:.0f} s. Start more workers.")
    else:
        yield Finding("Queue", "ok", f"{said}.")


# --- mail, clusters ---------------------------------------------------------------------------------------------------
def mail() -> Iterator[Finding]:
    if "smtp" not in settings.EMAIL_BACKEND:
        yield Finding("Mail", "note", "No mail server is configured (EMAIL_URL), so no mail is sent.")
        return
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    sender: Any = get_connection(timeout=5)
    try:
        sender.open()
        code, _ = sender.connection.noop()
        sender.close()
    except (OSError, smtplib.SMTPException) as error:
        said = f"The mail server at {where} can’t be used ({type(error).__name__}: {_away(error)}). Check EMAIL_URL."
        yield Finding("Mail", "mend", said)
        return
    said = f"The mail server at {where} responds."
    if code != 250:
        said = f"The mail server at {where} responds to NOOP with {code}."
    yield Finding("Mail", "ok" if code == 250 else "mend", said)


def clusters() -> Iterator[Finding]:
    """Run the check that staff can run for each cluster. Results are not stored."""
    rows = list(Cluster.objects.order_by("slug"))
    if not rows:
        yield Finding(
            "Clusters", "mend", "There is no cluster, so hubs can’t be created. Staff add one under Clusters."
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(_checked, rows))
    for row, (findings, seconds) in zip(rows, answers, strict=True):
        failing = [one for one in findings if one.ok is False]
        for one in failing:
            yield Finding(f"Cluster {row.slug}", "mend", f"{one.name}: {one.message}")
        if not failing:
            first = findings[0].message if findings else ""
            yield Finding(f"Cluster {row.slug}", "ok", f"{first} ({seconds:.1f} s)")


def _checked(row: Cluster) -> tuple[Sequence[Checked], float]:
    began = time.monotonic()
    return operations.check(row), time.monotonic() - began
