"""The command line as people install it: a wheel alone, without the portal."""

import shutil
import subprocess
import sys
import zipfile

from django.conf import settings

# Its libraries come from here; Django and the portal don't.
START = (
    "import sys; sys.modules.update(django=None, hubs=None, portal=None); sys.argv[0] = 'hubportal'; "
    "from importlib.metadata import entry_points as e; e(group='console_scripts')['hubportal'].load()()"
)


def test_the_wheel_works_without_the_portal(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    shutil.copytree(settings.BASE_DIR / "cli", source, ignore=shutil.ignore_patterns("__pycache__"))
    uv = [sys.executable, "-m", "uv"]
    build = [*uv, "build", "-q", "--wheel", "--no-build-isolation", "--offline", "-o", str(tmp_path), str(source)]
    subprocess.run(build, check=True, timeout=120)
    [wheel] = tmp_path.glob("hubportal-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "hubportal/main.py" in names
    assert all(name.startswith("hubportal") for name in names)
    install = [*uv, "pip", "install", "-q", "--offline", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run(install, check=True, timeout=120)
    for option, said in (("--version", "hubportal 0.1.0"), ("--help", "apply")):
        command = [sys.executable, "-c", START, option]
        env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(target)}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
