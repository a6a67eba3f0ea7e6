"""Everything that depends on a database's locks runs on PostgreSQL, too: claims, leases, conditional updates,
reconcile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.postgres import postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.processes
def test_the_suite_of_the_database_passes_on_postgresql(tmp_path):
    marked = [str(path) for path in (ROOT / "tests").rglob("test_*.py") if "mark.database" in path.read_text()]
    with postgres() as url:
        env = {**os.environ, "DATABASE_URL": url, "HUBPORTAL_VAR": str(tmp_path)}
        argv = [sys.executable, "-m", "pytest", "-q", "-m", "database", "-p", "no:cacheprovider", *marked]
        run = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout[-8000:]
    assert " passed" in run.stdout
    assert " skipped" not in run.stdout
