"""Pages of a portal with 1,000 hubs on a real uvicorn, compared with a page that returns "ok". `python -m bench.pages`.

For each page: pages per second with 8 browsers that request without pause, the time of one request, and the number of
queries. One web process, SQLite: as started by `make run`.
"""

import asyncio
import time
from typing import Any

import httpx

from bench import stack, table, world

BROWSERS, ROUNDS, SECONDS = 8, 3, 2.0


def cookies(user: Any) -> dict[str, str]:
    """Return the cookies of a session of this person."""
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return {name: morsel.value for name, morsel in client.cookies.items()}


def queries(path: str, jar: dict[str, str]) -> int:
    """Return the number of queries of one request, made in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="127.0.0.1")
    client.cookies.load(jar)
    client.get(path)
    with CaptureQueriesContext(connection) as caught:
        client.get(path)
    return len(caught)


async def ask(url: str, path: str, jar: dict[str, str], seconds: float) -> list[float]:
    """Return the seconds of each response. Raise RuntimeError if one is not 200."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def browser(client: httpx.AsyncClient) -> None:
        while (begin := time.perf_counter()) < end:
            answer = await client.get(path)
            if answer.status_code != 200:
                raise RuntimeError(f"{path} returned {answer.status_code}")
            took.append(time.perf_counter() - begin)

    async with httpx.AsyncClient(base_url=url, cookies=jar, trust_env=False, timeout=30) as client:
        await asyncio.gather(*(browser(client) for _ in range(BROWSERS)))
    return took


def main() -> None:
    with stack.portal("web") as portal:
        made = world.make()
        ines, stan = cookies(made["ines"]), cookies(made["stan"])
        pages = {
            "“ok” (/healthz)": ("/healthz", {}),
            "My hubs, 100 of mine": ("/", ines),
            "My hubs, staff": ("/", stan),
            "Staff: all hubs": ("/staff/hubs/", stan),
            "One hub": (f"/hubs/{made['hub'].uid}/", ines),
            "The queue, 100 waiting": ("/staff/queue/", stan),
        }
        counted = {name: queries(*page) for name, page in pages.items()}
        rates: dict[str, list[float]] = {name: [] for name in pages}
        waits: dict[str, list[float]] = {name: [] for name in pages}
        for number in range(ROUNDS + 1):
            for name, (path, jar) in pages.items():
                took = asyncio.run(ask(portal.url, path, jar, SECONDS if number else 0.5))
                if number:  # the first round warms up
                    rates[name].append(len(took) / SECONDS)
                    waits[name] += took
    constant = table.median(rates["“ok” (/healthz)"])
    rows = [
        [name, f"{table.median(rates[name]):.0f}", f"{constant / table.median(rates[name]):.1f}",
         f"{table.median(waits[name]) * 1000:.0f} ms", f"{table.share(waits[name], 0.99) * 1000:.0f} ms",
         str(counted[name])]
        for name in pages
    ]  # fmt: skip
    title = f"Pages with {world.HUBS:,} hubs, {BROWSERS} browsers at once"
    table.show(title, ["", "pages/s", "times “ok”", "median", "99 %", "queries"], rows)


if __name__ == "__main__":
    main()
