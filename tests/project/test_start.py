"""What a process loads before it can answer: `python -m bench.start` measures the time; this tests what is not
loaded."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from portal import lean, prepared
from tests.house import names

NEVER = {
    "playwright", "pytest", "hypothesis", "schemathesis", "jupyterhub", "jsonschema", "markdown_it", "email_validator",
    "rich", "jinja2", "segno", "psycopg", "httpx._main", "opentelemetry.sdk.metrics",
}  # fmt: skip
STARTS = {
    "setup": (
        "import os, django; django.setup()",
        {
            "celery",
            "kombu",
            "redis",
            "httpx",
            "httpcore",
            "dns",
            "kubernetes",
            "rest_framework.views",
            "portal.urls",
            "django.contrib.admin",
        },
    ),
    "check": (
        "import runpy, sys; sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')",
        {"celery", "kombu", "kubernetes"},  # declarations of runtimes are checked, and their clients are not loaded
    ),
    "web": (
        "import uvicorn.main, portal.web.front_door, portal.asgi",
        {"celery", "kombu", "kubernetes", "provisioning.runtimes"},
    ),
    "worker": (
        "from portal.celery import app, loaded; os.environ['CELERY_SKIP_CHECKS'] = '1';"
        "app.loader.import_default_modules(); loaded()",
        {
            "drf_spectacular.plumbing",
            "rest_framework.views",
            "portal.urls",
            "hubs.urls.pages",
            *names("pages"),
            "django.contrib.admin",
        },
    ),
    "beat": (
        "import portal.clock",
        {"django.db.models", "hubs.models", "hubs.spec", "pydantic", "kubernetes", "provisioning", "rest_framework"},
    ),
}


def loaded(code, var):
    """Return the names of the modules that this code loads, in a process of its own."""
    tell = "import json, sys; print(json.dumps([name for name, there in sys.modules.items() if there is not None]))"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    env = {**kept, "DJANGO_SETTINGS_MODULE": "portal.settings", "HUBPORTAL_VAR": str(var)}
    words = [sys.executable, "-c", f"import os; {code}\n{tell}"]
    done = subprocess.run(words, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", STARTS)
def test_a_start_loads_nothing_that_it_does_not_need(name, tmp_path):
    code, never = STARTS[name]
    assert sorted(loaded(code, tmp_path) & (NEVER | never)) == []


def test_modules_left_out_are_imported_only_by_packages_that_work_without_them(tmp_path):
    """An upgrade that stops importing one, or that requires it, is found here: then remove the line."""
    code = (
        "import django; django.setup();"
        "import httpx, redis.observability.providers, rest_framework.compat, drf_spectacular.plumbing"
    )
    assert loaded(code, tmp_path) >= {*lean.LEFT_OUT, lean.POSTGRES_FIELDS}


def test_modules_left_out_can_be_imported_afterwards(tmp_path):
    assert "jinja2.environment" in loaded("import portal.asgi, jinja2", tmp_path)


def test_another_database_or_other_packages_are_prepared_before_the_first_answer(tmp_path):
    one, other = prepared.of_files({}), prepared.of_files({"DATABASE_URL": "postgres://u@host/other"})
    assert one != other
    assert prepared.last(tmp_path) == {}
    prepared.remember(tmp_path, files=one, applied="these")
    assert prepared.last(tmp_path) == {"files": one, "applied": "these"}
    (tmp_path / prepared.FILE).write_text("{half")
    assert prepared.last(tmp_path) == {}
