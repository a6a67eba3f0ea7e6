"""`manage.py doctor` in healthy installations, and with one or most parts broken."""

import http.server
import io
import json
import os
import socketserver
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
import redis
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from hubs.models import HubSecret
from portal.doctor import examine, place, services
from portal.telemetry.measures import LAST_TICK
from tests.project.redis import redis_server

pytestmark = pytest.mark.processes

SECRET = "s3cr3tV4lu3"


def said(found, name):
    """Return (result, message) of the first finding with this name."""
    return next((one.result, one.message) for one in found if one.name == name)


@pytest.fixture
def broker(settings):
    with redis_server() as (url, server):
        settings.REDIS_URL = url
        yield server


def tick(url, **ago):
    with redis.Redis.from_url(url) as client:
        client.set(LAST_TICK, (timezone.now() - timedelta(**ago)).isoformat())


class Web(http.server.ThreadingHTTPServer):
    """A server at the portal's address: `gives_back` the request id, as only a portal does."""

    def __init__(self, gives_back=True, status=200, location=""):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                self.send_response(status)
                if gives_back:
                    self.send_header("X-Caller-Request-ID", self.headers.get("X-Request-ID", ""))
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __exit__(self, *exc):
        self.shutdown()
        super().__exit__(*exc)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


# --- the command ------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_json_output_equals_the_text_output(broker, cluster):
    tick(broker.url, seconds=0)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert (ended.value.code, told["ok"]) == (1, False), "no worker answers"
    assert {"portal", "python", "django", "celery"} <= told["versions"].keys()
    found = {one["name"]: one for one in told["findings"]}
    for name in ("Settings", "Disk", "Static files", "Database", "Keys", "Redis", "Clocks", "Beat", "Queue"):
        assert found[name]["result"] == "ok", found[name]
    assert found["Cluster here"]["result"] == "ok"
    assert "No worker responds within 3 s." in found["Workers"]["message"]


def test_without_any_service_it_says_what_to_repair(tmp_path):
    """Without database file, Redis and web; in a process of its own, as an operator runs it."""
    env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(tmp_path), "PORT": "1",
           "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1/0", "EMAIL_URL": f"smtp://me:{SECRET}@127.0.0.1:1"}  # fmt: skip
    argv = [sys.executable, "manage.py", "doctor"]
    done = subprocess.run(argv, cwd=django_settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()
    for name in ("Address", "Database", "Redis", "Workers", "Mail"):
        assert any(line.startswith(f"error  {name} ") for line in lines), name
    assert any(line.startswith("note   Keys ") and "once the database problem is fixed" in line for line in lines)
    assert lines[-1].endswith("problems found.")
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_settings_that_cannot_be_read_are_one_sentence(tmp_path):
    env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(tmp_path), "DATABASE_URL": SECRET}
    argv = [sys.executable, "manage.py", "doctor"]
    done = subprocess.run(argv, cwd=django_settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Invalid settings: DATABASE_URL is not valid.")
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr


# --- one broken part --------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_clusters_are_checked_unless_they_are_left_out(teaching):
    assert not [one for one in examine(clusters=False) if one.name.startswith("Cluster")]
    result, words = said(services.clusters(), "Cluster teaching")
    assert result == "mend"
    assert words.startswith("Connection: ")
    teaching.refresh_from_db()
    assert teaching.checked_at is None, "nothing is stored"


@pytest.mark.django_db
def test_a_portal_without_clusters():
    assert said(services.clusters(), "Clusters")[0] == "mend"


@pytest.mark.django_db
def test_lost_keys(hub, settings):
    HubSecret.objects.create(hub=hub, name="key", value=SECRET)
    assert said(services.keys(), "Keys")[0] == "ok"
    settings.HUBPORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    result, words = said(services.keys(), "Keys")
    assert (result, "hubsecret.value" in words, SECRET in words) == ("mend", True, False)


@pytest.mark.django_db
def test_unapplied_migrations():
    assert said(services.database(), "Database")[0] == "ok"
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*MigrationExecutor(connection).loader.graph.leaf_nodes("sessions")[0])
    result, words = said(services.database(), "Database")
    assert (result, "Pending migrations: 1." in words) == ("mend", True)
    assert "Run manage.py migrate." in words


@pytest.mark.django_db
def test_beat_that_stopped(broker):
    tick(broker.url, minutes=5)
    result, words = said(services.workers(), "Beat")
    assert result == "mend"
    assert words.startswith("The last tick was 30")


def test_clocks_that_differ():
    assert services._clock("Redis", timezone.now()).result == "ok"
    behind = services._clock("Redis", timezone.now() - timedelta(seconds=90))
    assert (behind.result, "90 s behind this machine’s" in behind.message) == ("mend", True)


def test_little_disk_space(settings, monkeypatch):
    assert said(place.folder(), "Disk")[0] == "ok"
    monkeypatch.setattr(place, "ROOM", 1 << 60)
    assert said(place.folder(), "Disk")[0] == "mend"


def test_static_files_in_production(settings, tmp_path):
    settings.PRODUCTION, settings.STATIC_ROOT = True, tmp_path
    assert said(place.static_files(), "Static files") == (
        "mend",
        "Styles and scripts are missing. Run manage.py collectstatic --noinput.",
    )
    (tmp_path / "staticfiles.json").write_text("{}")
    assert said(place.static_files(), "Static files")[0] == "ok"


# --- the address ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("web", "result", "words"),
    [
        ({}, "ok", "The portal responds at"),
        ({"gives_back": False}, "mend", "is not this portal (status 200)"),
        ({"status": 502}, "mend", "is not this portal (status 502)"),
        ({"status": 301, "location": "https://other.example/"}, "mend", "redirects to https://other.example/."),
    ],
)
def test_other_servers_at_the_address(settings, web, result, words):
    with Web(**web) as server:
        settings.PORTAL_URL = server.url
        found = said(place.address(), "Address")
    assert found[0] == result
    assert words in found[1]


def test_tls_without_a_proxy_that_ends_it(settings):
    with Web() as server:
        settings.PORTAL_URL, settings.TLS = server.url.replace("http:", "https:"), True
        found = list(place.address())
    assert "HUBPORTAL_BEHIND_PROXY=true" in found[0].message
    assert [one.result for one in found] == ["mend"] * 3


# --- mail -------------------------------------------------------------------------------------------------------------
class Mail(socketserver.ThreadingTCPServer):
    """Greets, and answers NOOP as it was told."""

    daemon_threads = True

    def __init__(self, noop):
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 mail\r\n")
                for line in self.rfile:
                    word = line.strip().upper()[:4]
                    self.wfile.write(noop if word == b"NOOP" else b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def __exit__(self, *exc):
        self.shutdown()
        super().__exit__(*exc)


@pytest.mark.parametrize(("noop", "result"), [(b"250 ok\r\n", "ok"), (b"421 closing\r\n", "mend")])
def test_the_mail_server_is_checked_without_sending_mail(settings, noop, result):
    with Mail(noop) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        assert said(services.mail(), "Mail")[0] == result


def test_an_unreachable_mail_server(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert said(services.mail(), "Mail")[0] == "mend"
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    assert said(services.mail(), "Mail")[0] == "note"
