"""Checks of this machine and its settings, without database or Redis."""

import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.checks import ERROR, WARNING, run_checks

from portal.doctor.findings import Finding
from portal.web.middleware import CALLER_HEADER, HEADER

SECONDS = 5.0  # for an answer
ROOM = 1024**3  # bytes that should be available
LONG = 14  # days for which a certificate should still be valid
ASSET = "css/base.css"


def settings_agree() -> Iterator[Finding]:
    """Yield the messages of `manage.py check --deploy`, without the checks that need the database."""
    wrong = [one for one in run_checks(include_deployment_checks=settings.PRODUCTION) if one.level >= WARNING]
    for one in wrong:
        said = " ".join(filter(None, (one.msg, one.hint or "")))
        yield Finding("Settings", "mend" if one.level >= ERROR else "note", f"{said} ({one.id})")
    if not any(one.level >= ERROR for one in wrong):
        said = "All checks for production pass." if settings.PRODUCTION else "All checks for one machine pass."
        yield Finding("Settings", "ok", said)
    if not settings.PRODUCTION and settings.SECRET_KEY == settings.INSECURE_SECRET_KEY:
        said = "The secret key is the public default. Use it only if no one else can reach this machine."
        yield Finding("Secret key", "note", said)


def address() -> Iterator[Finding]:
    """Check that the portal responds at its configured address, and that address, TLS and proxy are consistent."""
    behind = settings.SECURE_PROXY_SSL_HEADER is not None
    if settings.TLS and not behind:
        said = "The address uses HTTPS without a TLS proxy, so forms are refused. Set HUBPORTAL_BEHIND_PROXY=true."
        yield Finding("Address", "mend", said)
    yield _answers()
    if settings.TLS:
        yield _certificate()


def _answers() -> Finding:
    """Send a unique id that only a portal returns, and check the response."""
    sent = uuid4().hex
    try:
        answer = httpx.get(f"{settings.PORTAL_URL}/healthz", timeout=SECONDS, headers={HEADER: sent})
    except httpx.HTTPError as error:
        return _nobody(error)
    if answer.status_code == 200 and answer.headers.get(CALLER_HEADER) == sent:
        return Finding("Address", "ok", f"The portal responds at {settings.PORTAL_URL}.")
    if answer.is_redirect:
        said = f"{settings.PORTAL_URL} redirects to {answer.headers.get('Location', '?')}."
        return Finding("Address", "mend", f"{said} Set HUBPORTAL_URL to the final address.")
    said = f"The server at {settings.PORTAL_URL} is not this portal (status {answer.status_code})."
    return Finding("Address", "mend", f"{said} Check the target of the reverse proxy.")


def _nobody(error: httpx.HTTPError) -> Finding:
    if "CERTIFICATE" in str(error).upper():
        said = f"The certificate at {settings.PORTAL_URL} is not trusted: {error}. Renew it."
        return Finding("Address", "mend", said)
    said = f"{settings.PORTAL_URL} does not respond to this machine ({type(error).__name__})."
    return Finding("Address", "mend", f"{said} Start web, or check the reverse proxy, the DNS name and the firewall.")


def _certificate() -> Finding:
    where = urlsplit(settings.PORTAL_URL)
    host = where.hostname or ""
    try:
        plain = socket.create_connection((host, where.port or 443), timeout=SECONDS)
        with plain, ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
            ends = str((secure.getpeercert() or {}).get("notAfter", ""))
        left = (datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) - datetime.now(UTC)).days
    except (OSError, ValueError) as error:
        return Finding("Certificate", "mend", f"It could not be read ({type(error).__name__}). See Address.")
    if left < LONG:
        return Finding("Certificate", "mend", f"It expires in {left} days. Renew it, and check automatic renewal.")
    return Finding("Certificate", "ok", f"Valid for {left} days.")


def folder() -> Iterator[Finding]:
    var = settings.VAR_DIR
    if not os.access(var, os.W_OK):
        yield Finding("Folder", "mend", f"{var} is not writable. Set HUBPORTAL_VAR to a writable folder.")
    usage = shutil.disk_usage(var)
    free = f"{usage.free / 1024**3:.1f} GiB"
    if usage.free < ROOM:
        yield Finding("Disk", "mend", f"Only {free} are available on the disk of {var}. Free up space.")
    else:
        yield Finding("Disk", "ok", f"{free} are available on the disk of {var}.")


def static_files() -> Iterator[Finding]:
    if not settings.PRODUCTION:
        there = finders.find(ASSET) is not None
        said = "Found in the checkout." if there else f"{ASSET} is missing. Is the checkout complete?"
        yield Finding("Static files", "ok" if there else "mend", said)
    elif (settings.STATIC_ROOT / "staticfiles.json").exists():
        yield Finding("Static files", "ok", "Collected.")
    else:
        yield Finding("Static files", "mend", "Styles and scripts are missing. Run manage.py collectstatic --noinput.")
