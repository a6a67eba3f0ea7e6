"""What a start costs. `python -m bench.start`.

CPU seconds (user and system, the least of some runs: others on the machine only add) and modules of each process of the
portal until it could begin to work, beside `django.setup()` of an empty project. Then the second `make run` in a folder
of its own: seconds until its sign-in page answers, beside the time in which `jupyterhub --version` says it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial

from bench import stack, table

RUNS = 5
EMPTY = (
    "from django.conf import settings; settings.configure(INSTALLED_APPS=['django.contrib.auth', "
    "'django.contrib.contenttypes', 'django.contrib.sessions', 'django.contrib.messages', "
    "'django.contrib.staticfiles']); import django; django.setup()"
)
PROCESSES = {
    "an empty project": EMPTY,
    "django.setup()": "import django; django.setup()",
    "check": "import sys, runpy; sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')",
    "web, every page loaded": "import uvicorn.main, portal.web.front_door, portal.asgi",
    "worker": "import os; os.environ['CELERY_SKIP_CHECKS'] = '1'; from portal.celery import app, loaded; "
    "app.loader.import_default_modules(); loaded()",
    "beat": "import portal.clock",
}


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cost(code: str, env: dict[str, str]) -> tuple[float, int]:
    """CPU seconds of a Python that runs this, and how many modules it has loaded then."""
    words = [sys.executable, "-c", f"{code}\nimport sys; print(len(sys.modules))"]
    before = _spent()
    said = subprocess.run(words, cwd=stack.ROOT, env=env, check=True, capture_output=True, text=True).stdout
    return _spent() - before, int(said.split()[-1])


def second_run(env: dict[str, str]) -> float:
    """Seconds from `make run` to its sign-in page, when all was prepared once before."""
    took = 0.0
    for _ in range(2):
        port = stack.free_port()
        env = {**env, "PORT": str(port)}
        begin = time.perf_counter()
        running = subprocess.Popen(
            [sys.executable, "-m", "portal.run"], cwd=stack.ROOT, env=env, stdout=subprocess.DEVNULL
        )
        try:
            stack.until(partial(stack.answers, port, "/sign-in/"), "the sign-in page", 120)
            took = time.perf_counter() - begin
        finally:
            running.terminate()
            running.wait(30)
    return took


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        env |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "HUBPORTAL_VAR": folder}
        figures: dict[str, list[tuple[float, int]]] = {name: [] for name in PROCESSES}
        for number in range(RUNS + 1):
            for name, code in PROCESSES.items():
                seen = cost(code, env)
                figures[name] += [seen] if number else []  # the first writes bytecode
        empty = min(figures["an empty project"])[0]
        rows = []
        for name, each in figures.items():
            least, modules = min(each)
            rows.append([name, f"{least:.2f} s", f"{least / empty:.1f}", str(modules)])
        table.show("A start", ["", "CPU", "times empty", "modules"], rows)
        hub = [sys.executable, "-m", "jupyterhub", "--version"]
        waits = []
        for _ in range(3):
            begin = time.perf_counter()
            subprocess.run(hub, check=True, capture_output=True)
            waits.append(time.perf_counter() - begin)
        second = second_run(env)
        rows = [["jupyterhub --version", f"{min(waits):.1f} s", "1.0"],
                ["the second make run answers", f"{second:.1f} s", f"{second / min(waits):.1f}"]]  # fmt: skip
        table.show("Until somebody can sign in", ["", "seconds", "times"], rows)


if __name__ == "__main__":
    main()
