"""Sentry and OpenTelemetry: not imported without their variables; with them, what a real HTTP server receives has no
secret. Each test uses a process of its own, because both change a process permanently."""

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.conf import settings as django_settings

from portal.checks import operations
from portal.telemetry import tracing

SECRET = "s3cr3tV4lu3"
OPTIONAL = ("sentry_sdk", "opentelemetry.exporter")  # redis-py itself checks whether OpenTelemetry is installed

# A page that fails, requested with everything that must not be passed on.
BREAKS = f"""
import os, sys
import django
django.setup()
from django.conf import settings
settings.ROOT_URLCONF = "tests.project.urls"
settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"  # there are no tables here
from django.test import Client
ask = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
ask.cookies["portal-session"] = "{SECRET}"
headers = {{"X-Request-ID": "edge-12345", "Authorization": "Bearer {SECRET}", "Cookie": "portal-session={SECRET}",
           "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}
answer = ask.post("/refuse/broken/?code={SECRET}", {{"password": "{SECRET}"}}, headers=headers)
assert answer.status_code == 500, answer.status_code
"""


# Tasks that a page starts belong to the page's trace.
CARRIES = """
from portal.telemetry import propagation, tracing
page, headers = tracing.Span("page", "SERVER", {}), {}
propagation.take_along(headers=headers)
page.end("page", failed=False)
task = tracing.begin_task("provisioning.reconcile", headers)
assert task.span.get_span_context().trace_id == page.span.get_span_context().trace_id
task.end("provisioning.reconcile", failed=True)
tracing._tracer.span_processor.force_flush(10000)
"""


class Receiver(ThreadingHTTPServer):
    """Accepts everything: (path, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
                receiver.got.append((self.path, plain))
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


def run(code: str, var: os.PathLike[str], **env: str) -> str:
    environ = {
        "PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "portal.settings", "HUBPORTAL_VAR": str(var),
        "REDIS_URL": "redis://127.0.0.1:1/0", **env,
    }  # fmt: skip
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=django_settings.BASE_DIR, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_without_their_variables_neither_is_imported(tmp_path):
    code = BREAKS + f"\nassert not [m for m in sys.modules if m.startswith({OPTIONAL})], 'imported'"
    run(code, tmp_path)


def test_an_error_reaches_sentry_without_secrets(receiver, tmp_path):
    said = run(
        BREAKS + "\nimport sentry_sdk; sentry_sdk.flush(10)\n",
        tmp_path,
        SENTRY_DSN=f"http://public@{receiver.address}/1",
        HUBPORTAL_METRICS_TOKEN=SECRET * 3,
    )
    events = b"\n".join(body for path, body in receiver.got if "/api/1/" in path)
    assert b"ZeroDivisionError" in events
    assert b'"caller_request_id":"edge-12345"' in events.replace(b'": "', b'":"')
    assert SECRET.encode() not in events
    assert b"hubportal@" in events
    assert SECRET not in said


def test_spans_reach_a_collector_by_route_and_without_addresses(receiver, tmp_path):
    run(
        BREAKS + CARRIES,
        tmp_path,
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{receiver.address}",
        OTEL_SERVICE_NAME="our-portal",
    )
    spans = b"\n".join(body for path, body in receiver.got if path == "/v1/traces")
    for part in (
        b"our-portal",
        b"edge-12345",
        b"http.route",
        b"provisioning.reconcile",
        bytes.fromhex("0af7651916cd43dd8448eb211c80319c"),
    ):
        assert part in spans, part
    assert SECRET.encode() not in spans
    assert b"/refuse/broken" not in spans


def test_a_configured_package_that_is_not_installed_is_reported(settings, monkeypatch):
    settings.SENTRY_DSN = "http://public@127.0.0.1:9/1"
    assert tracing.lacking() == []
    monkeypatch.setitem(tracing.MODULES, "sentry", "no_such_package.at_all")
    assert tracing.lacking() == [("SENTRY_DSN", "sentry")]
    (complaint,) = operations(None)
    assert (complaint.id, "SENTRY_DSN" in complaint.msg) == ("portal.E063", True)
    tracing.start()  # starts anyway
