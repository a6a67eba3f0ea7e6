"""A page while 120 people sign in at the same time, on a real uvicorn. `python -m bench.signin [PEOPLE]`.

Compared with the same page without them: the ratio is the cost of a burst for other users. Once normally, and once
without a limit of concurrent password hashing. One web process, SQLite; loopback only.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter

import httpx

from bench import stack, table
from bench.pages import cookies

PEOPLE, SECONDS, TOGETHER = 120, 4.0, 4
PASSWORD = "four quiet herons wading"
CSRF = "c" * 32
MODES = {"bounded": "portal.asgi:application", "unbounded": "bench.unbounded:application"}


def _make(people: int) -> dict[str, str]:
    """Create the users who sign in. Return the session of another user who is already signed in."""
    from django.contrib.auth.hashers import make_password

    from hubs.models import User

    hashed = make_password(PASSWORD)
    User.objects.bulk_create(User(username=f"person-{n}", password=hashed) for n in range(people))
    return cookies(User.objects.create_user("reader", name="Reader"))


async def _read(url: str, jar: dict[str, str], until: asyncio.Event) -> list[float]:
    """Return the seconds of each page, with TOGETHER readers without pause, until the event is set."""
    took: list[float] = []

    async def reader(client: httpx.AsyncClient) -> None:
        while not until.is_set():
            begin = time.perf_counter()
            (await client.get("/profile/")).raise_for_status()
            took.append(time.perf_counter() - begin)

    async with httpx.AsyncClient(base_url=url, cookies=jar, trust_env=False, timeout=600) as client:
        await asyncio.gather(*(reader(client) for _ in range(TOGETHER)))
    return took


async def _burst(url: str, people: int) -> Counter[int]:
    """Sign in all users at once. Return the number of responses by status."""
    limits = httpx.Limits(max_connections=people)
    jar, headers = {"portal-csrf": CSRF}, {"X-CSRFToken": CSRF}
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=600, limits=limits) as client:

        async def sign_in(n: int) -> int:
            typed = {"username": f"person-{n}", "password": PASSWORD}
            own = {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items()), **headers}
            return (await client.post("/sign-in/", data=typed, headers=own)).status_code

        return Counter(await asyncio.gather(*(sign_in(n) for n in range(people))))


async def _measure(url: str, jar: dict[str, str], people: int) -> tuple[list[float], list[float], Counter[int], float]:
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(SECONDS, over.set)
    quiet = await _read(url, jar, over)
    over, begin = asyncio.Event(), time.perf_counter()
    reading = asyncio.create_task(_read(url, jar, over))
    statuses = await _burst(url, people)
    took = time.perf_counter() - begin
    over.set()
    return quiet, await reading, statuses, took


def measure(people: int, mode: str) -> None:
    with stack.portal() as portal:
        from portal.run import processes

        web = next(child.argv for child in processes(portal.port) if child.name == "web")
        portal.start("web", [MODES[mode] if each == MODES["bounded"] else each for each in web])
        stack.until(lambda: stack.answers(portal.port, "/healthz"), "the portal answers")
        quiet, busy, statuses, took = asyncio.run(_measure(portal.url, _make(people), people))
    rows = []
    for name, part in (("median", 0.5), ("99 %", 0.99)):
        alone, beside = table.share(quiet, part), table.share(busy, part)
        rows.append((name, f"{alone * 1000:.0f} ms", f"{beside * 1000:.0f} ms", f"{beside / alone:.1f}"))
    said = ", ".join(f"{count} x {status}" for status, count in sorted(statuses.items()))
    head = ("a page", "alone", "during the burst", "ratio")
    table.show(f"{people} sign-ins at once, hashes {mode}: {said} in {took:.0f} s", head, rows)


def main() -> None:
    people, mode = [*sys.argv[1:], "", ""][:2]
    people = people or str(PEOPLE)
    if mode:
        measure(int(people), mode)
        return
    for each in MODES:  # settings are read once per process
        subprocess.run([sys.executable, "-m", "bench.signin", people, each], check=True)


if __name__ == "__main__":
    main()
