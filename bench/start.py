"""The cost of starting the portal. `python -m bench.start`.

CPU seconds (user and system, the minimum of some runs: other load only adds) and modules of each process of the portal
until it is ready to work, compared with `django.setup()` of an empty project. Then the second `make run` in its own
folder: seconds until its sign-in page responds, and CPU seconds of its processes by then, compared with the time of
`jupyterhub --version`. `portal.run` and then web run one after the other: on an idle machine it takes the sum of their
CPU seconds and a tenth for Redis.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial

import psutil

from bench import stack, table

RUNS, STARTS = 5, 3
WORDS = {
    "portal.run": "portal.run",
    "prepare": "setup, beside web",
    "uvicorn": "web",
}  # word in a command -> name of the process
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
    """Return the CPU seconds of a Python that runs this code, and the number of loaded modules."""
    words = [sys.executable, "-c", f"{code}\nimport sys; print(len(sys.modules))"]
    before = _spent()
    said = subprocess.run(words, cwd=stack.ROOT, env=env, check=True, capture_output=True, text=True).stdout
    return _spent() - before, int(said.split()[-1])


def spent_by(run: psutil.Process) -> dict[str, float]:
    """Return the CPU seconds of `portal.run` and of each of its processes so far."""
    found: dict[str, float] = {}
    for one in (run, *run.children()):
        command, times = " ".join(one.cmdline()), one.cpu_times()
        found |= {who: times.user + times.system for word, who in WORDS.items() if f" {word} " in f"{command} "}
    return found


def a_run(env: dict[str, str]) -> tuple[float, dict[str, float]]:
    """Return the seconds from `make run` to its sign-in page, and the CPU seconds of its processes by then."""
    port = stack.free_port()
    env, begin = {**env, "PORT": str(port)}, time.perf_counter()
    command = [sys.executable, "-m", "portal.run"]
    running = subprocess.Popen(command, cwd=stack.ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        stack.until(partial(stack.answers, port, "/sign-in/"), "the sign-in page", 120)
        return time.perf_counter() - begin, spent_by(psutil.Process(running.pid))
    finally:
        running.terminate()
        running.wait(30)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        env |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "HUBPORTAL_VAR": folder}
        figures: dict[str, list[tuple[float, int]]] = {name: [] for name in PROCESSES}
        for number in range(RUNS + 1):
            for name, code in PROCESSES.items():
                seen = cost(code, env)
                figures[name] += [seen] if number else []  # the first run writes bytecode
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
        a_run(env)  # the first run prepares everything
        runs = [a_run(env) for _ in range(STARTS)]
    second = min(took for took, _ in runs)
    rows = [["jupyterhub --version", f"{min(waits):.1f} s", "1.0", ""],
            ["the second make run responds", f"{second:.1f} s", f"{second / min(waits):.1f}", ""]]  # fmt: skip
    for who in WORDS.values():  # setup may have ended by then
        spent = [cpu[who] for _, cpu in runs if who in cpu]
        rows.append([f"  {who}", "", "", f"{min(spent):.2f} s" if spent else "over"])
    load = f"load {os.getloadavg()[0]:.1f}, the least of {STARTS}"
    table.show(f"Until sign-in is possible, {load}", ["", "seconds", "times", "CPU"], rows)


if __name__ == "__main__":
    main()
