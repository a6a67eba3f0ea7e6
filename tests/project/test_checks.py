"""Wrong settings are found before anything starts, each with a hint."""

import doctest
import os
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from hubs.domains import rules as domains
from hubs.domains.rules import site
from hubs.models import Cluster
from portal import checks

GOOD = {
    "PRODUCTION": True,
    "SECRET_KEY": "x" * 50,
    "PORTAL_URL": "https://portal.example.org",
    "HUBPORTAL_ENCRYPTION_KEYS": [Fernet.generate_key().decode()],
    "DEBUG": False,
}


def found(check, **kwargs):
    return [message.id for message in check(None, **kwargs)]


@pytest.fixture
def live(settings, monkeypatch):
    """A well-configured production."""
    monkeypatch.setenv("REDIS_URL", "redis://redis:6379/0")
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    for name, value in GOOD.items():
        setattr(settings, name, value)
    return settings


def test_nothing_is_wrong_without_any_environment():
    assert run_checks() == []


def test_nothing_is_wrong_in_a_good_production(live):
    assert found(checks.production) == found(checks.secrets) == found(checks.hub_origin) == []


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("SECRET_KEY", "insecure-key-for-one-machine-only-never-in-production", "portal.E001"),
        ("SECRET_KEY", "short", "portal.E001"),
        ("PORTAL_URL", "http://portal.example.org", "portal.E002"),
        ("DEBUG", True, "portal.E005"),
    ],
)
def test_production_refuses(live, setting, value, expected):
    setattr(live, setting, value)
    assert found(checks.production) == [expected]


def test_production_refuses_the_default_redis(live, monkeypatch):
    monkeypatch.delenv("REDIS_URL")
    assert found(checks.production) == ["portal.E004"]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [([], ["portal.E006"]), (["nonsense"], ["portal.E007"]), ([Fernet.generate_key().decode(), "x"], ["portal.E007"])],
)
def test_encryption_keys(settings, keys, expected):
    settings.HUBPORTAL_ENCRYPTION_KEYS = keys
    assert found(checks.secrets) == expected


@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_the_key_of_the_identity_provider(settings, pem):
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "OIDC_RSA_PRIVATE_KEY": pem}
    assert found(checks.secrets) == ["portal.E008"]
    assert not pem or pem not in str(list(checks.secrets(None)))


@pytest.mark.parametrize(
    ("portal", "hubs", "expected"),
    [
        ("http://127.0.0.1:8000", "http://localhost", []),
        ("http://localhost:8000", "http://localhost", ["portal.E012"]),
        ("http://portal.localhost:8000", "http://localhost", ["portal.E012"]),
        ("http://hubs.example.org", "http://workshop.hubs.example.org", ["portal.E012"]),
        ("portal.example.org", "http://localhost", ["portal.E010"]),
        ("ftp://portal.example.org", "http://localhost", ["portal.E010"]),
        ("https://example.org/portal", "http://localhost", ["portal.E010"]),
        ("http://127.0.0.1:8000", "localhost", ["portal.E011"]),
        ("http://127.0.0.1:8000", "http://localhost:9000", ["portal.E011"]),
    ],
)
def test_hubs_and_portal_never_share_a_host(settings, portal, hubs, expected):
    settings.PORTAL_URL, settings.LOCAL_HUB_ORIGIN = portal, hubs
    assert found(checks.hub_origin) == expected


def test_cookies_stay_at_the_portal(settings):
    settings.SESSION_COOKIE_DOMAIN = ".example.org"
    assert found(checks.hub_origin) == ["portal.E013"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("domain", "production", "expected"),
    [
        ("", True, []),
        ("hubs-example.org", True, []),
        ("example.org", True, ["portal.E014"]),
        ("hubs.portal.example.org", False, ["portal.E014"]),
        ("hubs.example.org", True, ["portal.E015"]),
        ("hubs.example.org", False, ["portal.W015"]),
    ],
)
def test_a_clusters_domain_is_another_site(settings, domain, production, expected):
    settings.PORTAL_URL, settings.PRODUCTION = "https://portal.example.org", production
    Cluster.objects.create(slug="c", name="C", runtime="memory", domain=domain)
    assert found(checks.cluster_domains, databases=["default"]) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a.example.org", "b.example.org", True),
        ("a.uni.ac.uk", "b.uni.ac.uk", True),
        ("one.ac.uk", "two.ac.uk", False),
        ("10.0.0.1", "10.0.1.1", False),
        ("localhost", "localhost", True),
        ("portal.uni.de", "hubs.uni.de", True),  # short, and not a suffix
        ("one.github.io", "two.github.io", False),
        ("portal.corp.lan", "hubs.corp.lan", True),
        ("portal.example.org.", "HUBS.example.org", True),
        ("fd00::1", "fd00::2", False),
        ("co.uk", "co.uk", True),
    ],
)
def test_what_counts_as_one_site(one, other, same):
    assert (site(one) == site(other)) is same


def test_the_examples_of_sites():
    assert doctest.testmod(domains).failed == 0


@pytest.mark.parametrize(
    "url", ["", "localhost:6379", "http://redis:6379", "redis://", "redis://redis/x", "unix:///run/redis"]
)
def test_redis_addresses_that_cannot_work(settings, url):
    settings.REDIS_URL = url
    assert found(checks.services) == ["portal.E020"]


def test_production_refuses_sqlite(live, monkeypatch):
    monkeypatch.setitem(live.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert found(checks.production) == ["portal.E003"]


def test_a_database_file_in_a_missing_folder(settings, monkeypatch, tmp_path):
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", str(tmp_path / "no" / "such" / "file.sqlite3"))
    assert found(checks.services) == ["portal.E021"]


def test_production_with_nothing_else_does_not_start(tmp_path):
    env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(tmp_path), "HUBPORTAL_PRODUCTION": "true"}
    command = [sys.executable, "manage.py", "check"]
    refused = subprocess.run(command, cwd=django_settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    for number in (1, 2, 3, 4, 6, 8, 42):
        assert f"(portal.E{number:03})" in refused.stderr
    assert "HINT: Set SECRET_KEY to 50 random characters." in refused.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "a-secret-word", "DATABASE_URL is not valid. Use the form postgres://"),
        ("EMAIL_URL", "a-secret-word", "EMAIL_URL is not valid. Use the form smtp+tls://"),
        ("EMAIL_URL", "smtp://me:a-secret-word@mail.example.org:x", "EMAIL_URL is not valid."),
        ("HUBPORTAL_WEBHOOK_DAYS", "2", "HINT: Set HUBPORTAL_WEBHOOK_DAYS to 3 or more"),
        ("HUBPORTAL_END_GRACE_DAYS", "3", "HINT: Set HUBPORTAL_END_GRACE_DAYS to 8 or more"),
        ("HUBPORTAL_LEASE_SECONDS", "a-secret-word", "HUBPORTAL_LEASE_SECONDS is not a number."),
        ("HUBPORTAL_HSTS_SECONDS", "a-secret-word", "HUBPORTAL_HSTS_SECONDS is not a number."),
        ("HUBPORTAL_LOCAL_PORTS", "a,b", "HINT: Set HUBPORTAL_LOCAL_PORTS to the first and the last port"),
        ("HUBPORTAL_URL", "portal.example.org", "HINT: Set HUBPORTAL_URL to a scheme, host and port only"),
    ],
)
def test_an_unreadable_setting_is_named(tmp_path, name, value, words):
    env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(tmp_path), name: value}
    command = [sys.executable, "manage.py", "check", "--deploy"]
    refused = subprocess.run(command, cwd=django_settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert words in refused.stderr
    assert "a-secret-word" not in refused.stderr


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"TICK_SECONDS": 0.0}, ["portal.E030"]),
        ({"TICK_SECONDS": 120.0, "LEASE_SECONDS": 400.0, "DRIFT_SECONDS": 300.0}, ["portal.E030"]),
        ({"LEASE_SECONDS": 4.0, "TICK_SECONDS": 1.0}, ["portal.E031"]),
        ({"LEASE_SECONDS": 20.0, "TICK_SECONDS": 10.0}, ["portal.E031"]),
        ({"LEASE_SECONDS": 3600.0}, ["portal.W032"]),
        ({"DRIFT_SECONDS": 1.0}, ["portal.E033"]),
        ({"LOCAL_HUB_PORTS": [18000]}, ["portal.E034"]),
        ({"LOCAL_HUB_PORTS": [19000, 18000]}, ["portal.E034"]),
        ({"LOCAL_HUB_PORTS": [80, 90]}, ["portal.E034"]),
        ({"LOCAL_HUB_PORTS": [65000, 70000]}, ["portal.E034"]),
    ],
)
def test_intervals(settings, values, expected):
    for name, value in values.items():
        setattr(settings, name, value)
    assert found(checks.rhythm) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"HUB_IMAGE": "localhost:5000/hub:dev", "PROXY_IMAGE": "a@sha256:" + "0" * 64}, []),
        ({"HUB_IMAGE": "quay.io/jupyterhub/k8s-hub"}, ["portal.E035"]),
        ({"HUB_IMAGE": "", "PROXY_IMAGE": "Not An Image:1"}, ["portal.E035", "portal.E035"]),
        ({"IMAGE_PULL_POLICY": "Sometimes"}, ["portal.E036"]),
        ({"API_SECONDS": 0.0}, ["portal.E037"]),
        ({"API_SECONDS": 20.0, "LEASE_SECONDS": 30.0}, ["portal.E037"]),
        ({"FLEET_SECONDS": 1.0}, ["portal.E038"]),
        ({"FULL_LOOK_SECONDS": 30.0, "FLEET_SECONDS": 60.0}, ["portal.E038"]),
    ],
)
def test_clusters(settings, values, expected):
    for name, value in values.items():
        setattr(settings, name, value)
    assert found(checks.clusters) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(8, []), (30, []), (7.5, ["portal.E039"]), (0, ["portal.E039"]), (-1, ["portal.E039"]), (1e9, ["portal.E039"]),
     (float("nan"), ["portal.E039"])],
)  # fmt: skip
def test_the_grace_period_is_longer_than_the_warning(settings, days, expected):
    settings.END_GRACE_DAYS = days
    assert found(checks.last_days) == expected


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], []),
        (["registry.lan", "registry.lan:5000", "10.2.0.0/16", "10.2.0.0/16:5000", "http://[fd00::1]:5000"], []),
        (["registry.lan/path", "10.2.0.1/16"], ["portal.E043", "portal.E043"]),
    ],
)
def test_private_hosts(settings, entries, expected):
    settings.ALLOWED_PRIVATE_HOSTS = entries
    assert found(checks.private_hosts) == expected


@pytest.mark.parametrize(
    ("name", "entries", "wrong"),
    [
        ("CLUSTER_DNS", ["openshift-dns/dns.operator.openshift.io/daemonset-dns=default", "fd00::a/128"], 0),
        ("CLUSTER_DNS", ["kube-dns", "kube-system/kube-dns", "/a=b", ""], 4),
        ("HUB_REACHES", ["10.2.0.7/32:443", "fd00::1/128:443", "traefik/app.kubernetes.io/name=traefik:8443"], 0),
        ("HUB_REACHES", ["10.2.0.7/32", "portal.example.org:443", "10.2.0.7/32:0", "traefik/app=traefik"], 4),
    ],
)
def test_allowed_places_of_clusters(settings, name, entries, wrong):
    setattr(settings, name, entries)
    assert found(checks.clusters) == ["portal.E068"] * wrong


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"SOCIAL_AUTH_GITHUB_KEY": "id"}, ["portal.E040"]),
        ({"SOCIAL_AUTH_GOOGLE_OAUTH2_SECRET": "s"}, ["portal.E040"]),
        ({"SOCIAL_AUTH_OIDC_KEY": "id", "SOCIAL_AUTH_OIDC_SECRET": "s"}, ["portal.E041"]),
        ({"SOCIAL_AUTH_OIDC_OIDC_ENDPOINT": "https://id.example.org"}, ["portal.E041"]),
        ({"PASSWORD_SIGN_IN": False}, ["portal.E042"]),
        ({"SOCIAL_AUTH_GITHUB_KEY": "id", "SOCIAL_AUTH_GITHUB_SECRET": "s", "PASSWORD_SIGN_IN": False}, []),
    ],
)
def test_half_configured_sign_in(settings, values, expected):
    for name, value in values.items():
        setattr(settings, name, value)
    assert found(checks.social_providers) == expected


def test_every_finding_has_a_hint_and_stops_a_start(live, monkeypatch):
    monkeypatch.delenv("REDIS_URL")
    live.SECRET_KEY, live.TICK_SECONDS, live.SOCIAL_AUTH_GITHUB_KEY = live.INSECURE_SECRET_KEY, 0.0, "id"
    ours = [message for message in run_checks() if str(message.id).startswith("portal.")]
    assert len(ours) >= 4
    assert all(message.hint for message in ours)
    with pytest.raises(SystemCheckError, match=r"portal\.E001"):
        call_command("check")


@pytest.mark.parametrize(
    ("servers", "seconds", "ids"),
    [
        ([], 5, []),
        (["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"], 5, []),
        (["dns.example.org"], 5, ["portal.E045"]),
        (["192.0.2.1:99999", "192.0.2.1:x"], 5, ["portal.E045", "portal.E045"]),
        ([], 0.1, ["portal.E046"]),
        ([], 60, ["portal.E046"]),
    ],
)
def test_name_servers_are_addresses_with_short_deadlines(servers, seconds, ids, settings):
    settings.DNS_SERVERS, settings.DNS_SECONDS = servers, seconds
    assert found(checks.name_servers) == ids


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("LOG_FORMAT", "xml", ["portal.E060"]),
        ("METRICS_FROM", ["127.0.0.1/32", "everybody"], ["portal.E061"]),
        ("METRICS_FROM", ["10.2.0.1/16"], []),
        ("METRICS_TOKEN", "short", ["portal.E062"]),
        ("METRICS_TOKEN", "x" * 32, []),
    ],
)
def test_settings_of_logs_and_metrics(settings, setting, value, expected):
    setattr(settings, setting, value)
    assert found(checks.operations) == expected
