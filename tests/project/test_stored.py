"""Hubs, requests, drafts and revisions stored by an earlier version still work. tests/data/databases has such a
database, and how it was created."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, CreateModel
from django.db.migrations.state import ProjectState

DATABASES = Path(settings.BASE_DIR) / "tests" / "data" / "databases"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="  # of that database alone
MENDED = {  # hubs with settings that are refused today, and the field to correct before they can be changed
    "reads-a-secret": ["singleuser.profileList"],
    "list-as-environment": ["singleuser.profileList"],
    "any-setting": ["singleuser.profileList"],
    "password-in-a-choice": ["singleuser.profileList"],
    "one-home-for-all": ["singleuser.storage.static.subPath"],
    "short-password-name": ["singleuser.extraEnv"],
    "list-in-more": ["more"],
    "more-reads": ["more"],
    "first-comer": ["hub.config.FirstUseAuthenticator.admin_password"],
    "plain": ["singleuser.profileList"],
}
# Former groups: one per person, in lower case, with names that can't be typed any more.
GROUPS = """
    update hubs_rosterentry set "group" = 'straße, monday' where user_id is not null;
    update hubs_rosterentry set "group" = 'admins' where user_id is null;
    insert into hubs_userlimit (hub_id, kind, name, cpu, reason, author_id, made_at, since)
        select 2, 'group', column1, 1, '', (select min(id) from hubs_user), '2026-01-01', '2026-01-01'
        from (values ('straße, monday'), ('admins'), (':admin'), ('lab b'));
"""


def environment(database: Path) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**inherited, "HUBPORTAL_VAR": str(database.parent), "DATABASE_URL": f"sqlite:///{database}",
            "HUBPORTAL_ENCRYPTION_KEYS": KEY, "HUBPORTAL_CHECK_IMAGES": "false",
            "REDIS_URL": "redis://127.0.0.1:9/0"}  # fmt: skip


@pytest.fixture(scope="module")
def database(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("stored") / "portal.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.executescript(gzip.decompress((DATABASES / "7898e59.sql.gz").read_bytes()).decode())
        connection.executescript(GROUPS)
    connection.close()
    return path


@pytest.fixture(scope="module")
def report(database):
    ran = subprocess.run(
        [sys.executable, "-m", "tests.project.stored"], env=environment(database), cwd=settings.BASE_DIR,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-4000:]
    return json.loads(ran.stdout)


def test_every_page_opens(report):
    assert len(report["pages"]) > 300
    assert {page: status for page, status in report["pages"].items() if status not in (200, 302, 403, 404)} == {}
    assert sum(status == 200 for status in report["pages"].values()) > 200


def test_every_hub_is_rendered_as_before(report):
    assert len(report["rendered"]) == 14
    assert report["revisions"] == 15


def test_a_waiting_request_is_decided_by_todays_rules(report):
    assert "no longer accepted" in report["reading"]
    assert "must be text" in report["reading"]
    assert report["in order"] == "approved"


def test_a_hub_is_changed_once_refused_settings_are_corrected(report):
    """The field is named, and everything else is kept."""
    assert {slug: fields for slug, fields in report["changes"].items() if fields} == MENDED


def test_a_former_group_becomes_a_row_with_its_limits(report, database):
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "select user_id is not null, g.hub_id, g.name, g.key from hubs_rosterentry e "
            "join hubs_rosterentry_groups m on m.rosterentry_id = e.id "
            "join hubs_rostergroup g on g.id = m.rostergroup_id"
        ).fetchall()
        rules = connection.execute("select name from hubs_userlimit where kind = 'group' order by name").fetchall()
    connection.close()
    assert sorted(rows) == [(0, 2, "admins (group)", "admins (group)"), (1, 2, "straße monday", "strasse monday")]
    assert [name for [name] in rules] == [":admin", "admins (group)", "lab b", "strasse monday"]


def columns(state: ProjectState) -> dict[str, Any]:
    """Return fields, indexes, constraints and options of each model."""
    found: dict[str, Any] = {}
    for (app, name), model in state.models.items():
        if app == "hubs":
            options = {
                key: sorted(map(repr, one)) if isinstance(one, list) else one for key, one in model.options.items()
            }
            found[name] = ({key: repr(field.deconstruct()[1:]) for key, field in model.fields.items()}, options)
    return found


def test_a_new_and_a_migrated_database_are_the_same():
    """The migrations for new databases (hubs/migrations/0002_to_0034.py) replace thirty others, which stay."""
    loader = MigrationLoader(None, replace_migrations=False)
    grown, new = (columns(loader.project_state(("hubs", name))) for name in ("0034_flat_lists", "0002_to_0034"))
    assert new == grown
    assert len(new) > 40


def test_processes_of_the_former_version_still_write_during_an_update():
    """beat migrates first; meanwhile, web and workers of the former version write rows without the new columns."""
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app != "hubs" or name < "0025":
            continue
        made = {one.name_lower for one in migration.operations if isinstance(one, CreateModel)}
        for one in migration.operations:
            if isinstance(one, AddField) and one.model_name_lower not in made:
                filled = one.field.null or one.field.generated or one.field.has_db_default()
                assert filled, f"{name}: {one.model_name}.{one.name}"
