"""Every secret of the portal is in the operator guide, with its rotation. Secrets are found, not listed: a new
encrypted column, generated secret, key file or secret setting without a row fails here."""

import re

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.conf import settings
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import connection, models

from hubs import crypto
from hubs.calendar.services import links as calendar_links
from hubs.clusters.services import registries
from hubs.models import HubSecret
from hubs.notify.services import mails
from hubs.webhooks.services import webhooks
from portal import keys
from portal.doctor.services import keys as doctor_keys

GUIDE = settings.BASE_DIR / "docs" / "operator.md"
LIKE_A_SECRET = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|DSN|_URL$")
NOT_SECRET_SETTINGS = {"HUBPORTAL_PASSWORD_SIGN_IN", "HUBPORTAL_TOKEN_DAYS", "HUBPORTAL_URL", "GITHUB_URL",
                       "GITHUB_API_URL"}  # fmt: skip
NOT_SECRET_COLUMNS = {
    "hub.lease_token": "ours alone, for seconds",
    "catalogueimage.digest": "what a registry calls an image",
    "hubdomain.token": "stands in public DNS",
    "changerequest.content_hash": "of what everybody reads",
    "storedanswer.key": "an Idempotency-Key",
    "signin.key": "a digest by which tries are counted together",
    "rostergroup.key": "a name as it is compared",
    "requestcontributor.token": "the public prefix of a token",
}


def table() -> set[str]:
    """Return the names in the first column of the guide's table."""
    section = GUIDE.read_text(encoding="utf-8").split("## Rotate secrets and keys", 1)[1].split("### Hub secrets", 1)[0]
    rows = [line.split("|")[1:4] for line in section.splitlines() if line.startswith("| `")]
    assert all(cell.strip() for row in rows for cell in row)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row[0])}


def secret_settings() -> set[str]:
    read = re.findall(r"""\benv\.\w+\(\s*["']([A-Z_]+)["']""", (settings.BASE_DIR / "portal/settings.py").read_text())
    return {name for name in read if LIKE_A_SECRET.search(name)} - NOT_SECRET_SETTINGS


def columns_like_secrets() -> set[str]:
    """Return our columns whose names look like secrets: hashes and keys of links."""
    found = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("hubs").get_models()
        for field in model._meta.local_concrete_fields
        if re.search("secret|password|token|digest|hash|key|code", field.name)
        and isinstance(field, (models.CharField, models.TextField, models.UUIDField))
    }
    return found - set(NOT_SECRET_COLUMNS) - {"hub.extra_config"}


def key_files(tmp_path) -> set[str]:
    keys.encryption_keys([], tmp_path, production=False)
    keys.oidc_keys("", tmp_path, production=False)
    return {path.name for path in tmp_path.iterdir()}


def test_the_guide_has_the_rotation_of_each_secret_and_of_no_other(tmp_path):
    encrypted = {f"{model._meta.model_name}.{name}" for model, name in crypto.columns()}
    held = encrypted | set(HubSecret.MADE) | secret_settings() | columns_like_secrets() | key_files(tmp_path)
    assert (held - table(), table() - held) == (set(), set())


# --- encryption keys --------------------------------------------------------------------------------------------------
def stored(model, name) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {model._meta.db_table} WHERE {name} IS NOT NULL")
        return [value for (value,) in cursor.fetchall()]


@pytest.fixture
def everything_encrypted(hub, river, omar, teaching):
    """A value in every encrypted column. A new column has to be filled here, too."""
    HubSecret.objects.create(hub=hub, name="key", value="s3cret", old="before")
    registries.set_login(organization=river, by=omar, host="r.example.org", username="u", password="s3cret")
    hook, _ = webhooks.create(organization=river, by=omar, url="https://example.org/hook", types=["*"])
    webhooks.rotate(webhook=hook, by=omar)
    hub.requests.first().secrets.create(path="a.b", value="s3cret", set_by=omar)
    assert [name for name in crypto.columns() if not stored(*name)] == []
    return {name: stored_plain(*name) for name in crypto.columns()}


def stored_plain(model, name):
    return list(model._base_manager.order_by("pk").values_list(name, flat=True))


@pytest.mark.django_db
def test_every_column_is_encrypted_again_and_the_old_key_can_be_removed(everything_encrypted, settings):
    before = everything_encrypted
    old, new = settings.HUBPORTAL_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.HUBPORTAL_ENCRYPTION_KEYS = [new, old]
    assert {key for _, key in crypto.keys_in_use()} == {2}
    [finding] = doctor_keys()
    assert (finding.result, "Run manage.py encrypt before" in finding.message) == ("note", True)
    call_command("encrypt")
    assert {key for _, key in crypto.keys_in_use()} == {1}
    [finding] = doctor_keys()
    assert "You can remove the others" in finding.message
    settings.HUBPORTAL_ENCRYPTION_KEYS = [new]
    assert [one.result for one in doctor_keys()] == ["ok"]
    assert {name: stored_plain(*name) for name in crypto.columns()} == before
    for column in crypto.columns():
        for value in stored(*column):
            Fernet(new).decrypt(value.encode())


@pytest.mark.django_db
def test_a_value_replaced_meanwhile_is_not_overwritten(hub, settings):
    """The new value is written at each query in turn, and always stays."""
    row = HubSecret.objects.create(hub=hub, name="key", value="first")
    old, new = settings.HUBPORTAL_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    for nth in range(1, 30):
        settings.HUBPORTAL_ENCRYPTION_KEYS = [old]
        HubSecret.objects.filter(pk=row.pk).update(value="first")
        settings.HUBPORTAL_ENCRYPTION_KEYS = [new, old]
        count = 0

        def between(execute, sql, params, many, context, nth=nth):
            nonlocal count
            count += 1
            if count == nth:
                HubSecret.objects.filter(pk=row.pk).update(value="replaced")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(between):
            crypto.reencrypt()
        row.refresh_from_db()
        assert row.value == ("replaced" if count >= nth else "first")
        if count < nth:
            break
    assert nth > 3


@pytest.mark.django_db
def test_unreadable_values_are_named_and_left_unchanged(hub, settings):
    HubSecret.objects.create(hub=hub, name="key", value="s3cret")
    [before] = stored(HubSecret, "value")
    settings.HUBPORTAL_ENCRYPTION_KEYS = [Fernet.generate_key().decode(), Fernet.generate_key().decode()]
    with pytest.raises(CommandError, match=r"hubsecret\.value"):
        call_command("encrypt")
    assert stored(HubSecret, "value") == [before]


# --- the secret key ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_with_the_old_key_as_a_fallback_sessions_and_links_stay_valid(as_, omar, river, settings):
    browser = as_(omar)
    link = calendar_links.renew(organization=river, by=omar)
    feed, stop = calendar_links.address(link), mails.stop_url(omar, "hub")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "x" * 50, [settings.SECRET_KEY]
    assert browser.get("/").status_code == 200
    for url in (feed, stop):
        assert as_(None).get(url).status_code == 200
    assert signing.loads(signing.dumps("new")) == "new"
    settings.SECRET_KEY_FALLBACKS = []
    assert as_(None).get(feed).status_code == 404
    other = as_(None)
    other.cookies = browser.cookies
    assert other.get("/").status_code == 200, "the link was signed with the new key when it was opened"


# --- the signing key's command ----------------------------------------------------------------------------------------
def restarted(settings, text, var):
    signs, *published = keys.oidc_keys(text, var, production=False)
    provider = {**settings.OAUTH2_PROVIDER, "OIDC_RSA_PRIVATE_KEY": signs, "OIDC_RSA_PRIVATE_KEYS_INACTIVE": published}
    settings.OAUTH2_PROVIDER = provider
    return [signs, *published]


def test_the_command_waits_between_its_steps(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    [old] = restarted(settings, "", tmp_path)
    for wrong in ("sign", "drop"):
        with pytest.raises(CommandError, match="Start with"):
            call_command("rotate_oidc_key", wrong)
    call_command("rotate_oidc_key", "publish")
    first, new = restarted(settings, "", tmp_path)
    assert (first, new == old) == (old, False)
    for early in ("sign", "drop"):
        with pytest.raises(CommandError, match="It is too early"):
            call_command("rotate_oidc_key", early)
    call_command("rotate_oidc_key", "sign", "--now")
    assert restarted(settings, "", tmp_path) == [new, old]
    call_command("rotate_oidc_key", "drop", "--now")
    assert restarted(settings, "", tmp_path) == [new]
    assert (tmp_path / "oidc.pem").stat().st_mode & 0o077 == 0


def test_the_new_value_of_a_key_in_the_environment_is_printed(settings, tmp_path, capsys):
    settings.VAR_DIR = tmp_path
    [old] = restarted(settings, keys.rsa_key(), tmp_path)
    found = [old]
    for step, number in (("publish", 2), ("sign", 2), ("drop", 1)):
        call_command("rotate_oidc_key", step)
        [line] = capsys.readouterr().out.splitlines()
        found = restarted(settings, line.removeprefix("HUBPORTAL_OIDC_KEY="), tmp_path)
        assert len(found) == number
        assert (found[0] == old) == (step == "publish")
    assert list(tmp_path.iterdir()) == []
