"""Commands for operators: the first member of staff, and replacing an encryption key."""

import io

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection

from hubs.models import AuditEvent, Cluster, HubSecret, User

pytestmark = pytest.mark.django_db


def run(*args):
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue().strip()


def test_the_first_staff_person_is_made_by_name(mia):
    assert run("staff") == "There are no staff yet."
    assert run("staff", "MIA") == "Mia Lindqvist is staff."
    assert User.objects.get(pk=mia.pk).is_staff
    assert run("staff", "mia") == "Mia Lindqvist is staff."  # running it twice changes nothing
    assert run("staff") == "mia  Mia Lindqvist"
    assert run("staff", "mia", "--remove") == "Mia Lindqvist is no longer staff."
    assert not User.objects.get(pk=mia.pk).is_staff
    lines = AuditEvent.objects.order_by("pk").values_list("verb", "subject", "actor", "changes")
    assert list(lines) == [
        ("account.staff", "Mia Lindqvist", "", {"staff": [False, True]}),
        ("account.staff", "Mia Lindqvist", "", {"staff": [True, False]}),
    ]


def test_a_wrong_name_makes_no_staff(mia):
    with pytest.raises(CommandError, match="no user with this user name"):
        run("staff", "mio")
    assert not User.objects.filter(is_staff=True).exists()


def test_every_secret_is_encrypted_again_and_the_old_key_can_be_removed(hub, settings):
    HubSecret.objects.create(hub=hub, name="key", value="s3cret")
    cluster = Cluster.objects.create(slug="k", name="K", runtime="kubernetes", domain="h.example", kubeconfig="{}")
    old, new = settings.HUBPORTAL_ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.HUBPORTAL_ENCRYPTION_KEYS = [new, old]
    values = HubSecret.objects.count() + Cluster.objects.count()
    assert run("encrypt") == f"{values} values encrypted with the first key."
    assert run("encrypt") == "0 values encrypted with the first key."
    settings.HUBPORTAL_ENCRYPTION_KEYS = [new]
    assert HubSecret.objects.get(name="key").value == "s3cret"
    assert Cluster.objects.get(pk=cluster.pk).kubeconfig == "{}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT kubeconfig FROM hubs_cluster")
        for (stored,) in cursor.fetchall():
            Fernet(new).decrypt(stored.encode())


GENERATED = "audience cli_reference fields openapi state_diagram threat_model webhook_events".split()


@pytest.mark.parametrize("name", GENERATED)
def test_an_outdated_generated_page_is_found_and_rewritten(name, settings, tmp_path):
    page = load_command_class(get_commands()[name], name).page
    made, copy = settings.BASE_DIR / page, tmp_path / page
    copy.parent.mkdir()
    copy.write_text(made.read_text() + "Changed by hand.\n")
    settings.BASE_DIR = tmp_path
    with pytest.raises(CommandError, match=rf"{page} differs from .*: run `manage\.py {name}`"):
        run(name, "--check")
    assert copy.read_text().endswith("Changed by hand.\n")
    run(name)
    run(name, "--check")
    assert copy.read_text() == made.read_text()
