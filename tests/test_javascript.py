"""The pure parts of static/js, run by Node's own test runner: `node --test tests/javascript` does the same."""

import shutil
import subprocess

import pytest
from django.conf import settings

OLDEST = 20  # Node's major version


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.skip(f"needs Node {OLDEST} or newer to test the scripts, and there is none")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST:
        pytest.skip(f"needs Node {OLDEST} or newer to test the scripts, and here is {version}")
    return found


def test_the_pure_parts_of_the_scripts(node):
    tests = settings.BASE_DIR / "tests" / "javascript"
    files = sorted(str(path) for path in tests.glob("*.test.js"))
    ran = subprocess.run([node, "--test", "--test-reporter=tap", *files], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr
    assert "\n# fail 0\n" in ran.stdout
    assert "\n# pass 0\n" not in ran.stdout, "no test was found"


def test_every_script_can_be_parsed(node):
    """Includes scripts that only a browser can run, so that a syntax error shows here."""
    for path in sorted((settings.BASE_DIR / "static" / "js").rglob("*.js")):
        ran = subprocess.run([node, "--check", str(path)], capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
