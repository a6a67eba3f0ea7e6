"""The portal's pages compared with those of ColdFront, with 1,000 hubs and 1,000 allocations.
`python -m bench.coldfront`.

ColdFront (also a Django project, for resources of computing centres) is installed from the package index into a
temporary environment: all that it needs for SQLite installs on Python 3.11 unchanged. Its rows are created in its own
shell, by bench/coldfront_rows.py.

Both run as in production, without DEBUG and signed in: ours with uvicorn, theirs with gunicorn and one worker; neither
behind a proxy. One client requests without pause, with a new connection per page, as a proxy does, and checks each
response: 200, with the expected number of rows, 25 per list on both sides (bench/short_fleet.py). The pages take turns.
The relevant figure is the CPU time of the server per page, which other load affects least.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import stack, table, world
from bench.pages import cookies

PACKAGE = "coldfront==1.1.10"
ROUNDS, SECONDS, A_PAGE = 4, 2.0, 25
HUB = r'<a [^>]*id="hub-\w+(?:-name)?" href="/hubs/\w+/"'
ALLOCATION = r'<td><a href="/allocation/\d+/">'


@dataclass(frozen=True)
class Page:
    """`rows` is the pattern of a row and the number of rows of the page."""

    port: int
    path: str
    cookie: str
    rows: tuple[str, int]

    def look(self) -> None:
        """Request it once. Raise RuntimeError if it is not as expected."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", self.path, headers={"Cookie": self.cookie} if self.cookie else {})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        row, count = self.rows
        if answer.status != 200 or (found := len(re.findall(row, text))) != count:
            many = "" if answer.status != 200 else f" with {found} rows"
            raise RuntimeError(f"{self.path} returned {answer.status}{many}, not 200 with {count}")


@dataclass
class Cost:
    """The cost of a page in each round: pages per second, and CPU seconds of its server per page."""

    rates: list[float]
    cpu: list[float]


def spent(server: psutil.Process) -> float:
    """Return the CPU seconds of a server and its workers so far."""
    times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def ask(page: Page, server: psutil.Process, seconds: float, cost: Cost | None = None) -> None:
    """Request a page without pause, for `seconds`."""
    before, begin, pages = spent(server), time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        page.look()
        pages += 1
    if cost:
        cost.rates.append(pages / (time.perf_counter() - begin))
        cost.cpu.append((spent(server) - before) / pages)


def installed(folder: Path) -> Path:
    """Install ColdFront and return the folder of its commands. Uses uv if available, as `make run` does, or pip."""
    uv, python = Path(sys.executable).parent / "uv", str(folder / "bin" / "python")
    make, install = [sys.executable, "-m", "venv"], [python, "-m", "pip", "install", "-q"]
    if uv.exists():
        make = [str(uv), "venv", "-q", "--python", sys.executable]
        install = [str(uv), "pip", "install", "-q", "--python", python]
    subprocess.run([*make, str(folder)], check=True)
    subprocess.run([*install, PACKAGE], check=True)
    return folder / "bin"


def filled(commands: Path, env: dict[str, str]) -> tuple[dict[str, str], int]:
    """Create tables and rows. Return (a session of each reader, the number of one allocation)."""

    def run(*words: str, told: str = "") -> str:
        done = subprocess.run([commands / "coldfront", *words], env=env, input=told, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"coldfront {words[0]}: {done.stderr}")
        return done.stdout

    run("initial_setup", "--force_overwrite")
    run("collectstatic", "--noinput")  # pages read the names of their scripts there
    told = json.loads(run("shell", told=(stack.ROOT / "bench" / "coldfront_rows.py").read_text()).splitlines()[-1])
    return told["readers"], told["allocation"]


@contextmanager
def coldfront(portal: stack.Stack) -> Iterator[tuple[int, dict[str, str], int]]:
    """Yield (port, sessions, an allocation) of a running ColdFront."""
    with tempfile.TemporaryDirectory(prefix="coldfront-bench-") as name:
        folder, port = Path(name), stack.free_port()
        print(f"Installing {PACKAGE} into a temporary folder", flush=True)
        commands = installed(folder / "env")
        own = {
            "DB_URL": f"sqlite:///{folder / 'coldfront.db'}",
            "SECRET_KEY": "of-a-coldfront-that-lives-for-minutes",
            "STATIC_ROOT": str(folder / "static"),
            "DJANGO_SETTINGS_MODULE": "coldfront.config.settings",
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        size = {"allocations": world.HUBS, "places": world.ORGANIZATIONS, "people": world.PEOPLE_A_HUB}
        readers, allocation = filled(commands, {**kept, **own, "BENCH_WORLD": json.dumps(size)})
        gunicorn = [str(commands / "gunicorn"), "--workers", "1", "--bind", f"127.0.0.1:{port}"]
        portal.start("coldfront", [*gunicorn, "coldfront.config.wsgi"], {**kept, **own})
        stack.until(lambda: stack.answers(port, "/user/login"), "ColdFront answers")
        yield port, readers, allocation


def ours(portal: stack.Stack) -> dict[str, Page]:
    made = world.make()
    ines, stan = ("; ".join(f"{key}={value}" for key, value in cookies(made[who]).items()) for who in ("ines", "stan"))
    hub, person = f"/hubs/{made['hub'].uid}/", r'href="/hubs/\w+/people/\d+/"'
    return {
        "“ok” (/healthz)": Page(portal.port, "/healthz", "", ("ok", 1)),
        "Hubs, instructor": Page(portal.port, "/", ines, (HUB, A_PAGE)),
        "Hubs, staff": Page(portal.port, "/", stan, (HUB, A_PAGE)),
        "The fleet": Page(portal.port, "/staff/hubs/", stan, (HUB, A_PAGE)),
        "One hub": Page(portal.port, hub, ines, ("<h1", 1)),
        "One hub: its people": Page(portal.port, f"{hub}people/", ines, (person, A_PAGE)),
    }


def theirs(port: int, readers: dict[str, str], allocation: int) -> dict[str, Page]:
    """Return ColdFront's pages by the name of the portal's corresponding page."""
    everything = "/allocation/?show_all_allocations=on"
    one = Page(port, f"/allocation/{allocation}/", readers["pi"], (r"<td>person-\d+</td>", world.PEOPLE_A_HUB))
    return {
        "Hubs, instructor": Page(port, "/allocation/", readers["pi"], (ALLOCATION, A_PAGE)),
        "Hubs, staff": Page(port, everything, readers["staff"], (ALLOCATION, A_PAGE)),
        "The fleet": Page(port, everything, readers["root"], (ALLOCATION, A_PAGE)),
        "One hub": one,
        "One hub: its people": one,
    }


def measured(portal: stack.Stack) -> dict[str, list[Cost]]:
    """Return the costs by page: ours and, if there is one, theirs. They take turns; the first round warms up."""
    with coldfront(portal) as (port, readers, allocation):
        other, found = theirs(port, readers, allocation), dict[str, list[tuple[Page, psutil.Process, Cost]]]()
        web, gunicorn = (psutil.Process(portal.running[name].pid) for name in ("web", "coldfront"))
        for name, page in ours(portal).items():
            found[name] = [(page, web, Cost([], []))]
            found[name] += [(other[name], gunicorn, Cost([], []))] if name in other else []
        for number in range(ROUNDS + 1):
            for page, server, cost in (each for sides in found.values() for each in sides):
                ask(page, server, SECONDS if number else 0.5, cost if number else None)
        portal.stop()  # before ColdFront's folder is removed
    return {name: [cost for _, _, cost in sides] for name, sides in found.items()}


def main() -> None:
    with stack.portal() as portal:
        from portal.run import processes

        web = next(child.argv for child in processes(portal.port) if child.name == "web")
        portal.start("web", [word.replace("portal.asgi:", "bench.short_fleet:") for word in web])
        stack.until(lambda: stack.answers(portal.port, "/healthz"), "the portal answers")
        costs = measured(portal)
    rows = []
    for name, sides in costs.items():
        cells = [name]
        for cost in sides:
            cells += [f"{table.median(cost.rates):.0f}", f"{table.median(cost.cpu) * 1000:.1f}"]
        if len(sides) > 1:
            cells += [f"{table.median([a / b for a, b in zip(*(cost.cpu for cost in sides), strict=True)]):.2f}"]
        rows.append([*cells, *[""] * (6 - len(cells))])
    head = ["", "pages/s", "CPU ms", "ColdFront: pages/s", "CPU ms", "CPU, ours : theirs"]
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    table.show(f"{world.HUBS:,} hubs compared with {PACKAGE} and as many allocations, load {load}", head, rows)


if __name__ == "__main__":
    main()
